package journal

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"semblance/schemas"
)

// The number of records on a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// MaxPageBytes limits the bodies on a page of full attempts: the attempt that exceeds it is the last of the page.
const MaxPageBytes = 8 << 20

// Query selects events, deliveries or attempts. Every field that is set narrows the selection. A field that does not
// apply to a kind, such as States to events, is ignored. The zero value selects everything, newest first.
type Query struct {
	Types          []string  // full names of event types; use schemas.MatchAny for patterns
	SubscriptionID string    // deliveries and attempts to this subscription
	DeliveryID     string    // this delivery, or its attempts
	EventSeq       Seq       // deliveries of this event
	RecordID       string    // events with this value among their identifiers, their deliveries and attempts
	Origin         string    // events with this origin
	States         []State   // deliveries in one of these states
	Outcomes       []Outcome // attempts with one of these outcomes
	From, Until    time.Time // records from From (included) to Until (excluded), in simulated time
	After          Seq       // records with a higher number

	Oldest bool   // oldest first; otherwise newest first
	Limit  int    // records on a page: 0 means DefaultLimit, the maximum is MaxLimit
	Cursor string // Page.Next of the page before; the other fields must be the same as for that page
	Full   bool   // attempts with headers and bodies; such a page may have fewer records than Limit
}

// MaxSearch is the maximum number of records that are read for one page, so a page with fewer records than Limit is not
// always the last one. If a query selects deliveries by state (except Delivered), by id or by event, or attempts by delivery,
// only the records so selected are read.
const MaxSearch = 10_000

// Page is one page of the records that match a query.
type Page[T any] struct {
	Items    []T
	Next     string // the cursor of the next page; "" on the last page
	Searched Seq    // the number of the record at which the search stopped; 0 on the last page
}

// Continue sets the cursor of the next page to follow the record with the given number. It is for implementations of
// [Journal].
func (p *Page[T]) Continue(q *Query, last Seq) {
	p.Next, p.Searched = q.CursorAfter(last), last
}

// Size returns the maximum number of records on a page of the query.
func (q *Query) Size() int {
	switch {
	case q.Limit <= 0:
		return DefaultLimit
	case q.Limit > MaxLimit:
		return MaxLimit
	}
	return q.Limit
}

// Position returns the number after which the page starts, or 0 if the query has no cursor. If the cursor is malformed
// or has the other direction, the error is ErrCursor. Position and [Query.CursorAfter] are for implementations of
// [Journal].
func (q *Query) Position() (Seq, error) {
	if q.Cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(text) < 2 || text[0] != q.direction() {
		return 0, fmt.Errorf("%w %.40q for this query", ErrCursor, q.Cursor)
	}
	n, err := strconv.ParseInt(string(text[1:]), 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%w %.40q for this query", ErrCursor, q.Cursor)
	}
	return Seq(n), nil
}

// CursorAfter returns the cursor of the page that starts after the record with the given number.
func (q *Query) CursorAfter(last Seq) string {
	text := strconv.AppendInt([]byte{q.direction()}, int64(last), 10)
	return base64.RawURLEncoding.EncodeToString(text)
}

func (q *Query) direction() byte {
	if q.Oldest {
		return 'o'
	}
	return 'n'
}

func (q *Query) matches(seq Seq, at time.Time) bool {
	return seq > q.After && (q.From.IsZero() || !at.Before(q.From)) && (q.Until.IsZero() || at.Before(q.Until))
}

func (q *Query) matchesType(name string) bool {
	return len(q.Types) == 0 || slices.Contains(q.Types, name)
}

func (q *Query) matchesRecord(event *schemas.Event) bool {
	return q.RecordID == "" || slices.ContainsFunc(event.Identifiers, func(i schemas.Identifier) bool { return i.Value == q.RecordID })
}

func (q *Query) matchesEvent(e *Event) bool {
	return q.matches(e.Seq, e.At) && (q.Origin == "" || q.Origin == e.Origin) && q.matchesType(e.Type.Name) && q.matchesRecord(&e.Event)
}

// readsDelivery reports whether a search reads the delivery, to find out whether it matches. See MaxSearch.
func (q *Query) readsDelivery(d *Delivery) bool {
	switch {
	case q.DeliveryID != "":
		return d.ID == q.DeliveryID
	case q.EventSeq != 0:
		return d.EventSeq == q.EventSeq
	case len(q.States) > 0 && !slices.Contains(q.States, Delivered):
		return slices.Contains(q.States, d.State)
	}
	return true
}

func (q *Query) matchesDelivery(d *Delivery) bool {
	return q.matches(d.Seq, d.CreatedAt) &&
		(q.SubscriptionID == "" || q.SubscriptionID == d.SubscriptionID) &&
		(q.EventSeq == 0 || q.EventSeq == d.EventSeq) &&
		(q.DeliveryID == "" || q.DeliveryID == d.ID) &&
		(len(q.States) == 0 || slices.Contains(q.States, d.State)) &&
		q.matchesType(d.Event.Type.Name) && q.matchesRecord(&d.Event)
}

// matchesAttempt takes the attempt and the event of its delivery, which is nil if it has no delivery.
func (q *Query) matchesAttempt(a *Attempt, event *schemas.Event) bool {
	return q.matches(a.Seq, a.StartedAt) &&
		(q.SubscriptionID == "" || q.SubscriptionID == a.SubscriptionID) &&
		(q.DeliveryID == "" || q.DeliveryID == a.DeliveryID) &&
		(len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, a.Outcome())) &&
		q.matchesType(a.Request.EventType) &&
		(q.RecordID == "" || event != nil && q.matchesRecord(event))
}
