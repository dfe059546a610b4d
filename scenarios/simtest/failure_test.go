package simtest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"semblance/scenarios/simtest"
	"semblance/simulator"
)

// fakeT is a testing.TB whose failure does not fail the test.
type fakeT struct {
	testing.TB
	t        *testing.T
	cleanups []func()
	failed   bool
	logged   strings.Builder
	folder   string
}

func (s *fakeT) Helper()             {}
func (s *fakeT) Name() string        { return "TestFake" }
func (s *fakeT) Failed() bool        { return s.failed }
func (s *fakeT) ArtifactDir() string { return s.folder }
func (s *fakeT) Cleanup(f func())    { s.cleanups = append(s.cleanups, f) }
func (s *fakeT) Logf(format string, args ...any) {
	fmt.Fprintf(&s.logged, format+"\n", args...)
}
func (s *fakeT) Errorf(format string, args ...any) {
	s.Logf(format, args...)
	s.failed = true
}
func (s *fakeT) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(s)
}

// run runs f as a test and returns its log.
func (s *fakeT) run(f func(t testing.TB)) string {
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

func TestFailureLog(t *testing.T) {
	flag.Set("test.artifacts", "true")
	defer flag.Set("test.artifacts", flag.Lookup("test.artifacts").DefValue)
	s := &fakeT{t: t}
	log := s.run(func(t testing.TB) {
		app := &application{secret: "whsec_another_secret"}
		sim := simtest.Start(t, app)
		if a := sim.Send("booking.created", simtest.Omit("patientId"), simtest.Set("bookingId", "507f1f77bcf86cd799439011")); !a.Response.OK() {
			t.Errorf("got status %d", a.Response.Status)
		}
		sim.Send("invoice.paid", simtest.Fault("signature=tampered")) // refused, as expected
		simtest.Start(t, app, simtest.Secret(app.secret)).Send("invoice.paid", simtest.Fault("signature=several-v1"))
		other := simtest.Start(t, app, simtest.Secret("whsec_a_third"))
		other.Emit("lab.created")
		other.Settled(simtest.Within(10 * time.Second))
	})
	for _, want := range []string{
		"booking.created: 401 in ", "rerun: semblance send booking.created --to http://127.0.0.1:", "/ --omit all --set bookingId=507f1f77bcf86cd799439011 --set doctorId=",
		"lab.created: 401 in ", `--secret "$SEMBLANCE_SECRET"`, "stops with this test",
		"attempts, by the time since the first:\n\t     0 s  lab.created [evt ", ", attempt 5: 401 in ", "signature=tampered: 401 in ",
		"fix: the receiver refuses a valid signature", "run this test again: go test -run '^TestFake$'\n",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log of a failed test does not have %q:\n%s", want, log)
		}
	}
	for _, unwanted := range []string{"--fault signature=tampered", "whsec_a_third"} {
		if strings.Contains(log, unwanted) {
			t.Errorf("the log of a failed test has %q:\n%s", unwanted, log)
		}
	}
	if n := strings.Count(log, "semblance send lab.created"); n != 1 {
		t.Errorf("the log has a delivery with five attempts %d times:\n%s", n, log)
	}
	for _, file := range []string{"attempts-2.ndjson", "attempts-3.ndjson"} {
		if _, err := os.Stat(filepath.Join(s.folder, file)); err != nil {
			t.Errorf("a second run in one test has no artifact: %v", err)
		}
	}
	written, err := os.ReadFile(filepath.Join(s.folder, "attempts-3.ndjson")) // of the run that was started first and closed last
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		Request  simulator.Request
		Response simulator.Response
	}
	if err := json.NewDecoder(bytes.NewReader(written)).Decode(&line); err != nil || line.Request.EventType != "booking.created" || line.Response.Status != 401 {
		t.Errorf("the artifact has %s (%v)", written, err)
	}
}

func TestAcceptedTimeout(t *testing.T) {
	t.Parallel()
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "overloaded", http.StatusServiceUnavailable)
		}, simtest.TimeScale(1))
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", simtest.Within(200*time.Millisecond))
	})
	if want := regexp.MustCompile(`accepted 0 of 1 lab.* within 200 ms; last attempt: lab.created, 503 in [0-9.]+ ms: overloaded`); !want.MatchString(log) {
		t.Errorf("got %q, want a match of %q", log, want)
	}
}

