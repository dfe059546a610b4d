package simtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/scenarios/simtest"
	"semblance/simulator"
	"semblance/simulator/provider"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// application is what a test of an integrator tests: it verifies, and counts what it took.
type application struct {
	secret string
	now    func() time.Time
	fail   int // answer 500 to so many first

	mu   sync.Mutex
	took []event
}

type event struct {
	EventID, EventType string
	Identifiers        map[string]string
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body did not come whole", http.StatusBadRequest)
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
	a.took = append(a.took, e)
	fmt.Fprint(w, `{"ok":true}`)
}

func (a *application) events() []event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]event(nil), a.took...)
}

func TestSend(t *testing.T) {
	app := &application{secret: "whsec_of_the_test"}
	sim := simtest.Start(t, app, simtest.Secret(app.secret), simtest.Path("/webhooks"))
	if answer := sim.Send("booking.created"); answer.Came.Status != 200 || string(answer.Came.Body) != `{"ok":true}` {
		t.Errorf("it is answered %d %s", answer.Came.Status, answer.Came.Body)
	}
	sim.Send("booking.created", simtest.Omit("patientId"))
	sim.Send("booking.created", simtest.Set("doctorId", "507f1f77bcf86cd799439012"))
	visit := sim.Clinic().Add("booking", simtest.Relation{Role: "patient", To: sim.Clinic().Add("patient")})
	sim.Send("booking.updated", simtest.About(visit))
	if refused := sim.Send("booking.created", simtest.Fault("signature=tampered")); refused.Came.Status != 401 {
		t.Errorf("a forgery is answered %d", refused.Came.Status)
	}
	took := app.events()
	if len(took) != 4 || len(took[0].Identifiers) != 3 || took[1].Identifiers["patientId"] != "" || took[2].Identifiers["doctorId"] != "507f1f77bcf86cd799439012" {
		t.Fatalf("it took %+v", took)
	}
	want := map[string]string{"bookingId": visit.ID, "patientId": visit.Related["patient"]}
	if got := took[3].Identifiers; len(got) != 2 || got["bookingId"] != want["bookingId"] || got["patientId"] != want["patientId"] {
		t.Errorf("the event about the visit carries %v, want %v", got, want)
	}
	again := sim.Resend(sim.Send("patient.created"))
	if all := app.events(); all[len(all)-1].EventID != all[len(all)-2].EventID || !again.Came.OK() {
		t.Errorf("a duplicate has another eventId: %+v", all[len(all)-2:])
	}
}

func TestEmitGoesThroughTheLadder(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret, fail: 3}
	sim := simtest.Start(t, app, simtest.Manual(noon))
	app.now = sim.Now
	sim.Emit("booking.created")
	for range 4 {
		sim.Advance(time.Hour)
	}
	sim.Accepted(1, "booking.*", 5*time.Second)
	attempts := sim.Attempts("booking.created")
	if len(attempts) != 4 || attempts[0].Came.Status != 500 || attempts[3].Came.Status != 200 {
		t.Fatalf("there were %d attempts: %+v", len(attempts), attempts)
	}
	ids := map[string]bool{}
	for _, a := range attempts {
		ids[a.Sent.EventID] = true
	}
	if len(ids) != 4 {
		t.Errorf("four attempts have %d eventIds", len(ids))
	}
	if wait := attempts[3].StartedAt.Sub(attempts[0].StartedAt); wait < 3*time.Minute || wait > 4*time.Minute {
		t.Errorf("the fourth attempt came after %v; the ladder says 210 s, 10 %% more or less", wait)
	}
}

// TestWhatCountsAsSuccessIsASetting has a provider that takes 200 alone, as some do: a 202 is tried again.
func TestWhatCountsAsSuccessIsASetting(t *testing.T) {
	queued := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	sim := simtest.Start(t, queued, simtest.Manual(noon), simtest.Types("lab.*"), simtest.Configure(func(o *provider.Options) {
		o.Delivery.Success = func(status int) bool { return status == http.StatusOK }
	}))
	sim.Emit("lab.created")
	sim.Advance(time.Hour)
	if n := len(sim.Attempts("lab.created")); n != provider.DefaultAttempts {
		t.Errorf("an answer that does not count as success was followed by %d attempts in all, want %d", n, provider.DefaultAttempts)
	}
}

