package journal

import (
	"time"

	"semblance/schemas"
	"semblance/simulator"
)

// Kind is the kind of a record.
type Kind string

// The kinds of records.
const (
	KindEvent        Kind = "event"
	KindDelivery     Kind = "delivery"
	KindAttempt      Kind = "attempt"
	KindTransition   Kind = "transition"
	KindSubscription Kind = "subscription"
	KindToken        Kind = "token"
	KindFault        Kind = "fault"
	KindSetting      Kind = "setting"
	KindClinic       Kind = "clinic"
	KindNotice       Kind = "notice"
	KindReset        Kind = "reset"
)

// KindClinicRecord is the kind of clinic records. [Journal.Read] does not return them, and it is not among [Kinds].
const KindClinicRecord Kind = "clinicRecord"

// Kinds returns the kinds of the records that [Journal.Read] returns, in the order of the constants.
func Kinds() []Kind {
	return []Kind{KindEvent, KindDelivery, KindAttempt, KindTransition, KindSubscription, KindToken, KindFault, KindSetting, KindClinic, KindNotice, KindReset, KindAPIRequest}
}

// Record is an entry of the journal: a pointer to one of the types of this file, or to a [ClinicRecord].
type Record interface {
	Kind() Kind
	Sequence() Seq   // its number; 0 before Append
	When() time.Time // its simulated time
	Damage() string  // why it is unreadable, or ""
	entry() *Entry
}

// Entry is the part that all records have in common.
type Entry struct {
	Seq Seq // set by Append

	// Unreadable says why the stored record cannot be decoded, as in a damaged file. Such a record is in lists only. It
	// has its number and, if it is an event, a delivery or an attempt, the fields that queries search.
	Unreadable string `json:"-"`
}

// Damage returns Unreadable.
func (e *Entry) Damage() string { return e.Unreadable }

// Sequence returns the record's number.
func (e *Entry) Sequence() Seq { return e.Seq }
func (e *Entry) entry() *Entry { return e }

// Event is something that happened. Its number is its id.
type Event struct {
	Entry
	schemas.Event
	At     time.Time
	Origin string // its cause: "clinic", "api", "traffic" or "provider"
}

// Delivery is an event that is to be delivered to one subscription. Append takes a new delivery; reading returns its
// present state.
type Delivery struct {
	Entry
	simulator.Delivery
	EventSeq Seq // the number of its event; 0 means the event before it in the same call of Append
	DeliveryState

	Origin string // the origin of its event; set when the delivery is read

	// Append sets these fields to zero and updates them with each attempt.
	Attempts int               // the number of attempts
	LastAt   time.Time         // the start of the last attempt
	Status   int               // the status code of the last response; 0 if there was none
	Failure  simulator.Failure // why the last attempt got no response; "" if it got one
}

// DeliveryState is the state of a delivery, with its place in the retry policy.
type DeliveryState struct {
	State State
	Due   time.Time // when a pending delivery is tried next; otherwise zero
	Tries int       // the number of attempts since the delivery was last queued
}

// State is the state of a delivery.
type State string

// The states of a delivery. Pending and held deliveries are unfinished.
const (
	Pending   State = "pending"   // it will be tried when it is due
	Held      State = "held"      // it waits until its subscription is resumed
	Delivered State = "delivered" // the receiver accepted it
	Failed    State = "failed"    // all its attempts failed
	Dropped   State = "dropped"   // it will not be tried, because of a setting or because its subscription was deleted
)

// States returns all states, in the order of the constants.
func States() []State { return []State{Pending, Held, Delivered, Failed, Dropped} }

// Unfinished reports whether s is Pending or Held.
func (s State) Unfinished() bool { return s == Pending || s == Held }

// Attempt is one attempt of a delivery, and the state that the delivery has after it.
type Attempt struct {
	Entry
	simulator.Attempt
	Next       DeliveryState // the new state of the delivery; if State is "" the delivery keeps its state
	Verdict    Verdict       // on the body before any fault was injected
	Violations []string      // of the payload schema, one per line
	ReplayOf   Seq           // the attempt whose bytes were sent again, or 0

	Identifiers []schemas.Identifier // those of its event; set when the attempt is read
}

// Verdict is the result of validating a body against its payload schema.
type Verdict string

// The verdicts.
const (
	Unchecked Verdict = ""
	Valid     Verdict = "valid"
	Invalid   Verdict = "invalid"
)

// Outcome is the result of an attempt.
type Outcome string

