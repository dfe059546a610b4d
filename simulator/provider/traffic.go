package provider

import (
	"context"
	"math"
	"time"

	"semblance/schemas"
)

// mostAtOnce is how many changes of the traffic are committed together when it has fallen behind.
const mostAtOnce = 512

// TrafficOptions say how the clinic goes about its day.
type TrafficOptions struct {
	Rate  float64  // changes a second, by the story's clock; 0 is DefaultRate
	Types []string // patterns of event types; nil for all that the practice does
	Count int      // it ends after so many; 0 for never
}

// DefaultRate is how many changes a second the traffic makes unless it is told otherwise: a large practice.
const DefaultRate = 1.0

// TrafficStatus is how the traffic gets on.
type TrafficStatus struct {
	Running bool
	Rate    float64
	Types   []string // full names; none for all
	Count   int
	Made    int
	Since   time.Time
}

type traffic struct {
	TrafficStatus
	next *entry
}

// StartTraffic lets the clinic go about its day: the n-th change happens at the start plus n divided by the rate,
// however long receivers take. What happens is journalled and owed as if it had been asked for.
func (p *Provider) StartTraffic(ctx context.Context, o TrafficOptions) error {
	if o.Rate == 0 {
		o.Rate = DefaultRate
	}
	if o.Rate < 0 || math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0) {
		return refuse(CodeSetting, "rate", "the rate of the traffic cannot be %v changes a second; it must be positive", o.Rate)
	}
	if o.Count < 0 {
		return refuse(CodeSetting, "count", "the traffic cannot end after %d changes", o.Count)
	}
	names, err := namesOf(o.Types)
	if err != nil {
		return err
	}
	for _, s := range p.Subscriptions(false) {
		if err := p.mayBother(ctx, s, "traffic"); err != nil {
			return err
		}
	}
	p.clinic.mu.Lock()
	_, err = p.clinic.stream(names)
	p.clinic.mu.Unlock()
	if err != nil {
		return err
	}
	p.stage.RLock()
	defer p.stage.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closing:
		return errClosing()
	case p.traffic.Running:
		return refuse(CodeTrafficRunning, "traffic", "traffic runs already, at %v changes a second; stop it first", p.traffic.Rate)
	}
	t := &traffic{TrafficStatus: TrafficStatus{Running: true, Rate: o.Rate, Types: names, Count: o.Count, Since: p.clock.Now()}}
	p.traffic = t
	t.next = p.schedule(t.Since, func(now time.Time) { p.tick(t, now) })
	return nil
}

// StopTraffic ends the traffic, if there is any. What it has made stays owed.
func (p *Provider) StopTraffic() TrafficStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.traffic.Running = false
	p.agenda.remove(p.traffic.next)
	p.notify()
	return p.traffic.TrafficStatus
}

// Traffic returns how the traffic gets on, or got on when it last ran.
func (p *Provider) Traffic() TrafficStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic.TrafficStatus
}

// when returns when the n-th change happens, from 0.
func (t *traffic) when(n int) time.Time {
	return t.Since.Add(time.Duration(math.Round(float64(n) / t.Rate * float64(time.Second))))
}

// tick makes the changes whose time has come, and comes back for the next.
func (p *Provider) tick(t *traffic, now time.Time) {
	due := 0
	for due < mostAtOnce && (t.Count == 0 || t.Made+due < t.Count) && !t.when(t.Made+due).After(now) {
		due++
	}
	p.job(func(ctx context.Context) {
		var err error
		if due > 0 {
			var c *commit
			if c, _, err = p.enact(step{Types: t.Types, Next: due}, originTraffic, nil); err == nil {
				err = c.wait(ctx)
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ticked(t, due, err)
	})
}

func (p *Provider) ticked(t *traffic, made int, err error) {
	if err != nil && !p.closing {
		p.log.Error("traffic stopped", "error", err)
		t.Running = false
	} else {
		t.Made += made
	}
	if t.Count > 0 && t.Made >= t.Count {
		t.Running = false
	}
	if !t.Running || p.closing {
		p.notify()
		return
	}
	t.next = p.schedule(t.when(t.Made), func(now time.Time) { p.tick(t, now) })
}

// namesOf returns the full names of the event types that the patterns name, or nil for none.
func namesOf(patterns []string) ([]string, error) {
	types, err := schemas.MatchAny(patterns)
	if err != nil {
		return nil, refuseBecause(CodeEventType, "types", err)
	}
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names, nil
}
