package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"semblance/fixtures"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// maxAtOnce is the number of events of the traffic that are committed together when it is late.
const maxAtOnce = 512

// roomInterval is the simulated time after which traffic looks again whether the journal has room.
const roomInterval = time.Second

// DefaultRate is the number of events per second of the traffic: a large practice.
const DefaultRate = 1.0

// TrafficOptions are the settings of the traffic.
type TrafficOptions struct {
	Rate  float64  // events per second of simulated time; 0 is DefaultRate
	Types []string // patterns of event types; nil for all that the practice can send
	Count int      // the traffic ends after so many events; 0 for never

	// Profile is the mix of the events; "" is [fixtures.Everyday].
	Profile fixtures.Profile
}

// TrafficStatus is the state of the traffic, or of the last one after it has ended.
type TrafficStatus struct {
	Running bool
	Rate    float64
	Types   []string // full names; none for all
	Profile fixtures.Profile
	Count   int
	Made    int
	Since   time.Time
}

// traffic is the traffic of the state.
type traffic struct {
	TrafficStatus
	begin  time.Time // due time of its first event; later by the length of interruptions
	timer  *timer    // of its next event; nil until it is needed
	before int       // events that the clinic's traffic had made before this one began
}

// trafficSetting is the running traffic in the journal.
type trafficSetting struct {
	Rate    float64          `json:"rate"`
	Types   []string         `json:"types,omitempty"`
	Profile fixtures.Profile `json:"profile"`
	Count   int              `json:"count,omitempty"`
	Since   time.Time        `json:"since"`
	Before  int              `json:"before,omitempty"`
}

// apply begins or ends the traffic. made is the number of events that the clinic's traffic has made, ever.
func (t *traffic) apply(r *journal.Setting, made int) error {
	if r.Removed {
		t.Running = false
		return nil
	}
	var s trafficSetting
	if err := json.Unmarshal(r.Value, &s); err != nil {
		return err
	}
	*t = traffic{before: s.Before, TrafficStatus: TrafficStatus{
		Running: true, Rate: s.Rate, Types: s.Types, Profile: s.Profile, Count: s.Count, Since: s.Since, Made: made - s.Before,
	}}
	return nil
}

// StartTraffic lets the clinic act by itself: the n-th event happens at the start plus n divided by the rate, however slow
// the receivers are. It runs until it is stopped or has made its count. After a restart it continues where it was and does
// not make up for the time in between.
func (p *Provider) StartTraffic(ctx context.Context, o TrafficOptions) error {
	if o.Rate == 0 {
		o.Rate = DefaultRate
	}
	if o.Rate < 0 || math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0) {
		return refuse(CodeSetting, "rate", "traffic of %v events per second is not possible; the rate must be positive", o.Rate)
	}
	if o.Count < 0 {
		return refuse(CodeSetting, "count", "traffic of %d events is not possible; the count must not be negative", o.Count)
	}
	if o.Profile == "" {
		o.Profile = fixtures.Everyday
	}
	names, err := namesOf(o.Types)
	if err != nil {
		return err
	}
	for _, s := range p.Subscriptions(false) {
		if err := p.checkPublic(ctx, s, simulator.KindTraffic); err != nil {
			return err
		}
	}
	return p.command(ctx, func(c *commit) error {
		if p.state.traffic.Running {
			return refuse(CodeTrafficRunning, "traffic", "traffic is running already, at %v events per second; stop it first", p.state.traffic.Rate)
		}
		now := p.Now()
		trial := clinic{}
		trial.initialize(p.state.clinic.options)
		if _, err := trial.stream(step{Types: names, Profile: o.Profile, At: now}); err != nil {
			return err
		}
		setting, err := json.Marshal(trafficSetting{Rate: o.Rate, Types: names, Profile: o.Profile, Count: o.Count, Since: now, Before: p.state.clinic.made})
		if err != nil {
			return fmt.Errorf("encoding the traffic: %w", err)
		}
		c.add(&journal.Setting{At: now, Key: trafficKey, Value: setting})
		return nil
	})
}

// StopTraffic ends the traffic, if it is running. The deliveries of its events continue.
func (p *Provider) StopTraffic(ctx context.Context) (TrafficStatus, error) {
	err := p.command(ctx, func(c *commit) error {
		if p.state.traffic.Running {
			c.add(p.endOfTraffic())
		}
		return nil
	})
	return p.Traffic(), err
}

func (p *Provider) endOfTraffic() *journal.Setting {
	return &journal.Setting{At: p.Now(), Key: trafficKey, Removed: true}
}

// Traffic returns the status of the traffic.
func (p *Provider) Traffic() TrafficStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.traffic.TrafficStatus
}

// due returns when the n-th event happens, from 0.
func (t *traffic) due(n int) time.Time { return t.begin.Add(t.after(n)) }

// after returns the time from the first event to the n-th.
func (t *traffic) after(n int) time.Duration {
	return time.Duration(math.Round(float64(n) / t.Rate * float64(time.Second)))
}

// scheduleTraffic schedules the next event of the traffic if there is traffic and none is scheduled. The first event is
// due at once, or, if the traffic has made some before it was interrupted, the next as if the last of them had happened
// now.
func (p *Provider) scheduleTraffic() {
	t := &p.state.traffic
	switch {
	case !t.Running:
		p.agenda.cancel(t.timer)
	case t.timer == nil && !p.idle():
		t.begin = p.Now().Add(-t.after(max(t.Made-1, 0)))
		t.timer = &timer{do: p.tick}
		p.agenda.set(t.timer, t.due(t.Made))
	}
}

// tick makes the events of the traffic that are due and schedules the next.
func (p *Provider) tick(now time.Time) {
	t := &p.state.traffic
	if p.outbox.recovery != nil {
		t.timer = nil // it is scheduled when the journal works again
		return
	}
	n := 0
	for n < maxAtOnce && (t.Count == 0 || t.Made+n < t.Count) && !t.due(t.Made+n).After(now) {
		n++
	}
	next := func() {
		if t.Running {
			p.agenda.set(t.timer, t.due(t.Made))
		}
	}
	if n == 0 {
		next()
		return
	}
	taken := step{Types: t.Types, Profile: t.Profile, Count: n, Auto: true}
	if most := p.state.maxRecipients(taken); most > 0 {
		taken.Count = min(n, p.room()/most)
	}
	if taken.Count == 0 {
		p.agenda.set(t.timer, now.Add(roomInterval))
		return
	}
	taken.From, taken.At = t.due(t.Made), t.due(t.Made+taken.Count-1)
	c, _, err := p.takeSteps([]request{{origin: originTraffic, step: taken, unchecked: true}})
	if err != nil {
		p.log.Error("traffic stopped", "error", err)
		p.submit(&commit{records: []journal.Record{p.endOfTraffic()}})
		return
	}
	t.Made += taken.Count
	if t.Count > 0 && t.Made >= t.Count {
		c.add(p.endOfTraffic())
	}
	c.then = next
	p.submit(c)
}
