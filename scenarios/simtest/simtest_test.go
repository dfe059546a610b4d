package simtest_test

import (
	"bytes"
	"encoding/json"
	"flag"
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
	if answer := sim.Send("booking.created"); answer.Response.Status != 200 || string(answer.Response.Body) != `{"ok":true}` {
		t.Errorf("it is answered %d %s", answer.Response.Status, answer.Response.Body)
	}
	sim.Send("booking.created", simtest.Omit("patientId"))
	sim.Send("booking.created", simtest.Set("doctorId", "507f1f77bcf86cd799439012"))
	visit := sim.Clinic().Add("booking", simtest.Relation{Role: "patient", To: sim.Clinic().Add("patient")})
	sim.Send("booking.updated", simtest.About(visit))
	if refused := sim.Send("booking.created", simtest.Fault("signature=tampered")); refused.Response.Status != 401 {
		t.Errorf("a forgery is answered %d", refused.Response.Status)
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
	if all := app.events(); all[len(all)-1].EventID != all[len(all)-2].EventID || !again.Response.OK() {
		t.Errorf("a duplicate has another eventId: %+v", all[len(all)-2:])
	}
}

func TestEmitFollowsTheRetryPolicy(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret, fail: 3}
	sim := simtest.Start(t, app, simtest.Manual(noon))
	app.now = sim.Now
	sim.Emit("booking.created")
	for range 4 {
		sim.Advance(time.Hour)
	}
	sim.Accepted(1, "booking.*", 5*time.Second)
	attempts := sim.Attempts("booking.created")
	if len(attempts) != 4 || attempts[0].Response.Status != 500 || attempts[3].Response.Status != 200 {
		t.Fatalf("there were %d attempts: %+v", len(attempts), attempts)
	}
	ids := map[string]bool{}
	for _, a := range attempts {
		ids[a.Request.EventID] = true
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
		t.Errorf("the scenario made %d attempts, exit code %d", result.Counts.Attempts, result.ExitCode())
	}
}

// A receiver asks for what it is told of, while the scenario goes on.
func TestTheClinicAnswersForAScenario(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	sim.Play(t, "first-visit")
	for _, e := range app.events() {
		for name, id := range e.Identifiers {
			if record, ok := sim.Clinic().Record(id); !ok || record.Kind+"Id" != name {
				t.Errorf("the %s of %s is %+v", name, e.EventType, record)
			}
		}
	}
}

// A scenario begins when it is, and its waits move the clock of a test that moves it by hand.
func TestAScenarioHasTheTimeOfTheTest(t *testing.T) {
	scenario := filepath.Join(t.TempDir(), "later.yaml")
	if err := os.WriteFile(scenario, []byte("name: Later\nsteps: [{send: booking.created}, {wait: 30ms}, {send: booking.updated}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	app := &application{secret: simtest.DefaultSecret, fail: 1}
	sim := simtest.Start(t, app, simtest.Manual(noon), simtest.Configure(func(o *provider.Options) { o.Retry.Base = 20 * time.Millisecond }))
	app.now = sim.Now
	sim.Emit("lab.created") // fails, and comes again while the scenario waits
	sim.Advance(0)
	sim.Play(t, scenario)
	sim.Play(t, scenario)
	if now := sim.Now(); now != noon.Add(60*time.Millisecond) {
		t.Errorf("after two scenarios it is %v", now)
	}
	var types []string
	for _, e := range app.events() {
		types = append(types, e.EventType)
	}
	if got := strings.Join(types, " "); got != "booking.created lab.created booking.updated booking.created booking.updated" {
		t.Errorf("it took %s", got)
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
		return string(sim.Send("booking.created").Request.Body) + sim.Send("invoice.paid").Request.Header(signature.HeaderName)
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

// TestParallel has a hundred tests, of which as many go on at once as the machine takes: each sees its own events alone.
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

// TestAHundredAtOnce has a hundred run side by side, whatever the machine: none has an event, a record or an id of another's.
func TestAHundredAtOnce(t *testing.T) {
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
			sim.Settled(30 * time.Second)
		})
	}
	ended.Wait()
	seen := map[string]bool{}
	for i, app := range apps {
		events := app.events()
		if len(events) != 2 {
			t.Errorf("number %d took %d events", i, len(events))
		}
		for _, e := range events {
			for _, id := range append(slices.Collect(maps.Values(e.Identifiers)), e.EventID) {
				if seen[id] {
					t.Errorf("number %d is told of %s, as another was", i, id)
				}
				seen[id] = true
			}
		}
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
	flag.Set("test.artifacts", "true")
	defer flag.Set("test.artifacts", flag.Lookup("test.artifacts").DefValue)
	s := &stranger{t: t}
	said := s.run(func(t testing.TB) {
		app := &application{secret: "whsec_another_secret"}
		sim := simtest.Start(t, app)
		if answer := sim.Send("booking.created", simtest.Omit("patientId"), simtest.Set("bookingId", "507f1f77bcf86cd799439011")); !answer.Response.OK() {
			t.Errorf("it is answered %d", answer.Response.Status)
		}
		sim.Send("invoice.paid", simtest.Fault("signature=tampered")) // refused, as it should be
		simtest.Start(t, app, simtest.Secret(app.secret)).Send("invoice.paid", simtest.Fault("signature=several-v1"))
		other := simtest.Start(t, app, simtest.Secret("whsec_a_third"))
		other.Emit("lab.created")
		other.Settled(10 * time.Second)
	})
	for _, want := range []string{
		"booking.created was answered 401", "semblance send booking.created --to http://127.0.0.1:", "/ --omit all --set bookingId=507f1f77bcf86cd799439011 --set doctorId=",
		"lab.created was answered 401", `--secret "$SEMBLANCE_SECRET"`, "ends with this test",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("a failed test does not say %q:\n%s", want, said)
		}
	}
	for _, unwanted := range []string{"tampered", "whsec_a_third"} {
		if strings.Contains(said, unwanted) {
			t.Errorf("a failed test says %q:\n%s", unwanted, said)
		}
	}
	if n := strings.Count(said, "semblance send lab.created"); n != 1 {
		t.Errorf("a delivery that failed five times is shown %d times:\n%s", n, said)
	}
	for _, file := range []string{"attempts-2.ndjson", "attempts-3.ndjson"} {
		if _, err := os.Stat(filepath.Join(s.folder, file)); err != nil {
			t.Errorf("a second run in one test leaves no file of its own: %v", err)
		}
	}
	written, err := os.ReadFile(filepath.Join(s.folder, "attempts-3.ndjson")) // of the run that was begun first, and ended last
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		Request  simulator.Request
		Response simulator.Response
	}
	if err := json.NewDecoder(bytes.NewReader(written)).Decode(&line); err != nil || line.Request.EventType != "booking.created" || line.Response.Status != 401 {
		t.Errorf("the artifact holds %s (%v)", written, err)
	}
}

