package player_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"semblance/scenarios/player"
	"semblance/simulator/clock"
)

// everything is a scenario with every kind of step that draws values.
const everything = `
name: Everything
seed: 7
cast:
  ada: {kind: patient}
  bob: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {send: booking.created, about: visit}
  - shuffle:
      - {send: patient.created, about: ada}
      - {send: patient.created, about: bob}
      - {send: invoice.created}
      - {send: invoice.paid}
  - parallel:
      - {send: booking.updated, again: {copies: 3, as: retry, together: true}}
      - repeat: {times: 3, steps: [{send: lab.created}, {wait: 1ms}]}
      - {do: merge, about: {source: bob, target: ada}}
      - traffic: {events: 40, in-flight: 8}
      - {send: prescription.created, fault: {transport: reset}, deliver: with-retries, expect: {status: 2xx}}
  - traffic: {events: 100, in-flight: 16, types: ["booking.*", "invoice.*"]}
  - {send: booking.deleted, about: visit}
`

// transcript plays a scenario at a fixed time and returns the requests, each with its step and round.
func transcript(t *testing.T, target string, fixed *clock.FixedClock, seed int64, text string) string {
	t.Helper()
	var out bytes.Buffer
	result := play(t, player.Options{
		Target: target, At: noon, Clock: fixed, Transcript: &out, Seed: seed, HasSeed: true, RetryScale: 1e9,
	}, text)
	if code := result.ExitCode(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, outcomes(result))
	}
	var requests strings.Builder
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line struct {
			Step, Round string
			Request     json.RawMessage
		}
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&requests, "%s#%s %s\n", line.Step, line.Round, line.Request)
	}
	return requests.String()
}

func TestSameSeedAndTimeSameBytes(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	var fixed *clock.FixedClock
	app.now = func() time.Time { return fixed.Now() }
	run := func(seed int64) string {
		fixed = clock.Fixed(noon)
		return transcript(t, app.URL, fixed, seed, everything)
	}
	first := run(7)
	if n := strings.Count(first, "\n"); n != 1+4+4+3+1+40+2+100+1 {
		t.Errorf("the transcript has %d lines:\n%.3000s", n, first)
	}
	for range 3 {
		if again := run(7); again != first {
			t.Fatalf("two plays with the same seed and time differ:\n%s", firstDifference(first, again))
		}
	}
	if run(8) == first {
		t.Error("different seeds send the same bytes")
	}
}

func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return left[i] + "\n" + right[i]
		}
	}
	return "one is longer"
}

func TestStepsAreIndependent(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.now = func() time.Time { return noon }
	scenario := func(second string) string {
		return transcript(t, app.URL, nil, 1, "name: Edited\nsteps:\n  - {send: booking.created}\n  - "+second+"\n  - {send: invoice.created}\n")
	}
	one, two := strings.Split(scenario("{send: booking.updated}"), "\n"), strings.Split(scenario("{send: patient.created}"), "\n")
	if one[0] != two[0] || one[2] != two[2] {
		t.Errorf("a different second step changed the first or the third:\n%s\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"))
	}
}

// The eventIds of a process share their random bytes and differ in the counter, as those of the provider do.
func TestEventIDsOfOneProcess(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	var out bytes.Buffer
	repeat := "name: Rounds\nsteps:\n  - repeat: {times: 3, steps: [{repeat: {times: 4, steps: [{send: lab.created}]}}, {send: letter.created, again: {copies: 2, as: retry}}]}\n"
	p, err := player.New(player.Options{Target: app.URL, Transcript: &out, RetryScale: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, text := range []string{everything, repeat} {
		if err := p.Play(t.Context(), parse(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	random := ""
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line struct{ Request struct{ EventID string } }
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		id := line.Request.EventID
		if ids[id] {
			t.Errorf("two requests have the eventId %s", id)
		}
		ids[id] = true
		if random == "" {
			random = id[8:18]
		}
		if id[8:18] != random {
			t.Errorf("the eventId %s has other random bytes than %s", id, random)
		}
	}
	if want := 1 + 4 + 4 + 3 + 1 + 40 + 2 + 100 + 1 + 3*(4+3); len(ids) != want {
		t.Errorf("%d eventIds, want %d", len(ids), want)
	}
}
