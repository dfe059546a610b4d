package provider

import (
	"context"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// Emission is what was acknowledged: a change, and what it made the provider owe. The records are the journal's; they
// are shared, so nobody changes them.
type Emission struct {
	Event      *journal.Event
	Deliveries []*journal.Delivery
}

// Deliver makes the provider owe the changes to whoever subscribed to their types. It returns once that is committed to
// the journal: all of them, or none. origin says in a word who made them happen. When ctx is done before, they are not
// acknowledged, and may be delivered all the same; so it is with everything here that commits.
func (p *Provider) Deliver(ctx context.Context, origin string, changes ...schemas.Event) ([]Emission, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	p.mu.Lock()
	if p.closing {
		p.mu.Unlock()
		return nil, errClosing()
	}
	c := newCommit()
	emissions := make([]Emission, len(changes))
	for i, change := range changes {
		emissions[i] = p.owe(c, change, origin)
	}
	p.submit(c)
	p.mu.Unlock()
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	return emissions, nil
}

func errClosing() error {
	return refuse(CodeClosed, "", "the provider is closing and takes nothing new")
}

// owed is a delivery that is not finished.
type outstanding struct {
	simulator.Delivery
	fact      *fact
	to        *subscriber
	order     uint64    // among all deliveries of this provider
	place     place     // where it waits
	ring      *entry    // in the agenda, while it waits on the ladder
	history   []Outcome // since it was queued, or queued again
	attempts  int       // in all
	status    int       // what the last attempt was answered, 0 without an answer
	firstAt   time.Time // when the first attempt was made
	committed bool      // it is in the journal: it may be tried
	void      bool      // it is owed no more: whoever finds it leaves it alone
	byHand    int       // attempts by hand under way, where it is not owed
}

// place is where a delivery that is owed waits.
type place int

const (
	onQueue          place = iota // for its turn
	underRetryPolicy              // for its time
	onFlight                      // for its answer
	onHold                        // for its subscription to be resumed
)

// owe adds a change and its deliveries to the commit and queues them. They are tried once they are committed.
func (p *Provider) owe(c *commit, change schemas.Event, origin string) Emission {
	at := p.clock.Now()
	e := Emission{Event: &journal.Event{Event: change, At: at, Origin: origin}}
	c.records = append(c.records, e.Event)
	var eventID string
	if p.options.EventIDs == PerEvent {
		eventID = p.ids.New(at).String()
	}
	f := &fact{restricted: origin == originTraffic}
	for _, s := range p.byType[change.Type.Name] {
		d := &journal.Delivery{
			Delivery:      simulator.Delivery{ID: p.ids.New(at).String(), SubscriptionID: s.sub.ID, Event: change, CreatedAt: at, EventID: eventID},
			DeliveryState: journal.DeliveryState{State: journal.Pending, Due: at},
		}
		c.records = append(c.records, d)
		e.Deliveries = append(e.Deliveries, d)
		o := &outstanding{Delivery: d.Delivery, fact: f, to: s}
		switch {
		case !s.sub.DeliveryPaused:
			p.count(o)
			s.enqueue(o)
		case p.options.WhilePaused == KeepWhilePaused:
			d.DeliveryState = journal.DeliveryState{State: journal.Held}
			o.place = onHold
			p.count(o)
		default:
			d.DeliveryState = journal.DeliveryState{State: journal.Dropped}
			continue
		}
		c.outstanding = append(c.outstanding, o)
	}
	return e
}

// count counts a delivery among those that are owed.
func (p *Provider) count(o *outstanding) {
	p.deliveries++
	o.order = p.deliveries
	o.to.outstanding[o.ID] = o
	p.unfinished++
}

// settle takes a delivery out of those that are owed. It is counted as settled when the commit is made.
func (p *Provider) settle(c *commit, o *outstanding) {
	o.void = true
	p.timetable.remove(o.ring)
	delete(o.to.outstanding, o.ID)
	c.settled++
}

// retract undoes owe for deliveries that could not be committed, and lets those behind them have their turn.
func (p *Provider) retract(all []*outstanding) {
	for _, o := range all {
		if !o.void {
			o.void = true
			delete(o.to.outstanding, o.ID)
			p.unfinished--
		}
		p.wakeAll(o.to)
	}
}