func TestATimedOutWaitListsTheResponses(t *testing.T) {
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no room", http.StatusServiceUnavailable) }, simtest.TimeScale(1))
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", 200*time.Millisecond)
	})
	if want := "accepted 0 of 1 lab.* after 200ms; last, lab.created was answered 503 no room"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
}

// hanging takes what is sent and answers when the sender has gone.
func hanging(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestAReceiverThatHangsHoldsNobodyUp(t *testing.T) {
	began := time.Now()
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, hanging)
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", 50*time.Millisecond)
	})
	if want := "accepted 0 of 1 lab.* after 50ms; nothing has been answered; one attempt is not answered yet"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a test that has failed takes %v to end", took)
	}
}

func TestATestThatEndsTooEarlyIsTold(t *testing.T) {
	said := (&stranger{t: t}).run(func(t testing.TB) {
		response := make(chan bool, 1)
		simtest.Start(t, func(w http.ResponseWriter, r *http.Request) {
			response <- true
			hanging(w, r)
		}).Emit("lab.created")
		<-response // what is not begun yet is owed to nobody
	})
	if want := "after the end of the test the receiver had not answered; wait for it with Sim.Settled"; !strings.Contains(said, want) {
		t.Errorf("it says %q, want %q in it", said, want)
	}
}

// A subtest that fails fails alone, and a name may be longer than a subscription's label.
func TestSubtestsShareARun(t *testing.T) {
	sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim.In(t).Accepted(1, "lab.created", 50*time.Millisecond)
	})
	if !strings.Contains(said, "nothing has been answered") {
		t.Errorf("it says %q", said)
	}
	said = (&stranger{t: t}).run(func(t testing.TB) { sim.In(t).Clinic().Add("patinet") })
	if !strings.Contains(said, "patinet") {
		t.Errorf("it says %q", said)
	}
	t.Run(strings.Repeat("long", 100), func(t *testing.T) {
		t.Parallel()
		sim.In(t).Emit("lab.created")
		sim.In(t).Accepted(1, "lab.created", 10*time.Second)
		simtest.Start(t, &application{secret: simtest.DefaultSecret})
	})
}

// What is owed when a test ends is owed to nobody.
func TestRetriesThatAreNotDueHoldNobodyUp(t *testing.T) {
	began := time.Now()
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, simtest.TimeScale(1))
		for range 50 {
			sim.Emit("lab.created")
		}
	})
	if took := time.Since(began); said != "" || took > 2*time.Second {
		t.Errorf("it took %v to end, and said %q", took, said)
	}
}

func TestWaitingForThePausedSaysSo(t *testing.T) {
	said := (&stranger{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, simtest.Manual(noon))
		for range 3 {
			sim.Emit("lab.created")
		}
		sim.Advance(time.Hour)
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", 50*time.Millisecond)
	})
	if want := "the subscription is paused"; !strings.Contains(said, want) {
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
		"unknown action":              {func(t testing.TB) { simtest.Start(t, &application{}).Do("arive") }, "arrive"},
		"unknown fault":               {func(t testing.TB) { simtest.Start(t, &application{}).Fault("signature=tampred", 1) }, "tampered"},
		"a clock of its own":          {func(t testing.TB) { simtest.Start(t, &application{}).Advance(time.Hour) }, "advanc"},
		"a URL with a path beside it": {func(t testing.TB) { simtest.Start(t, "http://127.0.0.1:9/", simtest.Path("/webhooks")) }, "leave it out"},
		"a URL of another kind":       {func(t testing.TB) { simtest.Start(t, "ftp://127.0.0.1/") }, "no http or https URL"},
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
