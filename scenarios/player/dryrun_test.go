package player_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"semblance/scenarios/player"
	"semblance/simulator/clock"
)

// The transcript of a dry run has the requests that a play at the same time sends.
func TestDryRunRequests(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	fixed := clock.Fixed(noon)
	app.now = fixed.Now
	sent := transcript(t, app.URL, fixed, 7, everything)
	app.mu.Lock()
	app.types = nil
	app.mu.Unlock()
	var out bytes.Buffer
	play(t, player.Options{Target: app.URL, At: noon, Seed: 7, HasSeed: true, DryRun: true, Transcript: &out}, everything)
	var dry strings.Builder
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line map[string]json.RawMessage
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line["response"] != nil {
			t.Fatalf("a dry run has a response: %s", line["response"])
		}
		fmt.Fprintf(&dry, "%s#%s %s\n", strings.Trim(string(line["step"]), `"`), strings.Trim(string(line["round"]), `"`), line["request"])
	}
	if dry.String() != sent {
		t.Errorf("a dry run and a play differ:\n%s", firstDifference(dry.String(), sent))
	}
	if n := len(app.received()); n != 0 {
		t.Errorf("a dry run sent %d events", n)
	}
}

func TestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	result := play(t, player.Options{Target: "http://127.0.0.1:1/", DryRun: true}, `
name: Slow
steps:
  - {send: booking.created, capture: {job: /job/id}}
  - {wait: 1h}
  - {probe: {get: "${target.origin}/", until: {status: 200}}}
  - {traffic: {events: 3, rate: 1/h}}
  - {request: {raw: "${job}"}}
`)
	wantOutcomes(t, result, `
1 passed
2 passed
3 skipped (a dry run runs no probes)
4 passed
5 skipped (no capture named job)`)
}
