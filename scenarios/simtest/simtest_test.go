package simtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/scenarios/simtest"
	"semblance/simulator/provider"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// application is the receiver under test. It verifies requests and records the events that it accepts.
type application struct {
	secret string
	now    func() time.Time // nil is time.Now
	fail   int              // respond 500 to the first requests

	mu       sync.Mutex
	accepted []event
}

type event struct {
	EventID, EventType string
	Identifiers        map[string]string
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "incomplete body", http.StatusBadRequest)
		return
	}
	now := time.Now
	if a.now != nil {
		now = a.now
	}
	if err := signature.Verify(body, r.Header.Get(signature.HeaderName), a.secret, now(), signature.DefaultTolerance); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail > 0 {
		a.fail--
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	a.accepted = append(a.accepted, e)
	fmt.Fprint(w, `{"ok":true}`)
}

func (a *application) events() []event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]event(nil), a.accepted...)
}

func TestSend(t *testing.T) {
	t.Parallel()
	app := &application{secret: "whsec_of_the_test"}
	sim := simtest.Start(t, app, simtest.Secret(app.secret), simtest.Path("/webhooks"))
	if a := sim.Send("booking.created"); a.Response.Status != 200 || string(a.Response.Body) != `{"ok":true}` {
		t.Errorf("got status %d %s", a.Response.Status, a.Response.Body)
	}
	sim.Send("booking.created", simtest.Omit("patientId"))
	sim.Send("booking.created", simtest.Set("doctorId", "507f1f77bcf86cd799439012"))
	visit := sim.Clinic().Add("booking", simtest.Relation{Role: "patient", To: sim.Clinic().Add("patient")})
	sim.Send("booking.updated", simtest.About(visit))
	if a := sim.Send("booking.created", simtest.Fault("signature=tampered")); a.Response.Status != 401 {
		t.Errorf("got status %d for a forgery", a.Response.Status)
	}
	accepted := app.events()
	if len(accepted) != 4 || len(accepted[0].Identifiers) != 3 || accepted[1].Identifiers["patientId"] != "" || accepted[2].Identifiers["doctorId"] != "507f1f77bcf86cd799439012" {
		t.Fatalf("accepted %+v", accepted)
	}
	want := map[string]string{"bookingId": visit.ID, "patientId": visit.Related["patient"]}
	if got := accepted[3].Identifiers; len(got) != 2 || got["bookingId"] != want["bookingId"] || got["patientId"] != want["patientId"] {
		t.Errorf("the event about the visit has %v, want %v", got, want)
	}
	resent := sim.Resend(sim.Send("patient.created"))
	if all := app.events(); all[len(all)-1].EventID != all[len(all)-2].EventID || !resent.Response.OK() {
		t.Errorf("the duplicate was refused or has another eventId: %+v", all[len(all)-2:])
	}
}

func TestEmitRetries(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret, fail: 3}
	sim := simtest.Start(t, app, simtest.Manual(noon))
	app.now = sim.Now
	sim.Emit("booking.created")
	for range 4 {
		sim.Advance(time.Hour)
	}
	sim.Accepted(1, "booking.*")
	attempts := sim.Attempts("booking.created")
	if len(attempts) != 4 || attempts[0].Response.Status != 500 || attempts[3].Response.Status != 200 {
		t.Fatalf("there were %d attempts: %+v", len(attempts), attempts)
	}
	ids := map[string]bool{}
	for _, a := range attempts {
		ids[a.Request.EventID] = true
	}
	if len(ids) != 4 {
		t.Errorf("four attempts have %d different eventIds", len(ids))
	}
	if wait := attempts[3].StartedAt.Sub(attempts[0].StartedAt); wait < 3*time.Minute || wait > 4*time.Minute {
		t.Errorf("the fourth attempt was made after %v, want 210 s ± 10 %%", wait)
	}
}

// If only 200 counts as success, a 202 is retried.
func TestSuccessOption(t *testing.T) {
	t.Parallel()
	queued := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	sim := simtest.Start(t, queued, simtest.Manual(noon), simtest.Types("lab.*"), simtest.Configure(func(o *provider.Options) {
		o.Delivery.Success = func(status int) bool { return status == http.StatusOK }
	}))
	sim.Emit("lab.created")
	sim.Advance(time.Hour)
	if n := len(sim.Attempts("lab.created")); n != provider.DefaultAttempts {
		t.Errorf("got %d attempts for a response that does not count as success, want %d", n, provider.DefaultAttempts)
	}
}

func TestDoAndFaults(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app, simtest.SameEventID())
	source, target := sim.Clinic().Add("patient"), sim.Clinic().Add("patient")
	sim.Clinic().Add("episode", simtest.Relation{Role: "patient", To: source})
	sim.Fault("transport=reset", 1)
	events := sim.Do("merge", simtest.AboutRole("source", source), simtest.AboutRole("target", target))
	if len(events) != 2 {
		t.Fatalf("merging a patient with an episode emitted %d events", len(events))
	}
	sim.Accepted(2, "*", simtest.Within(10*time.Second))
	sim.Settled(simtest.Within(10 * time.Second))
	if n := len(sim.Attempts("*")); n != 3 {
		t.Errorf("got %d attempts for two events with one reset", n)
	}
	if merged, ok := sim.Clinic().Record(source.ID); !ok || !merged.Deleted {
		t.Errorf("the source of the merge is %+v", merged)
	}
}

