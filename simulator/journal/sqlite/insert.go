package sqlite

import (
	"fmt"
	"slices"

	"semblance/simulator/journal"
)

// checkReferences returns an error if a record refers to an event or a delivery that does not exist.
func (w *writer) checkReferences(records []journal.Record) error {
	for i, r := range records {
		switch r := r.(type) {
		case *journal.Delivery:
			if r.EventSeq == 0 || r.EventSeq == w.cache.event {
				continue
			}
			row, err := w.statements[sqlFindEvent].row(int64(r.EventSeq))
			if err != nil {
				return err
			}
			if row == nil {
				return fmt.Errorf("delivery %s of event %d: %w", r.ID, r.EventSeq, journal.ErrGone)
			}
			w.cache.event, w.cache.lastDelivery = r.EventSeq, journal.Seq(row[0])
		case *journal.Attempt:
			if r.DeliveryID == "" {
				continue
			}
			if err := w.checkDelivery(r.DeliveryID, records[:i]); err != nil {
				return fmt.Errorf("attempt of delivery %s: %w", r.DeliveryID, err)
			}
		case *journal.Transition:
			if err := w.checkDelivery(r.DeliveryID, records[:i]); err != nil {
				return fmt.Errorf("transition of delivery %s: %w", r.DeliveryID, err)
			}
		}
	}
	return nil
}

// checkDelivery returns ErrGone if the delivery is neither in the file nor among the records before.
func (w *writer) checkDelivery(id string, before []journal.Record) error {
	ref, err := w.find(id)
	if err != nil || ref != nil {
		return err
	}
	for _, r := range before {
		if d, ok := r.(*journal.Delivery); ok && d.ID == id {
			return nil
		}
	}
	return journal.ErrGone
}

// find returns a reference to the delivery, or nil.
func (w *writer) find(id string) (*deliveryRef, error) {
	if ref := w.cache.get(id); ref != nil {
		return ref, nil
	}
	row, err := w.statements[sqlFindDelivery].row(id)
	if err != nil || row == nil {
		return nil, err
	}
	ref := &deliveryRef{seq: row[0], state: journal.States()[row[1]], lastAttempt: row[2], attempts: row[3]}
	if ref.state.Unfinished() {
		w.cache.put(id, ref)
	}
	return ref, nil
}

// insert writes one numbered and checked record. It also takes the records that follow it in the same call.
func (w *writer) insert(r journal.Record, following []journal.Record) error {
	switch r := r.(type) {
	case *journal.Event:
		if err := w.nameClinicRecords(r); err != nil {
			return err
		}
		return w.insertEvent(r, following)
	case *journal.ClinicRecord:
		return w.putClinicRecord(r)
	case *journal.Delivery:
		return w.insertDelivery(r)
	case *journal.Attempt:
		return w.insertAttempt(r)
	case *journal.Transition:
		if err := w.applyTransition(r); err != nil {
			return err
		}
	}
	return w.insertOther(r)
}

func (w *writer) insertEvent(e *journal.Event, following []journal.Record) error {
	w.totals.Events++
	w.cache.event, w.cache.lastDelivery = e.Seq, lastDelivery(e, following)
	content := w.events.encode(func(enc *encoder) { enc.event(&e.Event) })
	w.written += len(content)
	return w.events.add(int64(e.Seq), micros(e.At), e.Type.Name, e.Origin, int64(w.cache.lastDelivery), content)
}

// lastDelivery returns the number of the last delivery of the event before the next event, or 0.
func lastDelivery(e *journal.Event, following []journal.Record) journal.Seq {
	var last journal.Seq
	for _, r := range following {
		switch r := r.(type) {
		case *journal.Event:
			return last
		case *journal.Delivery:
			if r.EventSeq == e.Seq {
				last = r.Seq
			}
		}
	}
	return last
}

func (w *writer) insertDelivery(d *journal.Delivery) error {
	w.totals.Deliveries++
	w.totals.Add(d.State, 1)
	if d.EventSeq != w.cache.event || d.Seq > w.cache.lastDelivery {
		if _, err := w.statements[sqlUpdateLastDelivery].exec(int64(d.Seq), int64(d.EventSeq)); err != nil {
			return err
		}
	}
	if d.State.Unfinished() {
		w.cache.put(d.ID, &deliveryRef{seq: int64(d.Seq), state: d.State})
	}
	return w.deliveries.add(int64(d.Seq), d.ID, int64(d.EventSeq), d.SubscriptionID, d.EventID, micros(d.CreatedAt),
		stateNumber(d.State), micros(d.Due), int64(d.Tries))
}

