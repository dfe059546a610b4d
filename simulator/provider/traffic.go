package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"semblance/schemas"
	"semblance/simulator/journal"
)

// mostAtOnce is how many changes of the traffic are committed together when it has fallen behind.
const mostAtOnce = 512

// TrafficOptions say how the clinic goes about its day.
type TrafficOptions struct {
	Rate  float64  // changes a second, by the simulated clock; 0 is DefaultRate
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
	begin time.Time // when its first change happened, or would have if it had not been interrupted
	next  *entry
}

// day is what the journal keeps of the traffic while it runs.
type day struct {
	Rate   float64   `json:"rate"`
	Types  []string  `json:"types,omitempty"`
	Count  int       `json:"count,omitempty"`
	Since  time.Time `json:"since"`
	Before int       `json:"before,omitempty"` // what the traffic had made before this one began
}

const trafficKey = "traffic"

// StartTraffic lets the clinic go about its day: the n-th change happens at the start plus n divided by the rate,
// however long receivers take. What happens is journalled and owed as if it had been asked for. It runs until it is
// stopped or has made its count, also after a restart: then it goes on where it was, and makes up for no lost time.
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
		if err := p.mayBother(ctx, s, "traffic goes"); err != nil {
			return err
		}
	}
	p.stage.RLock()
	defer p.stage.RUnlock()
	c, err := p.beginTraffic(TrafficStatus{Running: true, Rate: o.Rate, Types: names, Count: o.Count})
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

func (p *Provider) beginTraffic(s TrafficStatus) (*commit, error) {
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	if _, err := p.clinic.stream(s.Types); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closing:
		return nil, errClosing()
	case p.traffic.Running:
		return nil, refuse(CodeTrafficRunning, "traffic", "traffic runs already, at %v changes a second; stop it first", p.traffic.Rate)
	}
	s.Since = p.clock.Now()
	data, err := json.Marshal(day{Rate: s.Rate, Types: s.Types, Count: s.Count, Since: s.Since, Before: p.clinic.made})
	if err != nil {
		return nil, fmt.Errorf("writing down the traffic: %w", err)
	}
	c := newCommit()
	c.records = append(c.records, &journal.Setting{At: s.Since, Key: trafficKey, Value: data})
	p.submit(c)
	p.traffic = &traffic{TrafficStatus: s}
	p.goOn(p.traffic)
	return c, nil
}

// restoreTraffic brings back traffic that was running.
func (p *Provider) restoreTraffic(r *journal.Setting) error {
	if r.Key != trafficKey {
		return nil
	}
	var d day
	if err := json.Unmarshal(r.Value, &d); err != nil {
		return fmt.Errorf("setting %s: %w", r.Key, err)
	}
	p.traffic = &traffic{TrafficStatus: TrafficStatus{
		Running: true, Rate: d.Rate, Types: d.Types, Count: d.Count, Since: d.Since, Made: p.clinic.made - d.Before,
	}}
	return nil
}

// goOn lets the changes of the traffic happen as its rate says: the first at once, or, where it has made some already, the
// next as if the last of them had happened now.
func (p *Provider) goOn(t *traffic) {
	t.begin = p.clock.Now().Add(-t.after(max(t.Made-1, 0)))
	t.next = p.schedule(t.when(t.Made), func(now time.Time) { p.tick(t, now) })
}

// endTraffic ends the traffic for good.
func (p *Provider) endTraffic(t *traffic) {
	if !t.Running {
		return
	}
	t.Running = false
	p.timetable.remove(t.next)
	p.submit(&commit{records: []journal.Record{&journal.Setting{At: p.clock.Now(), Key: trafficKey, Removed: true}}})
	p.notify()
}

// StopTraffic ends the traffic, if there is any. What it has made stays owed.
func (p *Provider) StopTraffic() TrafficStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endTraffic(p.traffic)
	return p.traffic.TrafficStatus
}

// Traffic returns how the traffic gets on, or got on when it last ran.
func (p *Provider) Traffic() TrafficStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic.TrafficStatus
}

// when returns when the n-th change happens, from 0.
func (t *traffic) when(n int) time.Time { return t.begin.Add(t.after(n)) }

// after returns how long after the first change the n-th happens.
func (t *traffic) after(n int) time.Duration {
	return time.Duration(math.Round(float64(n) / t.Rate * float64(time.Second)))
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
			if c, _, err = p.enact(step{Types: t.Types, Next: due, Daily: true}, originTraffic, nil); err == nil {
				err = c.wait(ctx)
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ticked(t, due, err)
	})
}

func (p *Provider) ticked(t *traffic, made int, err error) {
	if p.closing {
		return // it goes on after the next start
	}
	if err != nil {
		p.log.Error("traffic stopped", "error", err)
		p.endTraffic(t)
		return
	}
	t.Made += made
	if t.Count > 0 && t.Made >= t.Count {
		p.endTraffic(t)
	}
	if t.Running {
		t.next = p.schedule(t.when(t.Made), func(now time.Time) { p.tick(t, now) })
	}
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
