package player_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"semblance/scenarios/player"
)

// must fails a step; should and may add warnings and remarks; copies and rounds are judged together.
func TestLevels(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.respond = func(w http.ResponseWriter, n int) bool {
		statuses := []int{404, 500, 200, 503, 503, 503, 302}
		if n <= len(statuses) {
			w.WriteHeader(statuses[n-1])
		}
		return n <= len(statuses)
	}
	result := play(t, player.Options{Target: app.URL}, `
name: Levels
steps:
  - {send: booking.created, must: survived, should: accepted, may: {not: 404}}
  - {send: booking.created, must: [refused, closed], should: 500}
  - {send: booking.created, again: {copies: 1}, must: {one: accepted, others: busy}}
  - {send: booking.created, again: {copies: 1}, must: {one: accepted, others: busy}}
  - {send: booking.created, must: accepted, fix: Do not redirect.}
  - repeat: {times: 3, steps: [{send: booking.created, must: survived}]}
    must: {each: 10s, median: 10s}
  - {send: booking.created, needs: probe, must: accepted}
`)
	var got strings.Builder
	for _, step := range result.Scenarios[0].Steps {
		fmt.Fprintf(&got, "%s %s %s%s\n", step.Path, step.Outcome, step.Fix, step.Reason)
		for _, e := range step.Evidence {
			for _, f := range e.Verdict.Failures {
				fmt.Fprintf(&got, "  failure %s\n", f)
			}
			for _, f := range e.Verdict.Warnings {
				fmt.Fprintf(&got, "  warning %s\n", f)
			}
			for _, f := range e.Verdict.Remarks {
				fmt.Fprintf(&got, "  remark %s\n", f)
			}
		}
	}
	want := `1 passed 
  warning status: expected accepted (2xx), got 404
  remark status: expected not 404, got status 404
2 failed 
  failure response: expected refused (4xx except 408 and 429) or a closed connection, got status 500
3 passed 
4 failed 
  failure response: expected one of 2 responses accepted (2xx), got status 503
5 failed Do not redirect.
  failure status: expected accepted (2xx), got 302
6 passed 
6.1 passed 
7 skipped only a run of checks with probe supports this
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
