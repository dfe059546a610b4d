package journal

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"semblance/schemas"
)

// How many records a page holds.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// MaxPageBytes is after how many bytes of bodies a page ends that shows attempts in full.
const MaxPageBytes = 8 << 20

// Query says which changes, deliveries or attempts are wanted. Every field that is set narrows it; a field that means
// nothing for a kind of record (the state of a change) is not heeded there. The zero value wants the newest.
type Query struct {
	Types          []string  // event types by their full names; schemas.MatchAny makes them of patterns
	SubscriptionID string    // deliveries and attempts to this subscription
	DeliveryID     string    // attempts of this delivery, by its id
	EventSeq       Seq       // deliveries of this change
	RecordID       string    // what concerns the record of this id: an identifier of the change has that value
	Origin         string    // changes of this origin
	States         []State   // deliveries that stand so
	Outcomes       []Outcome // attempts that ended so
	From, Until    time.Time // not before From and before Until, by the simulated time of the record
	After          Seq       // numbered higher than this

	Oldest bool   // oldest first; else newest first
	Limit  int    // records on a page: 0 is DefaultLimit, more than MaxLimit is MaxLimit
	Cursor string // where the page begins, as the page before it said; the rest of the query must be the same
	Full   bool   // attempts with headers and bodies; such a page may be shorter than Limit
}

// Page is a part of the records that fit a query.
type Page[T any] struct {
	Items []T
	Next  string // the cursor of the next page, or "" where there is none
}

// Size returns how many records a page of the query may hold.
func (q *Query) Size() int {
	switch {
	case q.Limit <= 0:
		return DefaultLimit
	case q.Limit > MaxLimit:
		return MaxLimit
	}
	return q.Limit
}

// Place returns the number of the last record of the page before, 0 where the query has no cursor, and ErrCursor for a
// cursor that is none or belongs to the other direction. It is for those who build a journal, as is [Query.Mark].
func (q *Query) Position() (Seq, error) {
	if q.Cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(text) < 2 || text[0] != q.direction() {
		return 0, fmt.Errorf("cursor %.40q: %w for this query", q.Cursor, ErrCursor)
	}
	n, err := strconv.ParseInt(string(text[1:]), 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("cursor %.40q: %w for this query", q.Cursor, ErrCursor)
	}
	return Seq(n), nil
}

// Mark returns the cursor of the page that follows the record of this number.
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

func (q *Query) matchesRecord(c *schemas.Event) bool {
	return q.RecordID == "" || slices.ContainsFunc(c.Identifiers, func(i schemas.Identifier) bool { return i.Value == q.RecordID })
}

func (q *Query) matchesEvent(c *Event) bool {
	return q.matches(c.Seq, c.At) && (q.Origin == "" || q.Origin == c.Origin) && q.matchesType(c.Type.Name) && q.matchesRecord(&c.Event)
}

func (q *Query) matchesDelivery(d *Delivery) bool {
	return q.matches(d.Seq, d.CreatedAt) &&
		(q.SubscriptionID == "" || q.SubscriptionID == d.SubscriptionID) &&
		(q.EventSeq == 0 || q.EventSeq == d.EventSeq) &&
		(q.DeliveryID == "" || q.DeliveryID == d.ID) &&
		(len(q.States) == 0 || slices.Contains(q.States, d.State)) &&
		q.matchesType(d.Event.Type.Name) && q.matchesRecord(&d.Event)
}

// fitsAttempt takes the change that was sent, nil where the attempt is of no delivery.
func (q *Query) matchesAttempt(a *Attempt, c *schemas.Event) bool {
	return q.matches(a.Seq, a.StartedAt) &&
		(q.SubscriptionID == "" || q.SubscriptionID == a.SubscriptionID) &&
		(q.DeliveryID == "" || q.DeliveryID == a.DeliveryID) &&
		(len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, a.Outcome())) &&
		q.matchesType(a.Request.EventType) &&
		(q.RecordID == "" || c != nil && q.matchesRecord(c))
}
