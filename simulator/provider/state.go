package provider

import (
	"cmp"
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
	deliveries map[string]*pending // the unfinished ones in memory, by outboxId
	seen       uint64              // deliveries, ever
	unfinished int                 // deliveries that are unfinished in the journal too
	window     int                 // waiting deliveries of a subscription that are in memory; up to twice as many for a while
	orphans    []string            // subscriptions that are not in the journal, although it has unfinished deliveries to them
	moved      []*pending          // deliveries that were due later than possible
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

func newState(o fixtures.Options, window int) *state {
	s := &state{registry: newRegistry(), deliveries: map[string]*pending{}, window: window, tokens: newTokens()}
	s.clinic.initialize(o)
	return s
}

// apply carries out a record: it is the only function that changes a subscription, a token, a fault, a setting or a
// delivery. It notes in c what changes only when the record is committed: see settle. A step of the clinic has been taken
// already.
func (s *state) apply(r journal.Record, c *commit) error {
	switch r := r.(type) {
	case *journal.Subscription:
		s.applySubscription(r)
	case *journal.Token:
		s.tokens.apply(r)
	case *journal.Fault:
		return s.applyFault(r)
	case *journal.Setting:
		return s.applySetting(r)
	case *journal.Delivery:
		if r.State.Unfinished() {
			if d := s.add(r); d != nil {
				c.added = append(c.added, d)
			}
		}
	case *journal.Attempt:
		s.applyAttempt(r, c)
	case *journal.Transition:
		if d := s.deliveries[r.DeliveryID]; d != nil {
			s.applyTransition(d, r.Next, c)
		}
	}
	return nil
}

func (s *state) applySubscription(r *journal.Subscription) {
	of, version := s.byID[r.ID], r.Subscription
	resumed := of != nil && of.DeliveryPaused && !version.DeliveryPaused
	s.put(&version)
	if of == nil {
		return
	}
	of.backlog.settled = false
	of.backlog.markStale()
	of.backlog.heldFirst = of.backlog.heldFirst || resumed
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
func (s *state) add(record *journal.Delivery) *pending {
	of := s.byID[record.SubscriptionID]
	if of == nil {
		return nil
	}
	s.unfinished++
	of.backlog.unfinished++
	d := s.newPending(record, of)
	s.keep(d)
	return d
}

func (s *state) newPending(record *journal.Delivery, of *subscription) *pending {
	s.seen++
	d := &pending{
		slot: slot{due: record.Due, order: uint64(record.Seq)}, record: record, subscription: of,
		state: record.State, number: s.seen, tries: record.Tries, attempts: record.Attempts, status: record.Status,
	}
	if record.Seq == 0 { // it follows those that the journal has numbered, and keeps its place when it gets its number
		d.order = uncommittedOrder + s.seen
	}
	return d
}

// keep puts a waiting delivery into its schedule, or leaves it to the journal if it is beyond the window.
func (s *state) keep(d *pending) {
	b := &d.subscription.backlog
	if d.task == nil && b.reading == nil && b.beyond > 0 && (b.heldFirst || d.subscription.blocks() || !d.before(&b.horizon)) {
		s.leave(d)
		return
	}
	s.deliveries[d.record.ID] = d
	b.arrange(d)
	if b.inMemory()/2 > s.window && b.reading == nil {
		s.trim(b)
	}
}

// leave leaves a waiting delivery to the journal.
func (s *state) leave(d *pending) {
	delete(s.deliveries, d.record.ID)
	d.subscription.backlog.beyond++
}

// leaveBeyond leaves the waiting deliveries after the horizon to the journal, after a time in which all were kept.
func (s *state) leaveBeyond(b *backlog) {
	for _, d := range b.waiting() {
		if b.beyond > 0 && b.horizon.before(&d.slot) {
			b.take(d)
			s.leave(d)
		}
	}
	if b.inMemory()/2 > s.window {
		s.trim(b)
	}
}

// trim shortens a backlog to its window.
func (s *state) trim(b *backlog) {
	b.heldFirst = b.heldFirst && b.beyond > 0
	all := b.waiting()
	slices.SortFunc(all, func(a, b *pending) int { return a.compare(&b.slot) })
	for _, d := range all[s.window:] {
		b.take(d)
		s.leave(d)
	}
	b.horizon = all[s.window-1].slot
}

// moveTo changes the state of a delivery.
func (s *state) moveTo(d *pending, next journal.DeliveryState, c *commit) {
	of := d.subscription
	of.backlog.take(d)
	if !next.State.Unfinished() {
		delete(s.deliveries, d.record.ID)
		if of.backlog.reading != nil {
			of.backlog.reading.gone[d.record.ID] = true
		}
		c.finished = append(c.finished, of)
		return
	}
	d.state, d.due, d.tries = next.State, next.Due, next.Tries
	of.backlog.arrange(d)
}

// applyAttempt counts an attempt of a delivery and changes the delivery's state to the one that follows.
func (s *state) applyAttempt(a *journal.Attempt, c *commit) {
	d := s.deliveries[a.DeliveryID]
	if d == nil { // it was sent again by hand: it had finished, or is beyond the window
		if of := s.byID[a.SubscriptionID]; of != nil {
			of.backlog.markStale()
		}
		return
	}
	d.attempts++
	d.status = a.Response.Status
	next := a.Next
	if next.State == "" {
		next = journal.DeliveryState{State: d.state, Due: d.due, Tries: d.tries}
	}
	s.applyTransition(d, next, c)
}

// applyTransition changes the state of a delivery. One that was in no schedule goes to its place, which may be beyond the
// window.
func (s *state) applyTransition(d *pending, next journal.DeliveryState, c *commit) {
	waits := d.index != 0
	s.moveTo(d, next, c)
	if next.State.Unfinished() && d.task == nil && !waits {
		d.subscription.backlog.take(d)
		s.keep(d)
	}
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
		parsed, err := fault.ParsePlanned(r.Fault)
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
