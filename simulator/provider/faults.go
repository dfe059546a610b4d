package provider

import (
	"context"
	"slices"
	"time"

	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// FaultPlan injects a fault into attempts to a subscription: into the next ones, or into a share of all, which follows
// from the seed.
type FaultPlan struct {
	ID             string
	SubscriptionID string
	Fault          string  // such as "signature=stale,age=400s"
	Next           int     // remaining attempts; 0 if Share is set
	Share          float64 // from 0 to 1
}

// faultPlan is a FaultPlan of the state.
type faultPlan struct {
	FaultPlan
	fault    *fault.Fault
	inFlight int // attempts in flight that have the fault, if it counts attempts
}

func (f *faultPlan) record(at time.Time, cleared bool) *journal.Fault {
	return &journal.Fault{At: at, ID: f.ID, SubscriptionID: f.SubscriptionID, Fault: f.Fault, Remaining: f.Next, Share: f.Share, Cleared: cleared}
}

// SetFault adds a plan to those that the subscription has. An attempt gets the fault of the first plan that applies to it.
// The plan returned has its ID and its fault in canonical form.
func (p *Provider) SetFault(ctx context.Context, f FaultPlan) (FaultPlan, error) {
	parsed, err := fault.ParsePlanned(f.Fault)
	if err != nil {
		return f, refuseBecause(CodeFault, "fault", err)
	}
	switch {
	case f.Next < 0 || f.Share < 0 || f.Share > 1 || f.Share != f.Share:
		return f, refuse(CodeFault, "fault", "a fault is injected into the next attempts, at least 1, or into a share of all from 0 to 1")
	case (f.Next > 0) == (f.Share > 0):
		return f, refuse(CodeFault, "fault", "give either the number of the next attempts that get the fault, or the share of all attempts")
	}
	if s, ok := p.Subscription(f.SubscriptionID); ok {
		if err := p.checkPublic(ctx, s, simulator.KindFault); err != nil {
			return f, err
		}
	}
	err = p.command(ctx, func(c *commit) error {
		if _, err := p.state.living(f.SubscriptionID); err != nil {
			return err
		}
		now := p.Now()
		f.ID, f.Fault = p.random.ids.New(now).String(), parsed.String()
		plan := faultPlan{FaultPlan: f}
		c.add(plan.record(now, false))
		return nil
	})
	return f, err
}

// ClearFaults removes the fault plans of a subscription.
func (p *Provider) ClearFaults(ctx context.Context, subscriptionID string) error {
	return p.command(ctx, func(c *commit) error {
		s := p.state.byID[subscriptionID]
		if s == nil {
			return noSubscription("id", subscriptionID)
		}
		for _, f := range s.faults {
			c.add(f.record(p.Now(), true))
		}
		return nil
	})
}

// Faults returns the fault plans of a subscription in the order in which they were set.
func (p *Provider) Faults(subscriptionID string) []FaultPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state.byID[subscriptionID]
	if s == nil {
		return nil
	}
	all := make([]FaultPlan, len(s.faults))
	for i, f := range s.faults {
		all[i] = f.FaultPlan
	}
	return all
}

// chooseFault returns the plan whose fault the next attempt of a delivery gets, or nil.
func (p *Provider) chooseFault(s *subscription, d *pending) *faultPlan {
	for _, f := range s.faults {
		switch {
		case !f.concerns(d):
		case f.Next > f.inFlight:
			return f
		case f.Share > 0:
			s.drawn++
			if share(p.random.seed, p.state.indexOf(s), s.drawn) < f.Share {
				return f
			}
		}
	}
	return nil
}

// indexOf returns the index of a subscription in the order of creation.
func (s *state) indexOf(of *subscription) int { return slices.Index(s.all, of) }

// share returns a number in [0, 1) that follows from the seed, the index of the subscription and the number of draws.
func share(seed uint64, subscription int, n uint64) float64 {
	return float64(splitmix.Mix(seed^splitmix.Mix(uint64(subscription)<<40^n))>>11) / (1 << 53)
}

// reserveFault notes that the attempt in flight uses one of the attempts of its plan. spendFault follows when it ends.
func (d *pending) reserveFault() {
	if f := d.plan(); f != nil {
		f.inFlight++
	}
}

// spendFault ends the reservation and returns the record of the attempts that remain, or nil.
func (d *pending) spendFault(at time.Time) *journal.Fault {
	f := d.plan()
	if f == nil {
		return nil
	}
	f.inFlight--
	r := f.record(at, f.Next == 1)
	r.Remaining--
	return r
}

// plan returns the plan of the attempt in flight, if it counts attempts and is still set.
func (d *pending) plan() *faultPlan {
	if d.task.fault == nil || d.task.fault.Share > 0 {
		return nil
	}
	for _, f := range d.subscription.faults {
		if f.ID == d.task.fault.ID {
			return f
		}
	}
	return nil
}

// checkPublic refuses requests of a kind that the subscription's receiver must not get because its address is public. The
// sender checks each request again.
func (p *Provider) checkPublic(ctx context.Context, s simulator.Subscription, kind simulator.Kind) error {
	if s.Deleted {
		return nil
	}
	if err := p.sender.Permits(ctx, s.URL, kind, 1); err != nil {
		return refuse(CodePublic, "url", "the subscription %s: %v", s.ID, err)
	}
	return nil
}