func TestDoAndFaults(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app, simtest.SameEventID())
	source, target := sim.Clinic().Add("patient"), sim.Clinic().Add("patient")
	sim.Clinic().Add("episode", simtest.Relation{Role: "patient", To: source})
	sim.Fault("transport=reset", 1)
	changes := sim.Do("merge", simtest.AboutRole("source", source), simtest.AboutRole("target", target))
	if len(changes) != 2 {
		t.Fatalf("a merge of a patient with an episode gives %d events", len(changes))
	}
	sim.Accepted(2, "*", 10*time.Second)
	sim.Settled(10 * time.Second)
	if n := len(sim.Attempts("*")); n != 3 {
		t.Errorf("two events, one of them reset once, made %d attempts", n)
	}
	if merged, ok := sim.Clinic().Record(source.ID); !ok || !merged.Deleted {
		t.Errorf("the source of the merge is %+v", merged)
	}
}

func TestPlay(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	if result := sim.Play(t, "first-visit"); result.Counts.Attempts != 9 || !result.Passed() {
		t.Errorf("the story made %d attempts, exit code %d", result.Counts.Attempts, result.ExitCode())
	}
}

func TestTheClinicAnswersForTheIDs(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	sim.Emit("booking.created")
	sim.Accepted(1, "booking.created", 10*time.Second)
	id := app.events()[0].Identifiers["patientId"]
	patient, ok := sim.Clinic().Record(id)
	if !ok || patient.Kind != "patient" || len(patient.Values) < 5 {
		t.Errorf("the clinic knows of %s: %+v", id, patient)
	}
	if _, ok := sim.Clinic().Record("507f1f77bcf86cd799439012"); ok {
		t.Error("the clinic knows an id that it never gave")
	}
}

func TestTheSameSeedAndTimeSendTheSame(t *testing.T) {
	bytes := func(seed int64) string {
		app := &application{secret: simtest.DefaultSecret}
		sim := simtest.Start(t, app, simtest.At(noon), simtest.Seed(seed))
		app.now = sim.Now
		return string(sim.Send("booking.created").Sent.Body) + sim.Send("invoice.paid").Sent.Header(signature.HeaderName)
	}
	if first, again := bytes(7), bytes(7); first != again {
		t.Error("the same seed at the same time sends other bytes")
	}
	if bytes(7) == bytes(8) {
		t.Error("another seed sends the same bytes")
	}
}

func TestAURLIsAReceiverToo(t *testing.T) {
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simtest.DefaultSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sim := simtest.Start(t, server.URL)
	sim.Emit("invoice.paid")
	sim.Accepted(1, "invoice.*", 10*time.Second)
}

// TestParallel starts a hundred at once: each sees its own events alone.
func TestParallel(t *testing.T) {
	for i := range 100 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			app := &application{secret: fmt.Sprintf("whsec_of_test_%d", i)}
			sim := simtest.Start(t, app, simtest.Secret(app.secret), simtest.Seed(int64(i)))
			for range 3 {
				sim.Emit("booking.created")
			}
			sim.Accepted(3, "booking.created", 30*time.Second)
			if took := app.events(); len(took) != 3 {
				t.Errorf("it took %d events", len(took))
			}
		})
	}
}

// stranger is a test of somebody else's, which may fail without failing ours.
type stranger struct {
	testing.TB
	t        *testing.T
	cleanups []func()
	failed   bool
	logged   strings.Builder
	folder   string
}

