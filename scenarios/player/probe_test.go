package player_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	const text = `
name: Commands
steps:
  - {send: booking.created}
  - probe: {exec: [echo, "hello ${run.seed}"], until: {output: "hello *"}}
  - probe: {exec: ["false"], until: {exit: 1}}
  - probe: {exec: ["false"], within: 1ms}
  - probe: {exec: [echo, bye], until: {output: "hello *"}, within: 1ms}
`
	wantOutcomes(t, play(t, player.Options{Target: app.URL, AllowExec: true}, text), `
1 passed
2 passed
3 passed
4 failed [exit code: expected 0, got 1]
5 failed [output: expected hello *, got bye]`)
	result := play(t, player.Options{Target: app.URL}, text)
	if got := outcomes(result); strings.Count(got, "requires --allow-exec") != 4 {
		t.Errorf("without --allow-exec: got outcomes\n%s", got)
	}
}

func TestProbeStillAfter(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	result := play(t, player.Options{Target: app.URL}, `
name: Exactly once
steps:
  - {send: booking.created}
  - parallel:
      - {probe: {get: "${target.origin}/", until: {equals: {/count: 1}}, and-still-after: 150ms}}
      - repeat: {times: 1, steps: [{wait: 20ms}, {send: booking.updated}]}
`)
	step := result.Scenarios[0].Steps[2]
	if step.Outcome != scenarios.Failed || !strings.Contains(step.Evidence[0].Verdict.Failures[0].String(), "expected 1 still after 150 ms, got 2") {
		t.Errorf("the probe misses a second event:\n%s", outcomes(result))
	}
}

// A late response fails. If the last try times out, the response before it is reported.
func TestLateProbe(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/late":
			time.Sleep(time.Millisecond) // longer than `within`
		case asked.Add(1) > 1:
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer app.Close()
	result := play(t, player.Options{Target: app.URL}, `
name: Late
steps:
  - {probe: {get: "${target.origin}/late", within: 500us}}
  - {probe: {get: "${target.origin}/then-never", within: 100ms, every: 10ms}}
`)
	steps := result.Scenarios[0].Steps
	for i, want := range []string{"within: expected at most 0.5 ms, got", "status: expected 2xx, got 404"} {
		if failures := steps[i].Evidence[0].Verdict.Failures; len(failures) != 1 || !strings.Contains(failures[0].String(), want) {
			t.Errorf("want one failure, %s:\n%s", want, outcomes(result))
		}
	}
}