func (w *writer) insertAttempt(a *journal.Attempt) error {
	w.totals.Attempts++
	var delivery, previous int64
	if a.DeliveryID == "" {
		w.totals.unattached++
	} else {
		ref, err := w.find(a.DeliveryID)
		if err != nil {
			return err
		}
		delivery, previous, ref.lastAttempt = ref.seq, ref.lastAttempt, int64(a.Seq)
		ref.attempts++
		a.Number = int(ref.attempts)
		if err := w.applyAttempt(ref, a); err != nil {
			return err
		}
	}
	start, messages := len(w.attempts.encoder.bytes), 0
	content := w.attempts.encode(func(e *encoder) {
		e.attempt(a)
		messages = len(e.bytes) - start
		e.bytes = append(e.bytes, layout)
		e.messages(a)
	})
	w.written += len(content)
	return w.attempts.add(int64(a.Seq), delivery, previous, a.SubscriptionID, a.Request.EventType, string(a.Outcome()), micros(a.StartedAt),
		content[:messages:messages], content[messages:])
}

// applyAttempt changes the delivery after an attempt.
func (w *writer) applyAttempt(ref *deliveryRef, a *journal.Attempt) error {
	at, status, failure := micros(a.StartedAt), int64(a.Response.Status), string(a.Response.Failure)
	if a.Next.State == "" {
		_, err := w.statements[sqlUpdateAttempted].exec(ref.lastAttempt, at, status, failure, ref.seq)
		return err
	}
	w.count(a.DeliveryID, ref, a.Next.State)
	_, err := w.statements[sqlUpdateAttemptedState].exec(ref.lastAttempt, at, status, failure,
		stateNumber(a.Next.State), micros(a.Next.Due), int64(a.Next.Tries), ref.seq)
	return err
}

func (w *writer) applyTransition(t *journal.Transition) error {
	ref, err := w.find(t.DeliveryID)
	if err != nil {
		return err
	}
	w.count(t.DeliveryID, ref, t.Next.State)
	_, err = w.statements[sqlUpdateState].exec(stateNumber(t.Next.State), micros(t.Next.Due), int64(t.Next.Tries), ref.seq)
	return err
}

// count changes the state of the reference and the totals.
func (w *writer) count(id string, ref *deliveryRef, next journal.State) {
	w.totals.Add(ref.state, -1)
	w.totals.Add(next, 1)
	if !next.Unfinished() {
		w.cache.remove(id)
		w.totals.finished = min(w.totals.finished, ref.seq)
	}
	ref.state = next
}

func (w *writer) insertOther(r journal.Record) error {
	content, err := encodeOther(r)
	if err != nil {
		return err
	}
	key, inForce, replaces := otherKey(r)
	if replaces {
		if _, err := w.statements[sqlEndCurrent].exec(string(r.Kind()), key); err != nil {
			return err
		}
	}
	var flag int64
	if inForce {
		flag = 1
	}
	w.totals.others++
	w.written += len(content)
	_, err = w.statements[sqlInsertOther].exec(int64(r.Sequence()), micros(r.When()), string(r.Kind()), key, flag, content)
	return err
}

// stateNumber returns the number under which a state is stored.
func stateNumber(s journal.State) int64 { return int64(slices.Index(journal.States(), s)) }

// deliveryRef is the part of a delivery that the writer needs.
type deliveryRef struct {
	seq         int64
	state       journal.State
	lastAttempt int64 // or 0
	attempts    int64
}

// cache has the unfinished deliveries that were last written or looked up, because most attempts follow soon. It is limited to two
// generations: when the new one is full it becomes the old one, which is dropped.
type cache struct {
	current, old map[string]*deliveryRef
	event        journal.Seq      // an event that exists
	lastDelivery journal.Seq      // of that event
	named        map[string]int64 // when a clinic record was last named, by its id
}

const generation = 1 << 15

func newCache() cache { return cache{current: map[string]*deliveryRef{}, named: map[string]int64{}} }

// isNamed reports whether a clinic record was named not long before an event, or will never be pruned.
func (c *cache) isNamed(id string, seq int64) bool {
	at, known := c.named[id]
	return known && at+journal.RecordSlack >= seq
}

// nameRecord remembers that a clinic record was named.
func (c *cache) nameRecord(id string, seq int64) {
	if len(c.named) >= generation {
		clear(c.named)
	}
	c.named[id] = seq
}

func (c *cache) get(id string) *deliveryRef {
	if ref := c.current[id]; ref != nil {
		return ref
	}
	ref := c.old[id]
	if ref != nil {
		c.put(id, ref)
	}
	return ref
}

func (c *cache) remove(id string) {
	delete(c.current, id)
	delete(c.old, id)
}

func (c *cache) put(id string, ref *deliveryRef) {
	if len(c.current) >= generation {
		c.old, c.current = c.current, make(map[string]*deliveryRef, generation)
	}
	c.current[id] = ref
}
