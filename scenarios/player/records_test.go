package player_test

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	"semblance/scenarios/player"
)

// Records can be read while branches run whose rounds are not planned in advance.
func TestRecord(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	var p *player.Player
	var unknown atomic.Int64
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Identifiers map[string]string }
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			t.Error(err)
		}
		for _, id := range event.Identifiers {
			var record struct{ ID string }
			if encoded, ok := p.Record(id); !ok || json.Unmarshal(encoded, &record) != nil || record.ID != id {
				unknown.Add(1)
			}
		}
	})
	p, err := player.New(player.Options{Target: app.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = p.Play(t.Context(), parse(t, `
name: Records
cast:
  ada: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {send: booking.created, about: visit}
  - parallel:
      - {repeat: {times: 1001, steps: [{send: booking.created}]}}
      - {repeat: {times: 1001, steps: [{do: arrive}]}}
  - {traffic: {events: 200, types: ["booking.*"]}}
`))
	if result := p.Result(); err != nil || !result.Passed() {
		t.Fatalf("got error %v and outcomes %s", err, outcomes(result))
	}
	if n := unknown.Load(); n > 0 {
		t.Errorf("%d identifiers have no record", n)
	}
	if _, ok := p.Record("507f1f77bcf86cd799439012"); ok {
		t.Error("got a record for an unknown id")
	}
}
