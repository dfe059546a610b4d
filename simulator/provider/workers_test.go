package provider

import (
	"testing"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// Events of the traffic, and those whose origin is unknown, are requests that public addresses do not get.
func TestKind(t *testing.T) {
	t.Parallel()
	p, err := prepare(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	for name, test := range map[string]struct {
		task task
		want simulator.Kind
	}{
		"requested":          {task{origin: originAPI}, simulator.KindEvent},
		"traffic":            {task{origin: originTraffic}, simulator.KindTraffic},
		"not in the journal": {task{delivery: &journal.Delivery{EventSeq: 7}}, simulator.KindTraffic},
		"without an event":   {task{delivery: &journal.Delivery{}}, simulator.KindEvent},
	} {
		if test.task.delivery == nil {
			test.task.delivery = &journal.Delivery{}
		}
		if got := p.kind(t.Context(), &test.task); got != test.want {
			t.Errorf("%s: got kind %q, want %q", name, got, test.want)
		}
	}
}
