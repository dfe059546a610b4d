package provider

import (
	"testing"

	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// Attempts with a fault and events of the traffic may go to loopback and private addresses only, so they have a sender of
// their own. Nothing is sent here.
func TestSenderFor(t *testing.T) {
	t.Parallel()
	p, err := prepare(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	tampered, err := fault.Parse("signature=tampered")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		task       task
		faulty     bool
		restricted bool
	}{
		"requested":            {task{origin: originAPI}, false, false},
		"requested, faulty":    {task{origin: originAPI, fault: &faultPlan{fault: tampered}}, true, true},
		"traffic":              {task{origin: originTraffic}, false, true},
		"traffic, faulty":      {task{origin: originTraffic}, true, true},
		"not in the journal":   {task{delivery: &journal.Delivery{EventSeq: 7}}, false, true},
		"not restored, faulty": {task{delivery: &journal.Delivery{}}, true, true},
	} {
		if test.task.delivery == nil {
			test.task.delivery = &journal.Delivery{}
		}
		if got := p.senderFor(t.Context(), &test.task, test.faulty); (got == p.senders.restricted) != test.restricted {
			t.Errorf("%s: the restricted sender: %v, want %v", name, got == p.senders.restricted, test.restricted)
		}
	}
}
