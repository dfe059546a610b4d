package simtest_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/scenarios/simtest"
	"semblance/simulator/provider"
)

// Accepted returns the attempts of its pattern alone.
func TestAcceptedReturnsAttempts(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret, fail: 1}
	sim := simtest.Start(t, app)
	sim.Emit("invoice.paid")
	sim.Emit("booking.created")
	sim.Emit("booking.updated")
	attempts := sim.Accepted(2, "booking.*")
	if len(attempts) != 2 {
		t.Fatalf("got %d attempts, want 2", len(attempts))
	}
	for _, a := range attempts {
		if !strings.HasPrefix(a.Request.EventType, "booking.") || !a.Response.OK() || len(a.Request.Body) == 0 {
			t.Errorf("got %s with %d and %d bytes", a.Request.EventType, a.Response.Status, len(a.Request.Body))
		}
	}
	if again := sim.Accepted(1, "booking.*"); len(again) != 2 {
		t.Errorf("a second call returns %d attempts, want both", len(again))
	}
}

// A wait that cannot succeed fails long before its time is over, and says what would help.
func TestWaitsFailAtOnce(t *testing.T) {
	t.Parallel()
	down := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oh no", http.StatusInternalServerError) }
	other := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	onlyOnce := simtest.Configure(func(o *provider.Options) { o.Retry.Attempts, o.Breaker.Threshold = 1, 2 })
	for name, test := range map[string]struct {
		do   func(t testing.TB)
		want string
	}{
		"nothing emitted": {func(t testing.TB) { simtest.Start(t, down).Accepted(1, "lab.*") },
			"accepted 0 of 1 lab.* and nothing more can come: no such event was emitted to a subscription"},
		"not subscribed": {func(t testing.TB) {
			sim := simtest.Start(t, down, simtest.Types("booking.*"))
			sim.Emit("lab.created")
			sim.Accepted(1, "lab.*")
		}, "no such event was emitted to a subscription"},
		"all failed": {func(t testing.TB) {
			sim := simtest.Start(t, down, onlyOnce)
			sim.Emit("lab.created")
			sim.Emit("booking.created")
			sim.Accepted(1, "lab.*")
		}, "every delivery has ended; last attempt: lab.created, 500 in "},
		"one of two": {func(t testing.TB) {
			sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
			sim.Emit("lab.created")
			sim.Accepted(2, "lab.*")
		}, "accepted 1 of 2 lab.* and nothing more can come: every delivery has ended"},
		"paused": {func(t testing.TB) {
			sim := simtest.Start(t, down)
			sim.Pause()
			sim.Emit("lab.created")
			sim.Accepted(1, "lab.*")
		}, "the subscription is paused, because deliveries failed or the test paused it; Sim.Resume continues"},
		"settled while paused": {func(t testing.TB) {
			sim := simtest.Start(t, down)
			sim.Pause()
			sim.Emit("lab.created")
			sim.Settled()
		}, "pending and nothing more can come: the subscription is paused"},
		"manual clock": {func(t testing.TB) {
			sim := simtest.Start(t, down, simtest.Manual(noon), simtest.Configure(func(o *provider.Options) { o.Retry.Jitter = -1 }))
			sim.Emit("lab.created")
			sim.Accepted(1, "lab.*")
		}, "the next attempt is due in 10 s; Sim.Advance moves the clock; last attempt: lab.created, 500 in "},
		"no route": {func(t testing.TB) {
			sim := simtest.Start(t, other, onlyOnce)
			sim.Emit("lab.created")
			sim.Accepted(1, "lab.*")
		}, `fix: the handler has no POST /; set the path of its webhooks with simtest.Path("/webhooks")`},
	} {
		start := time.Now()
		log := (&fakeT{t: t}).run(test.do)
		if !strings.Contains(log, test.want) {
			t.Errorf("%s: got %q, want %q in it", name, log, test.want)
		}
		if took := time.Since(start); took > simtest.DefaultWithin/2 {
			t.Errorf("%s: failed after %v", name, took)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	if all := sim.Subscriptions(); len(all) != 1 || all[0].ID != sim.SubscriptionID || sim.Paused() {
		t.Errorf("subscriptions %+v, paused %t", all, sim.Paused())
	}
	sim.Pause()
	sim.Emit("lab.created")
	if !sim.Paused() || len(sim.Attempts("lab.*")) != 0 {
		t.Errorf("paused %t, attempts %d", sim.Paused(), len(sim.Attempts("lab.*")))
	}
	sim.Resume()
	sim.Accepted(1, "lab.*")
}

// Faults of deliveries: the receiver gets an event twice, and another one never.
func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	sim.Fault("delivery=duplicate", 1)
	sim.Emit("booking.created")
	if twice := sim.Accepted(2, "booking.created"); twice[0].Request.EventID != twice[1].Request.EventID {
		t.Errorf("the duplicate has another eventId")
	}
	sim.FaultShare("delivery=drop", 1)
	sim.Emit("lab.created")
	sim.Settled()
	if n := len(sim.Attempts("lab.created")); n != 0 || len(app.events()) != 2 {
		t.Errorf("%d attempts at a dropped event, %d events", n, len(app.events()))
	}
}

func TestEventually(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
	var calls atomic.Int32
	sim.Eventually(func() error {
		if calls.Add(1) < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	log := (&fakeT{t: t}).run(func(t testing.TB) {
		failing := simtest.Start(t, &application{secret: simtest.DefaultSecret})
		failing.Emit("lab.created")
		failing.Settled()
		failing.Eventually(func() error { return errors.New("0 rows, want 1") }, simtest.Within(20*time.Millisecond))
	})
	for _, want := range []string{"not within 20 ms: 0 rows, want 1", "attempts, by the time since the first:\n\t     0 s  lab.created [evt "} {
		if !strings.Contains(log, want) {
			t.Errorf("got %q, want %q in it", log, want)
		}
	}
}

// The seed of a test follows from its name, so the records of tests differ in a database that they share.
func TestSeedFollowsFromName(t *testing.T) {
	t.Parallel()
	patient := func(t *testing.T) string {
		return simtest.Start(t, &application{}, simtest.Types("booking.*")).Clinic().Add("patient").Values["email"]
	}
	var mails []string
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) { mails = append(mails, patient(t), patient(t)) })
	}
	if mails[0] != mails[1] || mails[0] == mails[2] {
		t.Errorf("got %q", mails)
	}
}

// A failed expectation about effects has the attempts that should have had them, and the command that runs the step again.
func TestFailedProbeHasTimeline(t *testing.T) {
	t.Parallel()
	if os.Getenv("SIMTEST_FAILING_PROBE") == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestFailedProbeHasTimeline$")
		command.Env = append(os.Environ(), "SIMTEST_FAILING_PROBE=1")
		output, err := command.CombinedOutput()
		out := string(output)
		if err == nil {
			t.Fatalf("the test passes:\n%s", out)
		}
		for _, want := range []string{
			"attempts, by the time since the first:", "     0 s  booking.created [evt ",
			`test      go test -run '^TestFailedProbeHasTimeline$/^2_`,
		} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		return
	}
	file := filepath.Join(t.TempDir(), "effect.yaml")
	scenario := "name: An effect\nsteps:\n  - send: booking.created\n  - probe: {get: \"${target.origin}/effects\", within: 10ms, until: {status: 200}}\n"
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	simtest.Start(t, &application{secret: simtest.DefaultSecret}).Play(t, file)
}