// hanging reads the request and does not respond until the sender has closed the connection.
func hanging(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestHangingReceiver(t *testing.T) { // not parallel: it measures time
	start := time.Now()
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, hanging)
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", simtest.Within(50*time.Millisecond))
	})
	if want := "accepted 0 of 1 lab.* within 50 ms; 1 attempt without a response yet"; !strings.Contains(log, want) {
		t.Errorf("got %q, want %q in it", log, want)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("a failed test took %v to end", took)
	}
}

func TestPendingAttemptAtEnd(t *testing.T) {
	t.Parallel()
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		request := make(chan bool, 1)
		simtest.Start(t, func(w http.ResponseWriter, r *http.Request) {
			request <- true
			hanging(w, r)
		}).Emit("lab.created")
		<-request // an attempt that has not started is dropped
	})
	if want := "no response from the receiver for 3 s after the end of the test; wait with Sim.Settled"; !strings.Contains(log, want) {
		t.Errorf("got %q, want %q in it", log, want)
	}
}

// A failure in a subtest does not fail the outer test. The name of a test may be longer than a subscription's label.
func TestIn(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		sim.In(t).Accepted(1, "lab.created", simtest.Within(50*time.Millisecond))
	})
	if !strings.Contains(log, "accepted 0 of 1 lab.created and nothing more can come: no such event was emitted") {
		t.Errorf("got %q", log)
	}
	log = (&fakeT{t: t}).run(func(t testing.TB) { sim.In(t).Clinic().Add("patinet") })
	if !strings.Contains(log, "patinet") {
		t.Errorf("got %q", log)
	}
	t.Run(strings.Repeat("long", 100), func(t *testing.T) {
		t.Parallel()
		sim.In(t).Emit("lab.created")
		sim.In(t).Accepted(1, "lab.created", simtest.Within(10*time.Second))
		simtest.Start(t, &application{secret: simtest.DefaultSecret})
	})
}

// The end of a test does not wait for retries that are not due.
func TestRetriesAtEnd(t *testing.T) { // not parallel: it measures time
	start := time.Now()
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, simtest.TimeScale(1))
		for range 50 {
			sim.Emit("lab.created")
		}
	})
	if took := time.Since(start); log != "" || took > 2*time.Second {
		t.Errorf("the test took %v to end and logged %q", took, log)
	}
}

func TestAcceptedWhilePaused(t *testing.T) {
	t.Parallel()
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		sim := simtest.Start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, simtest.Manual(noon))
		for range 3 {
			sim.Emit("lab.created")
		}
		sim.Advance(time.Hour)
		sim.Emit("lab.created")
		sim.Accepted(1, "lab.*", simtest.Within(50*time.Millisecond))
	})
	if want := "the subscription is paused"; !strings.Contains(log, want) {
		t.Errorf("got %q, want %q in it", log, want)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(t testing.TB)
		want string
	}{
		"no receiver":        {func(t testing.TB) { simtest.Start(t, 7) }, "the receiver is a int; use an http.Handler or a URL"},
		"unknown event type": {func(t testing.TB) { simtest.Start(t, &application{}).Send("booking.craeted") }, `did you mean "booking.created"?`},
		"unknown pattern":    {func(t testing.TB) { simtest.Start(t, &application{}, simtest.Types("bokking.*")) }, "bokking.*"},
		"schema violation": {func(t testing.TB) {
			simtest.Start(t, &application{}).Send("booking.created", simtest.Set("bookingId", "7"))
		}, "add simtest.Invalid() to send it"},
		"unknown action":  {func(t testing.TB) { simtest.Start(t, &application{}).Do("arive") }, "arrive"},
		"unknown fault":   {func(t testing.TB) { simtest.Start(t, &application{}).Fault("signature=tampred", 1) }, "tampered"},
		"no manual clock": {func(t testing.TB) { simtest.Start(t, &application{}).Advance(time.Hour) }, "advanc"},
		"URL and path":    {func(t testing.TB) { simtest.Start(t, "http://127.0.0.1:9/", simtest.Path("/webhooks")) }, "remove it"},
		"other URL":       {func(t testing.TB) { simtest.Start(t, "ftp://127.0.0.1/") }, "use an http or https URL"},
		"unknown record": {func(t testing.TB) {
			simtest.Start(t, &application{}).Send("booking.created", simtest.About(simtest.Record{ID: "507f1f77bcf86cd799439012"}))
		}, "unknown record"},
	} {
		if log := (&fakeT{t: t}).run(test.do); !strings.Contains(log, test.want) {
			t.Errorf("%s: got %q, want %q in it", name, log, test.want)
		}
	}
}
