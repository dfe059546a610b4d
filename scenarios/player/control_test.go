package player_test

import (
	"net/http"
	"strings"
	"testing"

	"semblance/scenarios/player"
	"semblance/scenarios/script"
)

// The first right event that must be accepted is the control. If it is refused or not answered, the run ends; nothing extra
// is sent.
func TestControl(t *testing.T) {
	t.Parallel()
	const text = `
name: Control
steps:
  - {send: booking.created, fault: {signature: tampered}, must: refused}
  - {send: booking.created, expect: {status: any}}
  - {send: booking.created, body: {style: spaced}, expect: {status: 2xx}}
  - {send: booking.created}
  - {send: booking.updated}
`
	for _, test := range []struct {
		status int
		want   string
	}{
		{202, "1 passed\n2 passed\n3 passed\n4 passed\n5 passed"},
		{500, "1 passed\n2 passed\n3 failed [status: expected 2xx, got 500]\n4 failed [status: expected 2xx, got 500]\n5 failed [status: expected 2xx, got 500]"},
		{401, "1 passed\n2 passed\n3 failed [status: expected 2xx, got 401]\n4 failed [status: expected 2xx, got 401]\n5 not run"},
		{302, "1 passed\n2 passed\n3 failed [status: expected 2xx, got 302]\n4 failed [status: expected 2xx, got 302]\n5 not run"},
	} {
		app := newApplication(t)
		app.respond = func(w http.ResponseWriter, _ int) bool {
			w.WriteHeader(test.status)
			return true
		}
		all := []*script.Scenario{parse(t, text), parse(t, text)}
		result, err := player.PlayAll(t.Context(), player.Options{Target: app.URL, Control: true}, all)
		if err != nil {
			t.Fatal(err)
		}
		wantOutcomes(t, *result, test.want)
		stopped := strings.HasSuffix(test.want, "not run")
		if (result.Stopped != "") != stopped || stopped && (len(result.Scenarios) != 1 || !strings.HasSuffix(result.Stopped, "nor 1 scenario")) {
			t.Errorf("%d: %q, %d scenarios", test.status, result.Stopped, len(result.Scenarios))
		}
	}
}
