package journal

import (
	"time"

	"semblance/schemas"
	"semblance/simulator"
)

// Kind names what sort of thing a record tells.
type Kind string

// The kinds of record.
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

// Kinds returns every kind, in the order of their description.
func Kinds() []Kind {
	return []Kind{KindEvent, KindDelivery, KindAttempt, KindTransition, KindSubscription, KindToken, KindFault, KindSetting, KindClinic, KindNotice, KindReset}
}

// Record is one thing that happened: a pointer to one of the types of this file.
type Record interface {
	Kind() Kind
	Sequence() Seq   // its number, 0 before it is appended
	When() time.Time // the simulated time of it
	entry() *Entry
}

// Entry is what every record has: its number, which Append sets.
type Entry struct{ Seq Seq }

// Sequence returns the record's number.
func (e *Entry) Sequence() Seq { return e.Seq }
func (e *Entry) entry() *Entry { return e }

// Change is one event that happened. Its number is its id.
type Event struct {
	Entry
	schemas.Event
	At     time.Time
	Origin string // who made it happen, in a word: such as "clinic", "api", "traffic", "provider"
}

// Delivery is a change that is owed to one subscription. Appended, it is new; read, it shows how it stands now.
type Delivery struct {
	Entry
	simulator.Delivery
	EventSeq Seq // the number of its change. Where it is 0, Append takes the change before it in the same call.
	DeliveryState

	// What follows is kept by the journal as attempts are appended.
	Attempts int               // how many there were; the next has one number more
	LastAt   time.Time         // when the last one started
	Status   int               // what it was answered, 0 without an answer
	Failure  simulator.Failure // how it failed, "" with an answer
}

// Standing is where a delivery stands.
type DeliveryState struct {
	State State
	Due   time.Time // when a pending one is to be tried next; zero otherwise
	Tries int       // attempts made since it was queued, or queued again
}

// State is what is to become of a delivery.
type State string

// The states of a delivery. The first two are owed, the others are finished.
const (
	Pending   State = "pending"   // it will be tried, or tried again, when it is due
	Held      State = "held"      // its subscription is paused
	Delivered State = "delivered" // the receiver accepted it
	Failed    State = "failed"    // for good: the attempts are exhausted
	Dropped   State = "dropped"   // it will not be tried, by setting or because the subscription is deleted
)

// States returns the states of a delivery.
func States() []State { return []State{Pending, Held, Delivered, Failed, Dropped} }

// Owed reports whether a delivery in this state is not finished.
func (s State) Unfinished() bool { return s == Pending || s == Held }

// Attempt is one try, and where it leaves its delivery.
type Attempt struct {
	Entry
	simulator.Attempt
	Next       DeliveryState // what its delivery becomes in the same commit; where State is "" it stays as it is
	Verdict    Verdict       // on the body that was meant to be sent
	Violations []string      // of the payload schema, one line each
	ReplayOf   Seq           // the attempt whose bytes were sent again, or 0
}

// Verdict is what the payload's schema says of a body.
type Verdict string

// The verdicts.
const (
	Unchecked Verdict = ""
	Valid     Verdict = "valid"
	Invalid   Verdict = "invalid"
)

// Outcome is what became of an attempt, in a word.
type Outcome string

// The outcomes of an attempt.
const (
	Accepted   Outcome = "accepted"   // answered 2xx
	Refused    Outcome = "refused"    // answered otherwise
	Unanswered Outcome = "unanswered" // no whole answer
)

// Outcome returns what became of the attempt.
func (a *Attempt) Outcome() Outcome {
	switch {
	case a.Response.OK():
		return Accepted
	case a.Response.Failure == "":
		return Refused
	default:
		return Unanswered
	}
}

// Brief returns the attempt without the headers and bodies of request and answer.
func (a *Attempt) Brief() *Attempt {
	brief := *a
	brief.Request.Headers, brief.Request.Body = nil, nil
	brief.Response.Headers, brief.Response.Body = nil, nil
	return &brief
}

// Move is a delivery that comes to stand elsewhere without an attempt: kept when its subscription is paused, pending on
// resume or when it is queued again by hand, dropped when the subscription is deleted.
type Transition struct {
	Entry
	At         time.Time
	DeliveryID string
	Next       DeliveryState
	Reason     string // in a few words, for people
}

// Subscription is a subscription as it is from now on.
type Subscription struct {
	Entry
	simulator.Subscription
	At     time.Time
	Reason string // in a word or a few: such as "created", "updated", "deleted", "paused by the breaker", "resumed"
}

// Token is a token of the API, by its text.
type Token struct {
	Entry
	At          time.Time
	Token       string
	Permissions []string
	Revoked     bool
}

// Fault is a fault that spoils attempts to a subscription, as it is from now on.
type Fault struct {
	Entry
	At             time.Time
	ID             string
	SubscriptionID string
	Fault          string  // as its canonical text, such as "signature=stale,age=400s"
	Remaining      int     // how many attempts it will yet spoil, where it counts
	Share          float64 // what share of the attempts it spoils, where it is drawn
	Cleared        bool    // it spoils no more
}

// Setting is a value that must survive a restart, by its key.
type Setting struct {
	Entry
	At      time.Time
	Key     string
	Value   []byte
	Removed bool
}

// Clinic is one step in the clinic's life: how it was founded, an action, or a snapshot that stands for all that was
// before it. What Data holds is the provider's affair alone.
type Clinic struct {
	Entry
	At       time.Time
	Action   string // which of these it is, in the provider's words
	Data     []byte
	Snapshot bool // what came before it need not be kept
}

// Notice is what the provider would write to the practice's Technical Contact by e-mail.
type Notice struct {
	Entry
	At             time.Time
	SubscriptionID string
	Subject        string
	Text           string
}

// Reset says that all before it was forgotten, but for the kinds named.
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

// Key returns what a record of a kind in force is kept by, and whether it withdraws what is kept there. Of a kind that
// is not kept by key ok is false. It is for those who build a journal.
func Key(r Record) (key string, withdrawn, ok bool) {
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
