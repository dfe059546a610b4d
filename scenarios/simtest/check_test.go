package simtest_test

import (
	"net/http"
	"strings"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/simtest"
	"semblance/simulator/receiver"
)

// Each selected check is a subtest; with a probe its effects are counted.
func TestCheck(t *testing.T) {
	t.Parallel()
	handler, err := receiver.New(receiver.Options{Secrets: []string{simtest.DefaultSecret}})
	if err != nil {
		t.Fatal(err)
	}
	sim := simtest.Start(t, handler)
	r := sim.Check(t, simtest.Checks("DLV-02", "DLV-04", "SIG-01"), simtest.Probe(func(id string) int {
		record, _ := handler.Record(id)
		return record.Changes
	}))
	for _, c := range r.Checks {
		if c.Outcome != scenarios.Passed {
			t.Errorf("%s is %s", c.ID, c.Outcome)
		}
	}
	if len(r.Checks) != 4 || r.Effects != scenarios.EffectsByProbe { // with the control
		t.Errorf("%d checks, effects by %q", len(r.Checks), r.Effects)
	}
}

// nameless removes the header of the reference receiver, which is known to query no API.
type nameless struct{ http.ResponseWriter }

func (n nameless) WriteHeader(status int) {
	n.Header().Del(receiver.HeaderName)
	n.ResponseWriter.WriteHeader(status)
}

func (n nameless) Write(data []byte) (int, error) {
	n.Header().Del(receiver.HeaderName)
	return n.ResponseWriter.Write(data)
}

// After sim.API() the queries of the receiver are its effects.
func TestCheckByQueries(t *testing.T) {
	t.Parallel()
	f := &fetcher{rows: map[string]row{}}
	right, err := receiver.New(receiver.Options{Secrets: []string{simtest.DefaultSecret}, Observe: func(r *receiver.Receipt) {
		if r.Outcome == receiver.Refused || r.Outcome == receiver.Duplicate {
			return
		}
		for _, id := range r.Event.Identifiers {
			if id.Name == "bookingId" {
				if err := f.fetch(id.Value, ""); err != nil {
					t.Errorf("the API does not know %s of %s: %v", id.Value, r.Event.EventType, err)
				}
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	sim := simtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { right.ServeHTTP(nameless{w}, r) }))
	f.url, f.token = sim.API().URL, sim.API().Token
	r := sim.Check(t, simtest.Checks("DLV-01", "DLV-02", "DLV-04", "DLV-05", "SIG-01"))
	for _, c := range r.Checks {
		if c.Outcome != scenarios.Passed {
			t.Errorf("%s is %s", c.ID, c.Outcome)
		}
	}
	if r.Effects != scenarios.EffectsByReader || !strings.Contains(r.Sentence(), "none of the 5 selected checks failed") {
		t.Errorf("effects by %q: %s", r.Effects, r.Sentence())
	}
}
