package provider

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"semblance/schemas/human"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// defaultWindow is the number of waiting deliveries of a subscription that are in memory.
const defaultWindow = 1000

// unlimited is the window for a journal that has all unfinished deliveries in memory itself.
const unlimited = math.MaxInt

// load returns the state that the journal holds.
func (p *Provider) load(ctx context.Context) (*state, error) {
	options := p.options.Clinic
	if options.At.IsZero() {
		options.At = p.Now()
	}
	s := newState(options, p.options.window)
	for _, kind := range []journal.Kind{journal.KindSubscription, journal.KindToken, journal.KindFault, journal.KindClinic, journal.KindSetting} {
		for r, err := range p.journal.Current(ctx, kind) {
			switch r := r.(type) {
			case nil:
			case *journal.Clinic:
				err = s.clinic.apply(r)
			default:
				err = s.apply(r, &commit{})
			}
			if err != nil {
				return nil, fmt.Errorf("reading the journal: %w", err)
			}
		}
	}
	s.clinic.Track()
	if err := p.loadDeliveries(ctx, s); err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return s, nil
}

// loadDeliveries loads the window of each subscription, and counts the deliveries beyond.
func (p *Provider) loadDeliveries(ctx context.Context, s *state) error {
	if s.window == unlimited {
		return p.loadAll(ctx, s)
	}
	backlogs, err := p.journal.Backlogs(ctx)
	if err != nil {
		return err
	}
	for id, n := range backlogs {
		if of := s.count(id, n); of != nil {
			if err := p.fill(ctx, s, of); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadAll loads all unfinished deliveries.
func (p *Provider) loadAll(ctx context.Context, s *state) error {
	for d, err := range p.journal.Unfinished(ctx, "", 0) {
		if err != nil {
			return err
		}
		if of := s.count(d.SubscriptionID, 1); of != nil {
			if err := p.loadDelivery(ctx, s, of, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// count counts unfinished deliveries to a subscription, which are beyond its window until they are loaded. It returns nil
// for a subscription that is not in the journal.
func (s *state) count(subscriptionID string, deliveries int) *subscription {
	of := s.byID[subscriptionID]
	if of == nil {
		if !slices.Contains(s.orphans, subscriptionID) {
			s.orphans = append(s.orphans, subscriptionID)
		}
		return nil
	}
	of.backlog.unfinished += deliveries
	of.backlog.beyond += deliveries
	s.unfinished += deliveries
	return of
}

// fill loads the window of a subscription: first the deliveries that were held, then those that are due next. Everything
// that was submitted must be committed.
func (p *Provider) fill(ctx context.Context, s *state, of *subscription) error {
	b := &of.backlog
	b.heldFirst = true
	for _, d := range b.waiting() {
		b.take(d)
		s.leave(d)
	}
	missing := s.window
	for _, wanted := range []journal.State{journal.Held, journal.Pending} {
		for d, err := range p.queue(ctx, of.ID, wanted, s.window+b.workers) { // those in flight may be among the first
			switch {
			case err != nil:
				return err
			case s.deliveries[d.ID] != nil:
				continue
			case missing == 0:
				return nil
			}
			if err := p.loadDelivery(ctx, s, of, d); err != nil {
				return err
			}
			missing--
			b.heldFirst, b.horizon = wanted == journal.Held, slot{due: d.Due, order: uint64(d.Seq)}
		}
	}
	b.beyond = 0 // the journal has no others
	return nil
}

// queue yields the deliveries of a subscription that have the state, in the order of their due times. It reads as many at a
// time as a page may have, up to atOnce.
func (p *Provider) queue(ctx context.Context, subscriptionID string, state journal.State, atOnce int) iter.Seq2[*journal.Delivery, error] {
	return func(yield func(*journal.Delivery, error) bool) {
		size, after := min(atOnce, journal.MaxLimit), journal.QueuePosition{}
		for {
			some, err := p.journal.Queue(ctx, subscriptionID, state, after, size)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, d := range some {
				if !yield(d, nil) {
					return
				}
				after = d.QueuePosition()
			}
			if len(some) < size {
				return
			}
		}
	}
}

// loadDelivery brings a delivery from beyond the window into memory.
func (p *Provider) loadDelivery(ctx context.Context, s *state, of *subscription, record *journal.Delivery) error {
	d := s.newPending(record, of)
	d.committed = true
	of.backlog.beyond--
	s.deliveries[record.ID] = d
	if due, moved := p.latestDue(record); moved {
		d.due = due
		s.moved = append(s.moved, d)
	}
	of.backlog.arrange(d)
	if !p.options.SignOnce || record.Attempts == 0 {
		return nil
	}
	page, err := p.journal.Attempts(ctx, journal.Query{DeliveryID: record.ID, Oldest: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	d.firstAt = page.Items[0].StartedAt
	return nil
}

// maxSkew is the difference between two clocks that does not count as wrong.
const maxSkew = time.Minute

// latestDue returns when a delivery is due if its wait begins now, and whether it is due later than the retry policy allows
// because the clock was ahead when the due time was set. If only the policy was another one, the due time stays.
func (p *Provider) latestDue(d *journal.Delivery) (due time.Time, later bool) {
	now, scale := p.Now(), clock.Scale(p.options.Clock)
	after := func(wait time.Duration) time.Time { return now.Add(time.Duration(float64(wait) / scale)) }
	ahead := p.agenda.wasAhead || p.isAhead(d.CreatedAt) || p.isAhead(d.LastAt)
	if !ahead || d.State != journal.Pending || !d.Due.After(after(p.options.Retry.longest(d.Tries)).Add(maxSkew)) {
		return d.Due, false
	}
	return after(p.options.Retry.usual(d.Tries)), true
}

// isAhead reports whether a clock that told the time at was ahead.
func (p *Provider) isAhead(at time.Time) bool { return at.After(p.Now().Add(maxSkew)) }

// movedRecords returns the records about deliveries whose due times were moved, with a notice for each subscription.
func (p *Provider) movedRecords(s *state) []journal.Record {
	c := commit{}
	bySubscription := map[*subscription][]*pending{}
	for _, d := range s.moved {
		p.addTransition(&c, d, journal.DeliveryState{State: journal.Pending, Due: d.due}, "the clock was ahead when its due time was set")
		bySubscription[d.subscription] = append(bySubscription[d.subscription], d)
	}
	s.moved = nil
	for _, of := range s.all {
		all := bySubscription[of]
		if len(all) == 0 {
			continue
		}
		c.add(&journal.Notice{
			At: p.Now(), SubscriptionID: of.ID, Subject: fmt.Sprintf("The due times of deliveries to %q were moved", of.Label),
			Text: fmt.Sprintf("%s to %s (subscription %s): due at %s, later than the retry policy allows. "+
				"The clock was probably ahead when this was recorded. The deliveries are now due within the usual wait.",
				human.Count(len(all), "delivery"), of.URL, of.ID, all[0].record.Due.UTC().Format(time.DateTime)),
		})
		p.log.Warn("due times were moved, because the clock was ahead", "subscription", of.ID, "deliveries", len(all))
	}
	return c.records
}
