package provider

import (
	"context"
	"slices"
	"time"

	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// FaultPlan spoils attempts to one subscription: the next so many of them, or a share of all that is drawn from the
// seed.
type FaultPlan struct {
	ID             string
	SubscriptionID string
	Fault          string  // such as "signature=stale,age=400s"
	Next           int     // how many attempts it will yet spoil; 0 where Share is set
	Share          float64 // from 0 to 1
}

// plan is a FaultPlan with its fault made ready.
type plan struct {
	FaultPlan
	fault *fault.Fault
}

func (f *plan) record(at time.Time, cleared bool) *journal.Fault {
	return &journal.Fault{At: at, ID: f.ID, SubscriptionID: f.SubscriptionID, Fault: f.Fault, Remaining: f.Next, Share: f.Share, Cleared: cleared}
}

// SetFault spoils attempts to the subscription as the plan says, beside what spoils them already: each attempt has the
// first plan that takes it. The plan returned has its ID and its fault in canonical text.
func (p *Provider) SetFault(ctx context.Context, f FaultPlan) (FaultPlan, error) {
	parsed, err := fault.Parse(f.Fault)
	if err != nil {
		return f, refuseBecause(CodeFault, "fault", err)
	}
	switch {
	case f.Next < 0 || f.Share < 0 || f.Share > 1 || f.Share != f.Share:
		return f, refuse(CodeFault, "fault", "a fault spoils the next attempts, at least 1, or a share of them from 0 to 1")
	case (f.Next > 0) == (f.Share > 0):
		return f, refuse(CodeFault, "fault", "say either how many of the next attempts the fault spoils, or which share of all")
	}
	if s, ok := p.Subscription(f.SubscriptionID); ok {
		if err := p.mayBother(ctx, s, "faults go"); err != nil {
			return f, err
		}
	}
	_, err = p.alter(ctx, f.SubscriptionID, func(c *commit, s *subscriber) error {
		now := p.clock.Now()
		f.ID, f.Fault = p.ids.New(now).String(), parsed.String()
		set := &plan{FaultPlan: f, fault: parsed}
		s.faults = append(s.faults, set)
		c.records = append(c.records, set.record(now, false))
		return nil
	})
	return f, err
}

// ClearFaults ends the faults set for the subscription.
func (p *Provider) ClearFaults(ctx context.Context, subscriptionID string) error {
	p.stage.RLock()
	defer p.stage.RUnlock()
	p.mu.Lock()
	s, ok := p.subscribers[subscriptionID]
	if !ok {
		p.mu.Unlock()
		return refuse(CodeNotFound, "id", "there is no subscription %q", subscriptionID)
	}
	c := newCommit()
	p.clearFaults(c, s, p.clock.Now())
	p.submit(c)
	p.mu.Unlock()
	return c.wait(ctx)
}

func (p *Provider) clearFaults(c *commit, s *subscriber, now time.Time) {
	for _, f := range s.faults {
		c.records = append(c.records, f.record(now, true))
	}
	s.faults = nil
}

// Faults returns the faults set for the subscription, in the order in which they were set.
func (p *Provider) Faults(subscriptionID string) []FaultPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.subscribers[subscriptionID]
	if s == nil {
		return nil
	}
	all := make([]FaultPlan, len(s.faults))
	for i, f := range s.faults {
		all[i] = f.FaultPlan
	}
	return all
}

// spoil decides which fault the next attempt has, if any, and what must be recorded of it.
func (p *Provider) inject(s *subscriber, at time.Time) (*fault.Fault, *journal.Fault) {
	for i, f := range s.faults {
		if f.Next > 0 {
			f.Next--
			spent := f.Next == 0
			if spent {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return f.fault, f.record(at, spent)
		}
		s.drawn++
		if share(p.seed, s.ordinal, s.drawn) < f.Share {
			return f.fault, nil
		}
	}
	return nil, nil
}

// share is a number in [0, 1) that follows from the seed, the subscription and how many were drawn before.
func share(seed uint64, ordinal int, n uint64) float64 {
	return float64(splitmix.Mix(seed^splitmix.Mix(uint64(ordinal)<<40^n))>>11) / (1 << 53)
}

// mayBother refuses faults and traffic towards an address that is neither loopback nor private: a stranger's receiver
// must not be tormented by mistake. Where the name does not resolve, that is for the attempt to find out; what it
// resolves to then is checked once more.
func (p *Provider) mayBother(ctx context.Context, s simulator.Subscription, what string) error {
	if p.options.AllowPublic || s.Deleted {
		return nil
	}
	if local, err := delivery.LeadsToLocal(ctx, s.URL); local || err != nil {
		return nil
	}
	return refuse(CodePublic, "url", "%s to loopback and private addresses alone, and the subscription %s is at %s; allow public addresses if it is yours", what, s.ID, s.URL)
}
