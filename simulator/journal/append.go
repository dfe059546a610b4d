package journal

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Check reports what is wrong with records in themselves, before they are numbered, and takes back the numbers that an
// earlier call gave them and could not commit. It is for those who build a journal, as is [Number].
func Check(records []Record) error {
	var change *Event
	for _, r := range records {
		switch r := r.(type) {
		case nil:
			return errors.New("append to the journal: a record is nil")
		case *Event:
			if r.Type == nil {
				return errors.New("append to the journal: a change has no event type")
			}
			change = r
		case *Delivery:
			if err := checkDelivery(r, change); err != nil {
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
		case *Reset:
			return errors.New("append to the journal: a reset is made by Reset alone")
		default:
			if key, _, ok := Key(r); ok && key == "" {
				return fmt.Errorf("append to the journal: a %s has no id", r.Kind())
			}
		}
	}
	return nil
}

func checkDelivery(d *Delivery, before *Event) error {
	if before != nil && d.EventSeq == before.Seq {
		d.EventSeq = 0 // the change's number is about to be another
	}
	if d.SubscriptionID == "" {
		return fmt.Errorf("append to the journal: delivery %q has no subscription", d.ID)
	}
	if d.EventSeq == 0 && before == nil {
		return fmt.Errorf("append to the journal: delivery %q is of no change", d.ID)
	}
	return checkDeliveryState(d.DeliveryState, d.ID)
}

func checkDeliveryState(s DeliveryState, deliveryID string) error {
	if deliveryID == "" {
		return errors.New("append to the journal: a delivery has no id")
	}
	if !slices.Contains(States(), s.State) {
		return fmt.Errorf("append to the journal: delivery %s cannot be %q", deliveryID, s.State)
	}
	return nil
}

// Number numbers the records from the one after last and returns the last number given. A delivery that does not say
// of which change it is gets the number of the change before it.
func Number(records []Record, last Seq) Seq {
	var change *Event
	for _, r := range records {
		last++
		r.entry().Seq = last
		switch r := r.(type) {
		case *Event:
			change = r
		case *Delivery:
			if r.EventSeq == 0 {
				r.EventSeq = change.Seq
			}
			r.Attempts, r.LastAt, r.Status, r.Failure = 0, time.Time{}, 0, ""
		}
	}
	return last
}

// After returns the delivery as it stands after one more attempt.
func (d *Delivery) AfterAttempt(a *Attempt) *Delivery {
	next := *d
	next.Attempts++
	next.LastAt, next.Status, next.Failure = a.StartedAt, a.Response.Status, a.Response.Failure
	if a.Next.State != "" {
		next.DeliveryState = a.Next
	}
	return &next
}