// The outcomes of an attempt.
const (
	Accepted   Outcome = "accepted"   // a response with status 2xx
	Refused    Outcome = "refused"    // a response with any other status
	Unanswered Outcome = "unanswered" // no complete response
)

// Outcome returns the result of the attempt, or "" if the attempt is unreadable.
func (a *Attempt) Outcome() Outcome {
	switch {
	case a.Unreadable != "":
		return ""
	case a.Response.OK():
		return Accepted
	case a.Response.Failure == "":
		return Refused
	default:
		return Unanswered
	}
}

// Brief returns the attempt without the headers and bodies of its request and response.
func (a *Attempt) Brief() *Attempt {
	brief := *a
	brief.Request.Headers, brief.Request.Body = nil, nil
	brief.Response.Headers, brief.Response.Body = nil, nil
	return &brief
}

// Transition changes the state of a delivery without an attempt: to held when its subscription is paused, to pending
// when it is resumed or the delivery is requeued, to dropped when the subscription is deleted.
type Transition struct {
	Entry
	At         time.Time
	DeliveryID string
	Next       DeliveryState
	Reason     string // in a few words, for people
}

// Subscription is a new version of a subscription.
type Subscription struct {
	Entry
	simulator.Subscription
	At     time.Time
	Reason string // in a few words, for people: "created", "updated", "resumed"
}

// Token is a token of the API. Its text identifies it.
type Token struct {
	Entry
	At          time.Time
	Token       string
	Permissions []string
	Revoked     bool
}

// Fault is a new version of a fault that is injected into the attempts to a subscription.
type Fault struct {
	Entry
	At             time.Time
	ID             string
	SubscriptionID string
	Fault          string  // in canonical form, such as "signature=stale,age=400s"
	Remaining      int     // the number of further attempts to inject it into, if it is limited by number
	Share          float64 // the share of attempts to inject it into, from 0 to 1, if it is drawn at random
	Cleared        bool    // it has been removed
}

// Setting is a value that survives a restart.
type Setting struct {
	Entry
	At      time.Time
	Key     string
	Value   []byte
	Removed bool
}

// Clinic is an action in the clinic, or a snapshot that replaces all records of the clinic before it. Only the provider
// interprets Action and Data.
type Clinic struct {
	Entry
	At       time.Time
	Action   string
	Data     []byte
	Snapshot bool
}

// Notice is an e-mail that the provider would send to the practice's Technical Contact.
type Notice struct {
	Entry
	At             time.Time
	SubscriptionID string
	Subject        string
	Text           string
}

// Reset records that the journal was reset: all earlier records were deleted, except those of the kinds in Keep.
type Reset struct {
	Entry
	At   time.Time
	Keep []Kind
}

func (*Event) Kind() Kind        { return KindEvent }
func (*Delivery) Kind() Kind     { return KindDelivery }
func (*Attempt) Kind() Kind      { return KindAttempt }
func (*Transition) Kind() Kind   { return KindTransition }
func (*Subscription) Kind() Kind { return KindSubscription }
func (*Token) Kind() Kind        { return KindToken }
func (*Fault) Kind() Kind        { return KindFault }
func (*Setting) Kind() Kind      { return KindSetting }
func (*Clinic) Kind() Kind       { return KindClinic }
func (*Notice) Kind() Kind       { return KindNotice }
func (*Reset) Kind() Kind        { return KindReset }

func (r *Event) When() time.Time        { return r.At }
func (r *Delivery) When() time.Time     { return r.CreatedAt }
func (r *Attempt) When() time.Time      { return r.StartedAt }
func (r *Transition) When() time.Time   { return r.At }
func (r *Subscription) When() time.Time { return r.At }
func (r *Token) When() time.Time        { return r.At }
func (r *Fault) When() time.Time        { return r.At }
func (r *Setting) When() time.Time      { return r.At }
func (r *Clinic) When() time.Time       { return r.At }
func (r *Notice) When() time.Time       { return r.At }
func (r *Reset) When() time.Time        { return r.At }

// Key returns the key of a subscription, token, fault or setting, and whether the record removes that key from
// those in force. For other kinds ok is false. It is for implementations of [Journal].
func Key(r Record) (key string, ends, ok bool) {
	switch r := r.(type) {
	case *Subscription:
		return r.ID, false, true
	case *Token:
		return r.Token, r.Revoked, true
	case *Fault:
		return r.ID, r.Cleared, true
	case *Setting:
		return r.Key, r.Removed, true
	}
	return "", false, false
}