func TestPlay(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	if result := sim.Play(t, "first-visit"); result.Counts.Attempts != 9 || !result.Passed() {
		t.Errorf("got %d attempts, exit code %d", result.Counts.Attempts, result.ExitCode())
	}
}

// The records of a scenario can be read.
func TestRecordOfScenario(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	sim.Play(t, "first-visit")
	for _, e := range app.events() {
		for name, id := range e.Identifiers {
			if record, ok := sim.Clinic().Record(id); !ok || record.Kind+"Id" != name {
				t.Errorf("record of %s in %s: %+v", name, e.EventType, record)
			}
		}
	}
}

// With Manual, a scenario begins at the present simulated time and its waits move the clock.
func TestPlayWithManualClock(t *testing.T) {
	t.Parallel()
	scenario := filepath.Join(t.TempDir(), "later.yaml")
	if err := os.WriteFile(scenario, []byte("name: Later\nsteps: [{send: booking.created}, {wait: 30ms}, {send: booking.updated}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	app := &application{secret: simtest.DefaultSecret, fail: 1}
	sim := simtest.Start(t, app, simtest.Manual(noon), simtest.Configure(func(o *provider.Options) { o.Retry.Base = 20 * time.Millisecond }))
	app.now = sim.Now
	sim.Emit("lab.created") // fails, and is retried while the scenario waits
	sim.Advance(0)
	sim.Play(t, scenario)
	sim.Play(t, scenario)
	if now := sim.Now(); now != noon.Add(60*time.Millisecond) {
		t.Errorf("the time after two scenarios is %v", now)
	}
	var types []string
	for _, e := range app.events() {
		types = append(types, e.EventType)
	}
	if got := strings.Join(types, " "); got != "booking.created lab.created booking.updated booking.created booking.updated" {
		t.Errorf("accepted %s", got)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	sim.Emit("booking.created")
	sim.Accepted(1, "booking.created", simtest.Within(10*time.Second))
	id := app.events()[0].Identifiers["patientId"]
	patient, ok := sim.Clinic().Record(id)
	if !ok || patient.Kind != "patient" || len(patient.Values) < 5 {
		t.Errorf("record of %s: %+v", id, patient)
	}
	if _, ok := sim.Clinic().Record("507f1f77bcf86cd799439012"); ok {
		t.Error("got a record for an unknown id")
	}
}

func TestSameSeedAndTimeSameBytes(t *testing.T) {
	t.Parallel()
	bytes := func(seed int64) string {
		app := &application{secret: simtest.DefaultSecret}
		sim := simtest.Start(t, app, simtest.At(noon), simtest.Seed(seed))
		app.now = sim.Now
		return string(sim.Send("booking.created").Request.Body) + sim.Send("invoice.paid").Request.Header(signature.HeaderName)
	}
	first, second := bytes(7), bytes(7)
	if first != second {
		t.Error("the same seed and time send different bytes")
	}
	if first == bytes(8) {
		t.Error("different seeds send the same bytes")
	}
}

func TestReceiverURL(t *testing.T) {
	t.Parallel()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simtest.DefaultSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sim := simtest.Start(t, server.URL)
	sim.Emit("invoice.paid")
	sim.Accepted(1, "invoice.*", simtest.Within(10*time.Second))
}

// Parallel tests see only their own events.
func TestParallel(t *testing.T) {
	for i := range 100 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			app := &application{secret: fmt.Sprintf("whsec_of_test_%d", i)}
			sim := simtest.Start(t, app, simtest.Secret(app.secret), simtest.Seed(int64(i)))
			for range 3 {
				sim.Emit("booking.created")
			}
			sim.Accepted(3, "booking.created", simtest.Within(30*time.Second))
			if accepted := app.events(); len(accepted) != 3 {
				t.Errorf("accepted %d events", len(accepted))
			}
		})
	}
}

// A hundred concurrent runs share no event, record or id.
func TestHundredRuns(t *testing.T) {
	t.Parallel()
	var started, ended sync.WaitGroup
	apps := make([]*application, 100)
	started.Add(len(apps))
	for i := range apps {
		apps[i] = &application{secret: fmt.Sprintf("whsec_of_run_%d", i)}
		ended.Go(func() {
			sim := simtest.Start(t, apps[i], simtest.Secret(apps[i].secret), simtest.Seed(int64(i)))
			started.Done()
			started.Wait()
			sim.Emit("patient.created")
			sim.Send("booking.created")
			sim.Settled(simtest.Within(30 * time.Second))
		})
	}
	ended.Wait()
	seen := map[string]bool{}
	for i, app := range apps {
		events := app.events()
		if len(events) != 2 {
			t.Errorf("run %d accepted %d events", i, len(events))
		}
		for _, e := range events {
			for _, id := range append(slices.Collect(maps.Values(e.Identifiers)), e.EventID) {
				if seen[id] {
					t.Errorf("run %d has the id %s of another run", i, id)
				}
				seen[id] = true
			}
		}
	}
}

// A module that imports simtest does not compile SQLite.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "sqlite") {
		t.Error("simtest depends on SQLite")
	}
}

func BenchmarkStartAndStop(b *testing.B) {
	app := &application{secret: simtest.DefaultSecret}
	for b.Loop() {
		s := &fakeT{TB: b}
		simtest.Start(s, app)
		for i := len(s.cleanups) - 1; i >= 0; i-- {
			s.cleanups[i]()
		}
	}
}
