package script

import (
	"time"

	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator/fault"
)

// Scenario is one scenario, read and checked: the root of the tree. Everything in it is resolved as far as it can be before
// the first send; what is left are the values that only the play knows, written ${…} ([Text], [Value]).
type Scenario struct {
	Pos
	Name        string
	Description string
	Seed        int64 // what decides all that is drawn: the file's, or DefaultSeed
	Cast        []Cast
	Steps       []Step
	Warnings    Problems // what is worth saying and does not stop the play
}

// Cast is a record of the clinic under the name that the scenario gives it. They are listed so that each comes after those
// that it is related to.
type Cast struct {
	Pos
	Name      string
	Kind      string     // an identifier of the catalogue without Id
	Relations []Relation // to other records of the cast; a relation that is not listed is absent
	Outer     string     // in a scenario that another plays: the record of the outer cast that it stands for, or ""
}

// Relation is the record that plays a role for another, such as the patient of a booking.
type Relation struct {
	Pos
	Role string
	Name string // in the cast
}

// Step is one step of a scenario: one of *[Send], *[Do], *[Wait], *[Probe], *[Shuffle], *[Repeat], *[Parallel], *[Traffic],
// *[Play] and *[Request].
type Step interface {
	common() *Common
}

// Common is what every kind of step has.
type Common struct {
	Pos            // where the step begins
	Path  string   // "8", or "8.2" for the second step inside it
	Kind  string   // the word that the step begins with
	Name  string   // unique in its file, or ""
	Tags  []string // what --tag selects by
	Needs Need     // what the receiver must be, or the step is skipped
	Uses  []string // the captures that the step itself reads, each once; one that is missing skips the step
}

// Need is what a step needs of the receiver that not every receiver has.
type Need string

// NeedReference is a step that only the reference receiver of Semblance can pass, such as one that asks what it received.
const NeedReference Need = "reference-receiver"

// Common returns what every kind of step has.
func (c *Common) common() *Common { return c }

// Of returns what every kind of step has.
func Of(step Step) *Common { return step.common() }

// Children returns the steps inside a step, in the file's order; those of a [Play] are its scenario's.
func Children(step Step) []Step {
	switch s := step.(type) {
	case *Shuffle:
		return s.Steps
	case *Repeat:
		return s.Steps
	case *Parallel:
		return s.Steps
	case *Play:
		if s.Scenario != nil { // nil while a file with problems is being read
			return s.Scenario.Steps
		}
	}
	return nil
}

// Delivering is what the steps that send events have in common.
type Delivering struct {
	Again    *Again // nil: each event is sent once
	Fault    *fault.Fault
	Deliver  Deliver
	Expect   Expect // merged: the step's own over the file's over the default
	Captures []Capture
}

// Send states one event, whatever the clinic's state, and changes nothing.
type Send struct {
	Common
	Delivering
	Type        *schemas.EventType
	About       []About // empty: the clinic makes a fitting record
	Identifiers []Named // in the file's order; over what follows from About
	Omit        []string
	omitted     []Pos // where they are written
	Invalid     bool  // invalid: on-purpose; otherwise a payload that breaks its schema is an error
}

// Do performs an action of the clinic and sends each event that it gives.
type Do struct {
	Common
	Delivering
	Action string // one of [fixtures.Actions]
	About  []About
}

// About is a record that an event or an action concerns.
type About struct {
	Pos
	Role string // "" where there is but one: the record itself
	Name string // in the cast
}

// Named is a value with a name: an identifier, or a header.
type Named struct {
	Pos
	Name  string
	Value Text
}

// Again sends an event more than once.
type Again struct {
	Copies   int // besides the first
	As       As
	Together bool // all at once, the first too
}

// As is what the copies of an event are.
type As string

// The kinds of copies.
const (
	AsReplay As = "replay" // the same bytes and headers
	AsRetry  As = "retry"  // a new eventId, signed anew
)

// Deliver says what happens when an attempt fails.
type Deliver string

// The ways to deliver.
const (
	DeliverOnce        Deliver = "once"         // nothing: the attempt is judged as it is
	DeliverWithRetries Deliver = "with-retries" // the provider's ladder, its waits compressed; the last attempt is judged
)

// Capture takes a value out of the answer.
type Capture struct {
	Pos
	Name    string
	Pointer string // RFC 6901
}

// Wait lets time pass.
type Wait struct {
	Common
	For time.Duration
}

// Probe asks the receiver's own application what it did, until it says what is expected.
type Probe struct {
	Common
	Method     string // "" where Exec is asked
	URL        Text
	Headers    []Named
	Body       *Value // nil: none; a text is sent as it is, anything else as JSON
	Exec       []Text // a command and its arguments, without a shell
	Until      Until
	Within     time.Duration // for the first success
	Every      time.Duration // from one question to the next
	StillAfter time.Duration // and-still-after; 0: it is not asked again
	Captures   []Capture
}

// The defaults of a probe.
const (
	DefaultProbeWithin = 5 * time.Second
	DefaultProbeEvery  = 100 * time.Millisecond
)

// Until is what a probe waits for. For a command, its output takes the place of the body, and it is Exit that is expected
// instead of a status.
type Until struct {
	Expect
	Exit   int   // the exit code
	Output *Text // a pattern with * that the output must fit, white space at its ends apart; nil: anything
}

// Shuffle runs its steps one by one in an order that is drawn from the seed.
type Shuffle struct {
	Common
	Steps []Step
}

// Repeat runs its steps several times, one round after the other.
type Repeat struct {
	Common
	Times int
	Steps []Step
}

// Parallel runs its steps at once and ends when all have ended.
type Parallel struct {
	Common
	Steps []Step
}

// Traffic lets the clinic go about its day, with records of its own.
type Traffic struct {
	Common
	Delivering
	Events   int
	Rate     float64 // events a second, open loop; 0: as fast as answers come
	InFlight int     // how many may wait for their answer at once
	Types    []*schemas.EventType
}

// DefaultInFlight is how many events of a traffic may wait for their answer at once.
const DefaultInFlight = 16

// Play plays another scenario inside this one. Its seed is not asked.
type Play struct {
	Common
	File     string    // as it is written
	Scenario *Scenario // read, checked, and numbered within this one
}

// Request sends any bytes, signed any way.
type Request struct {
	Common
	Method   string
	HTTP     string // "1.0" or "1.1"
	URL      *Text  // nil: the target
	Headers  []Named
	Body     Text
	Sign     Sign
	Expect   Expect
	Captures []Capture
}

// Sign says how ${sign.t} and ${sign.v1} of a request are made.
type Sign struct {
	Over      Text // what is signed; ${t} and ${body} are those of the request
	Algorithm string
	Encoding  string
	Time      SignTime
	Secret    *Text // nil: the target's
}

// SignTime is the t of a signature.
type SignTime struct {
	Literal *Text         // t as it is written; nil: now and Offset
	Offset  time.Duration // such as -400s
}

// Expect is what a step expects, before its values are known. See [Expect.Resolve].
type Expect struct {
	Pos      Pos // of the step's own expect; of the file's, or nothing, where it has none
	Response scenarios.Presence
	Status   scenarios.Statuses
	Headers  []Named // values are patterns
	Within   time.Duration
	Equals   []Equal
	Body     *validate.Schema
	NoBody   bool
}

// Equal is the value that the answer must have at a place.
type Equal struct {
	Pos
	Pointer string
	Value   Value
}