func (s *stranger) Helper()             {}
func (s *stranger) Name() string        { return "TestOfAStranger" }
func (s *stranger) Failed() bool        { return s.failed }
func (s *stranger) ArtifactDir() string { return s.folder }
func (s *stranger) Cleanup(f func())    { s.cleanups = append(s.cleanups, f) }
func (s *stranger) Logf(format string, args ...any) {
	fmt.Fprintf(&s.logged, format+"\n", args...)
}
func (s *stranger) Errorf(format string, args ...any) {
	s.Logf(format, args...)
	s.failed = true
}
func (s *stranger) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(s)
}

// run runs f as a test of its own and returns what it logged.
func (s *stranger) run(f func(t testing.TB)) string {
	s.TB, s.folder = s.t, s.t.TempDir()
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(s) {
				panic(r)
			}
		}()
		f(s)
	}()
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
	return s.logged.String()
}

func TestAFailureSaysWhatToDo(t *testing.T) {
	s := &stranger{t: t}
	said := s.run(func(t testing.TB) {
		app := &application{secret: "whsec_another_secret"}
		sim := simtest.Start(t, app)
		if answer := sim.Send("booking.created", simtest.Omit("patientId")); !answer.Came.OK() {
			t.Errorf("it is answered %d", answer.Came.Status)
		}
	})
	for _, want := range []string{"booking.created was answered 401", "semblance send booking.created --to http://127.0.0.1:", "--seed 1 --omit patientId"} {
		if !strings.Contains(said, want) {
			t.Errorf("a failed test does not say %q:\n%s", want, said)
		}
	}
	written, err := os.ReadFile(filepath.Join(s.folder, "attempts.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		Sent simulator.Sent
		Came simulator.Came
	}
	if err := json.Unmarshal(written, &line); err != nil || line.Sent.EventType != "booking.created" || line.Came.Status != 401 {
		t.Errorf("the artifact holds %s (%v)", written, err)
	}
}

func TestWaitingInVainSaysWhatCame(t *testing.T) {
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no room", http.StatusServiceUnavailable) }, simtest.TimeScale(1))
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", 200*time.Millisecond)
	})
	if want := "accepted 0 of 1 lab.* after 200ms; the last answer, to lab.created: 503 no room"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
}

func TestWhatCannotBeIsOneSentence(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(t testing.TB)
		want string
	}{
		"no receiver":        {func(t testing.TB) { simtest.Start(t, 7) }, "a receiver is an http.Handler or a URL, and not a int"},
		"unknown event type": {func(t testing.TB) { simtest.Start(t, &application{}).Send("booking.craeted") }, `did you mean "booking.created"?`},
		"unknown pattern":    {func(t testing.TB) { simtest.Start(t, &application{}, simtest.Types("bokking.*")) }, "bokking.*"},
		"breaks its schema": {func(t testing.TB) {
			simtest.Start(t, &application{}).Send("booking.created", simtest.Set("bookingId", "7"))
		}, "say simtest.Invalid() if it should"},
		"unknown action":     {func(t testing.TB) { simtest.Start(t, &application{}).Do("arive") }, "arrive"},
		"unknown fault":      {func(t testing.TB) { simtest.Start(t, &application{}).Fault("signature=tampred", 1) }, "tampered"},
		"a clock of its own": {func(t testing.TB) { simtest.Start(t, &application{}).Advance(time.Hour) }, "advanc"},
		"a record of nobody's": {func(t testing.TB) {
			simtest.Start(t, &application{}).Send("booking.created", simtest.About(simtest.Record{ID: "507f1f77bcf86cd799439012"}))
		}, "the clinic has no record"},
	} {
		if said := (&stranger{t: t}).run(test.do); !strings.Contains(said, test.want) {
			t.Errorf("%s: it says %q, want %q in it", name, said, test.want)
		}
	}
}

func TestItDoesNotCompileSQLite(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "sqlite") {
		t.Error("whoever imports simtest compiles SQLite")
	}
}

func BenchmarkStartAndStop(b *testing.B) {
	app := &application{secret: simtest.DefaultSecret}
	for b.Loop() {
		s := &stranger{TB: b}
		simtest.Start(s, app)
		for i := len(s.cleanups) - 1; i >= 0; i-- {
			s.cleanups[i]()
		}
	}
}
