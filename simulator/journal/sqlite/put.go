package sqlite

import (
	"fmt"
	"slices"

	"semblance/simulator/journal"
)

// put writes one record, which has its number and fits.
func (w *writer) put(r journal.Record) error {
	switch r := r.(type) {
	case *journal.Event:
		w.stats.Events++
		_, err := w.insertEvent.exec(int64(r.Seq), micros(r.At), r.Type.Name, r.Origin, w.blob(func(e *encoder) { e.event(&r.Event) }))
		return err
	case *journal.Delivery:
		return w.putDelivery(r)
	case *journal.Attempt:
		return w.putAttempt(r)
	case *journal.Transition:
		if err := w.transition(r); err != nil {
			return err
		}
	}
	return w.putOther(r)
}

func (w *writer) putDelivery(d *journal.Delivery) error {
	w.stats.Deliveries++
	w.stats.Add(d.State, 1)
	_, err := w.insertDelivery.exec(int64(d.Seq), d.ID, int64(d.EventSeq), d.SubscriptionID, d.EventID, micros(d.CreatedAt),
		stateNumber(d.State), micros(d.Due), int64(d.Tries))
	if isUnique(err) {
		return fmt.Errorf("delivery %s already exists: %w", d.ID, err)
	}
	if err == nil {
		w.known.put(d.ID, &place{seq: int64(d.Seq), state: d.State})
	}
	return err
}

func (w *writer) putAttempt(a *journal.Attempt) error {
	w.stats.Attempts++
	var delivery, previous int64
	if a.DeliveryID != "" {
		p, err := w.find(a.DeliveryID)
		if err != nil {
			return err
		}
		delivery, previous, p.last = p.seq, p.last, int64(a.Seq)
		at, status, failure := micros(a.StartedAt), int64(a.Response.Status), string(a.Response.Failure)
		if a.Next.State == "" {
			_, err = w.touch.exec(p.last, at, status, failure, delivery)
		} else {
			w.turn(p, a.Next.State)
			_, err = w.try.exec(p.last, at, status, failure, stateNumber(a.Next.State), micros(a.Next.Due), int64(a.Next.Tries), delivery)
		}
		if err != nil {
			return err
		}
	}
	if _, err := w.insertAttempt.exec(int64(a.Seq), delivery, previous, a.SubscriptionID, a.Request.EventType, string(a.Outcome()), micros(a.StartedAt),
		w.blob(func(e *encoder) { e.attempt(a) })); err != nil {
		return err
	}
	_, err := w.insertWire.exec(int64(a.Seq), w.blob(func(e *encoder) { e.wire(a) }))
	return err
}

func (w *writer) transition(m *journal.Transition) error {
	p, err := w.find(m.DeliveryID)
	if err != nil {
		return err
	}
	w.turn(p, m.Next.State)
	_, err = w.stand.exec(stateNumber(m.Next.State), micros(m.Next.Due), int64(m.Next.Tries), p.seq)
	return err
}

func (w *writer) turn(p *place, to journal.State) {
	w.stats.Add(p.state, -1)
	w.stats.Add(to, 1)
	p.state = to
}

func (w *writer) putOther(r journal.Record) error {
	content, err := encodeOther(r)
	if err != nil {
		return err
	}
	key, inForce, replaces := otherKey(r)
	if replaces {
		if _, err := w.withdraw.exec(string(r.Kind()), key); err != nil {
			return err
		}
	}
	var flag int64
	if inForce {
		flag = 1
	}
	_, err = w.insertOther.exec(int64(r.Sequence()), micros(r.When()), string(r.Kind()), key, flag, content)
	return err
}

// stateNumber returns how a state is stored.
func stateNumber(s journal.State) int64 { return int64(slices.Index(journal.States(), s)) }

// place is where a delivery is in the file, and how it stands.
type place struct {
	seq   int64
	state journal.State
	last  int64 // its last attempt, 0 for none
}

// known remembers the deliveries that were last written or asked for, so that an attempt need not look its own up: at
// most two generations of them, of which the older is forgotten when the younger is full.
type known struct {
	young, old map[string]*place
	event      journal.Seq // the change that a delivery last named
}

const generation = 1 << 15

func newKnown() known { return known{young: map[string]*place{}} }

func (k *known) get(id string) *place {
	if p := k.young[id]; p != nil {
		return p
	}
	p := k.old[id]
	if p != nil {
		k.put(id, p)
	}
	return p
}

func (k *known) put(id string, p *place) {
	if len(k.young) >= generation {
		k.old, k.young = k.young, make(map[string]*place, generation)
	}
	k.young[id] = p
}
