package check_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stripe/stripe-go/v82/webhook"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// A receiver that verifies with Stripe's library for Go fails no MUST. It accepts signatures from the future and a second t before the
// right one, as its authors decided.
func TestStripe(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = webhook.ValidatePayload(body, r.Header.Get(signature.HeaderName), simulator.DefaultSecret.Reveal())
		}
		var event struct{ EventType string }
		if err == nil {
			err = json.Unmarshal(body, &event)
		}
		if err != nil || r.Method != http.MethodPost {
			http.Error(w, "refused", http.StatusBadRequest)
		}
	}))
	defer server.Close()
	testStripe(t, server.URL)
}

// testStripe checks a receiver that verifies with a library of Stripe.
func testStripe(t *testing.T, url string) {
	t.Helper()
	r := run(t, url, nil)
	explained := map[string]bool{"AGE-03": true, "LEAK-04": true}
	for _, c := range r.Checks {
		if c.Outcome != scenarios.Passed && c.Outcome != scenarios.Skipped && !explained[c.ID] {
			t.Errorf("%s is %s", c.ID, c.Outcome)
		}
	}
	if r.ExitCode() != 0 {
		t.Error(text(t, r))
	}
}
