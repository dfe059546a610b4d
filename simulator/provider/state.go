package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"semblance/fixtures"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// state holds the content of the journal that a running provider needs. It changes by apply; the clinic changes by its steps.
type state struct {
	registry
	deliveries map[string]*pending // the unfinished ones, by outboxId
	seen       uint64              // deliveries, ever
	unfinished int                 // deliveries that are unfinished in the journal too
	orphans    []string            // unfinished deliveries whose subscription is not in the journal
	tokens     tokens
	clinic     clinic
	traffic    traffic
}

// Keys of the settings in the journal. The first two are followed by the id of a subscription.
const (
	formerKey  = "former-secret/"
	failedKey  = "failed-in-a-row/"
	trafficKey = "traffic"
	clockKey   = "clock" // its time is the time to which a manual clock was advanced
)

func newState(o fixtures.Options) *state {
	s := &state{registry: newRegistry(), deliveries: map[string]*pending{}, tokens: newTokens()}
	s.clinic.initialize(o)
	return s
}

// load returns the state that the journal holds.
func (p *Provider) load(ctx context.Context) (*state, error) {
	options := p.options.Clinic
	if options.At.IsZero() {
		options.At = p.Now()
	}
	s := newState(options)
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
	for d, err := range p.journal.Unfinished(ctx, "", 0) {
		if err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		if err := p.restoreDelivery(ctx, s, d); err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
	}
	return s, nil
}

func (p *Provider) restoreDelivery(ctx context.Context, s *state, record *journal.Delivery) error {
	d := s.add(record, "")
	if d == nil {
		s.orphans = append(s.orphans, record.ID)
		return nil
	}
	d.committed = true
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

// apply carries out a record: it is the only function that changes a subscription, a token, a fault, a setting or a
// delivery. It notes in c what changes only when the record is committed: see settle. A record of an event concerns the
// deliveries that follow it. A step of the clinic has been taken already.
func (s *state) apply(r journal.Record, c *commit) error {
	switch r := r.(type) {
	case *journal.Subscription:
		version := r.Subscription
		s.put(&version)
	case *journal.Token:
		s.tokens.apply(r)
	case *journal.Fault:
		return s.applyFault(r)
	case *journal.Setting:
		return s.applySetting(r)
	case *journal.Event:
		c.origin = r.Origin
	case *journal.Delivery:
		if r.State.Unfinished() {
			if d := s.add(r, c.origin); d != nil {
				c.added = append(c.added, d)
			}
		}
	case *journal.Attempt:
		s.applyAttempt(r, c)
	case *journal.Transition:
		if d := s.deliveries[r.DeliveryID]; d != nil {
			s.moveTo(d, r.Next, c)
		}
	}
	return nil
}

// settle notes that the records of a commit are in the journal.
func (s *state) settle(c *commit) {
	for _, d := range c.added {
		d.committed, d.order = true, uint64(d.record.Seq)
	}
	for _, of := range c.finished {
		of.backlog.unfinished--
		s.unfinished--
	}
}

// uncommittedOrder is more than the number of any delivery in a journal.
const uncommittedOrder = 1 << 63

// add adds an unfinished delivery. It returns nil if its subscription is unknown.
func (s *state) add(record *journal.Delivery, origin string) *pending {
	of := s.byID[record.SubscriptionID]
	if of == nil {
		return nil
	}
	s.seen++
	s.unfinished++
	of.backlog.unfinished++
	d := &pending{
		slot: slot{due: record.Due, order: uint64(record.Seq)}, record: record, subscription: of, origin: origin,
		state: record.State, number: s.seen, tries: record.Tries, attempts: record.Attempts, status: record.Status,
	}
	if record.Seq == 0 { // it follows those that the journal has numbered, and keeps its place when it gets its number
		d.order = uncommittedOrder + s.seen
	}
	s.deliveries[record.ID] = d
	of.backlog.arrange(d)
	return d
}

// moveTo changes the state of a delivery.
func (s *state) moveTo(d *pending, next journal.DeliveryState, c *commit) {
	of := d.subscription
	of.backlog.take(d)
	if !next.State.Unfinished() {
		delete(s.deliveries, d.record.ID)
		c.finished = append(c.finished, of)
		return
	}
	d.state, d.due, d.tries = next.State, next.Due, next.Tries
	of.backlog.arrange(d)
}

// applyAttempt counts an attempt of a delivery and changes the delivery's state to the one that follows.
func (s *state) applyAttempt(a *journal.Attempt, c *commit) {
	d := s.deliveries[a.DeliveryID]
	if d == nil {
		return // it was sent again by hand after it had finished
	}
	d.attempts++
	d.status = a.Response.Status
	next := a.Next
	if next.State == "" {
		next = journal.DeliveryState{State: d.state, Due: d.due, Tries: d.tries}
	}
	s.moveTo(d, next, c)
}

func (s *state) applyFault(r *journal.Fault) error {
	of := s.byID[r.SubscriptionID]
	if of == nil || of.Deleted {
		return nil
	}
	i, known := slices.BinarySearchFunc(of.faults, r.ID, func(f *faultPlan, id string) int { return cmp.Compare(f.ID, id) })
	switch {
	case known && r.Cleared:
		of.faults = slices.Delete(of.faults, i, i+1)
	case known:
		of.faults[i].Next = r.Remaining
	case !r.Cleared:
		parsed, err := fault.Parse(r.Fault)
		if err != nil {
			return fmt.Errorf("fault %s: %w", r.ID, err)
		}
		plan := FaultPlan{ID: r.ID, SubscriptionID: r.SubscriptionID, Fault: r.Fault, Next: r.Remaining, Share: r.Share}
		of.faults = slices.Insert(of.faults, i, &faultPlan{FaultPlan: plan, fault: parsed})
	}
	return nil
}

func (s *state) applySetting(r *journal.Setting) (err error) {
	prefix, id, _ := strings.Cut(r.Key, "/")
	of := s.byID[id]
	switch {
	case r.Key == trafficKey:
		err = s.traffic.apply(r, s.clinic.made)
	case of == nil:
	case prefix+"/" == formerKey:
		of.former = formerSecret{}
		if !r.Removed {
			err = json.Unmarshal(r.Value, &of.former)
		}
	case prefix+"/" == failedKey:
		of.failed = 0
		if !r.Removed {
			of.failed, err = strconv.Atoi(string(r.Value))
		}
	}
	if err != nil {
		return fmt.Errorf("setting %s: %w", r.Key, err)
	}
	return nil
}
