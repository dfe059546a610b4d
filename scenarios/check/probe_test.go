package check_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/simulator/delivery"
)

func probeOf(t *testing.T, text string) *player.Effects {
	t.Helper()
	probe, err := player.ParseEffects(text, delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(probe.Close)
	return probe
}

// closed returns the URL of a server that no longer listens.
func closed() string {
	server := httptest.NewServer(nil)
	defer server.Close()
	return server.URL
}

// A receiver that is down, or refuses the valid event, is named even if the probe fails too.
func TestReceiverBeforeProbe(t *testing.T) {
	t.Parallel()
	down := closed()
	r := run(t, down, func(o *check.Options) { o.Player.Effects = probeOf(t, down+"/effects/${id}") })
	if r.Sentence() != "The receiver was not reached." || r.ExitCode() != scenarios.ExitUnreached {
		t.Errorf("exit %d:\n%s", r.ExitCode(), text(t, r))
	}
	refuses := httptest.NewServer(status(http.StatusUnauthorized, "no"))
	defer refuses.Close()
	r = run(t, refuses.URL, func(o *check.Options) { o.Player.Effects = probeOf(t, down+"/effects/${id}") })
	if c := r.Control(); c.Outcome != scenarios.Failed {
		t.Errorf("the control is %s:\n%s", c.Outcome, text(t, r))
	}
}

// A probe that fails from the start is the reason why nothing is known. The report has its error once.
func TestDeadProbe(t *testing.T) {
	t.Parallel()
	r := run(t, start(t, ""), func(o *check.Options) { o.Player.Effects = probeOf(t, closed()+"/effects/${id}") }, "DLV-01")
	if r.Sentence() != "Nothing is known about the receiver: the probe failed." || r.ExitCode() != scenarios.ExitInconclusive {
		t.Errorf("exit %d: %s", r.ExitCode(), r.Sentence())
	}
	out := text(t, r)
	if strings.Count(out, "nothing listens") != 1 || !strings.Contains(out, "fix       Start the probe's server, or correct --probe.") {
		t.Error(out)
	}
}

// A probe that fails during the run is one cause of all checks that needed it.
func TestProbeFailsLater(t *testing.T) {
	t.Parallel()
	target := start(t, "")
	var asked atomic.Int64
	probe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 2 { // after the controls
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Write([]byte("1"))
	}))
	defer probe.Close()
	r := run(t, target, func(o *check.Options) { o.Player.Effects = probeOf(t, probe.URL+"/${id}") }, "DLV-01", "DLV-02", "DLV-03", "DLV-04", "DLV-08")
	out := text(t, r)
	if open := r.Open(); len(open) != 1 || len(open[0].IDs) < 5 || strings.Count(out, "status 500") != 1 {
		t.Errorf("%d reasons:\n%s", len(open), out)
	}
	for _, want := range []string{"fix       Find out why the probe fails", "same cause: DLV-02 DLV-03"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
	if s := r.Sentence(); r.Control().Outcome != scenarios.Passed || !strings.HasSuffix(s, "DLV-01, DLV-02, DLV-03 and 2 others (the probe failed).") {
		t.Errorf("the control %s: %s", r.Control().Outcome, s)
	}
}

// A request that the time limit ended says nothing about the receiver.
func TestTimeLimit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(hang))
	defer server.Close()
	r := run(t, server.URL, func(o *check.Options) { o.TimeLimit = 20 * time.Millisecond })
	if r.Control().Reason != "stopped by --time-limit" || r.ExitCode() != scenarios.ExitInconclusive {
		t.Errorf("exit %d:\n%s", r.ExitCode(), text(t, r))
	}
}

func TestNoCheckIsLeft(t *testing.T) {
	t.Parallel()
	if _, err := check.Without(load(t), []string{"*"}); err == nil || err.Error() != "no check is left to run" {
		t.Errorf("error %v", err)
	}
	if left, err := check.Without(load(t), []string{"SIG-*"}); err != nil || len(left) < 2 {
		t.Errorf("%d checks, error %v", len(left), err)
	}
}

// A remark that refusals reveal something does not stand above "leaks nothing".
func TestSentenceAgreesWithRemarks(t *testing.T) {
	t.Parallel()
	r := &scenarios.CheckRun{Checks: []scenarios.CheckResult{
		{Check: scenarios.Check{ID: "CTL-01", Group: "control"}, Outcome: scenarios.Passed},
		{Check: scenarios.Check{ID: "LEAK-01", Group: "leaks"}, Outcome: scenarios.Passed},
	}}
	if s := r.Sentence(); !strings.HasSuffix(s, "leaks nothing.") {
		t.Error(s)
	}
	r.Checks = append(r.Checks, scenarios.CheckResult{Check: scenarios.Check{ID: "LEAK-04", Group: "leaks"}, Outcome: scenarios.Remarked,
		Findings: []scenarios.Finding{{Level: scenarios.May}}})
	if s := r.Sentence(); !strings.HasSuffix(s, "leaks no secrets.") {
		t.Error(s)
	}
}
