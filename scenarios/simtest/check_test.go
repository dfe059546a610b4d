package simtest_test

import (
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
