package journal

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"semblance/schemas/objectid"
)

// Check returns an error if a record is invalid in itself. It also clears references to numbers that an earlier, failed
// call of Append assigned. Check and [Number] are for implementations of [Journal].
func Check(records []Record) error {
	var event *Event
	for _, r := range records {
		switch r := r.(type) {
		case nil:
			return errors.New("appending to the journal: a record is nil")
		case *Event:
			if r.Type == nil {
				return errors.New("appending to the journal: an event has no type")
			}
			event = r
		case *Delivery:
			if err := checkDelivery(r, event); err != nil {
				return err
			}
		case *Attempt:
			if r.Next.State != "" {
				if err := checkDeliveryState(r.Next, r.DeliveryID); err != nil {
					return err
				}
			}
		case *Transition:
			if err := checkDeliveryState(r.Next, r.DeliveryID); err != nil {
				return err
			}
		case *ClinicRecord:
			if !objectid.Valid(r.ID) || r.RecordKind == "" || len(r.Values) == 0 {
				return fmt.Errorf("appending to the journal: the clinic record %.40q needs a valid id, a kind and values", r.ID)
			}
		case *Reset:
			return errors.New("appending to the journal: a reset cannot be appended; call Reset")
		default:
			if key, _, ok := Key(r); ok && key == "" {
				return fmt.Errorf("appending to the journal: a %s has no id", r.Kind())
			}
		}
	}
	return nil
}

// CheckReset returns an error if records cannot be appended by [Journal.Reset]. It is for implementations of Journal.
func CheckReset(records []Record) error {
	for _, r := range records {
		switch r.(type) {
		case *Event, *Delivery, *Attempt, *Transition:
			return fmt.Errorf("resetting the journal: a reset cannot append a record of kind %s", r.Kind())
		}
	}
	return Check(records)
}

// checkDelivery takes the delivery and the event before it in the same call, or nil.
func checkDelivery(d *Delivery, event *Event) error {
	if event != nil && d.EventSeq == event.Seq {
		d.EventSeq = 0 // the event is about to get a new number
	}
	if d.SubscriptionID == "" {
		return fmt.Errorf("appending to the journal: delivery %q has no subscription", d.ID)
	}
	if d.EventSeq == 0 && event == nil {
		return fmt.Errorf("appending to the journal: delivery %q has no event", d.ID)
	}
	return checkDeliveryState(d.DeliveryState, d.ID)
}

func checkDeliveryState(s DeliveryState, deliveryID string) error {
	if deliveryID == "" {
		return errors.New("appending to the journal: a delivery has no id")
	}
	if !slices.Contains(States(), s.State) {
		return fmt.Errorf("appending to the journal: delivery %s has the unknown state %q", deliveryID, s.State)
	}
	return nil
}

// Number assigns the numbers after last to the records and returns the last one assigned. A delivery without an EventSeq
// gets the number of the event before it.
func Number(records []Record, last Seq) Seq {
	var event *Event
	for _, r := range records {
		last++
		r.entry().Seq = last
		switch r := r.(type) {
		case *Event:
			event = r
		case *Delivery:
			if r.EventSeq == 0 {
				r.EventSeq, r.Origin = event.Seq, event.Origin
			}
			r.Attempts, r.LastAt, r.Status, r.Failure = 0, time.Time{}, 0, ""
		}
	}
	return last
}

// MarkUnreadable sets the record's number and the reason why its content cannot be decoded. It is for implementations of
// [Journal].
func MarkUnreadable(r Record, seq Seq, reason string) {
	*r.entry() = Entry{Seq: seq, Unreadable: reason}
}

// AfterAttempt returns a copy of the delivery with the state it has after the attempt.
func (d *Delivery) AfterAttempt(a *Attempt) *Delivery {
	next := *d
	next.Attempts++
	next.LastAt, next.Status, next.Failure = a.StartedAt, a.Response.Status, a.Response.Failure
	if a.Next.State != "" {
		next.DeliveryState = a.Next
	}
	return &next
}
