package player_test

import (
	"testing"

	"semblance/scenarios/player"
)

// The error of an impossible action uses the names of the scenario and has a hint.
func TestImpossibleActions(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, `
name: Twice
cast: {bill: {kind: invoice}}
steps:
  - repeat: {times: 2, steps: [{do: delete-invoice, about: bill}]}
  - {do: add-recurring}
`), `
1 failed
1.1 failed [step: expected the step to be played, got delete-invoice: invoice bill was deleted]
2 failed [step: expected the step to be played, got add-recurring: availability.recurring.created belongs to the older appointment system; this practice uses the newer one; use --appointments older]`)
}

// A step that refers to the last event is skipped if none was sent, like a step that needs a capture.
func TestNoEventSent(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	wantOutcomes(t, play(t, player.Options{Target: app.URL, Select: player.Selection{Only: "2"}}, `
name: Alone
steps:
  - {send: booking.created}
  - request: {raw: "${request.eventId}"}
`), `
1 skipped (not selected by --only 2)
2 skipped (no event was sent before this step)`)
}

// A missing environment variable is an error before anything is sent, if a selected step needs it.
func TestMissingVariable(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	scenario := parse(t, "name: Variable\nsteps:\n  - {send: booking.created}\n  - {send: booking.created, expect: {headers: {X-Say: \"${env.SAY}\"}}}\n")
	for only, want := range map[string]string{"": "scenario.yaml:4:56: the environment variable SAY is not set", "1": ""} {
		p, err := player.New(player.Options{Target: app.URL, Select: player.Selection{Only: only}})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.Play(t.Context(), scenario); want != "" && (err == nil || err.Error() != want || len(app.received()) > 0) || want == "" && err != nil {
			t.Errorf("--only %q: got %v, want %q, with %d events sent", only, err, want, len(app.received()))
		}
		app.mu.Lock()
		app.types = nil
		app.mu.Unlock()
	}
}
