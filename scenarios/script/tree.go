package script

import (
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator/fault"
)

// Scenario is the root of the tree: a scenario that was read and checked. Values that are known only during the play are
// still references, written ${…} ([Text], [Value]).
type Scenario struct {
	Pos
	Name        string
	Description string
	Seed        int64 // the random seed: the file's, or DefaultSeed
	HasSeed     bool  // the file has a seed of its own
	Library     bool  // a scenario of the library: its file is not on the disk
	Check       *Head // nil: not a check
	API         bool  // the provider's API is served over its records while it is played
	Cast        []Cast
	Steps       []Step
	Warnings    Problems // problems that do not stop the play
}

// Cast is a record of the clinic and its name in the scenario. In [Scenario.Cast] each record follows its relations.
type Cast struct {
	Pos
	Name      string
	Kind      string     // an identifier of the catalogue without Id
	Relations []Relation // to other records of the cast; all other relations are absent
	Outer     string     // in a scenario played by another: the record of the outer cast that replaces this one, or ""
}

// Relation is a record in its role for another record, such as the patient of a booking.
type Relation struct {
	Pos
	Role string
	Name string // in the cast
}

// Step is one step of a scenario: a *[Send], *[Resend], *[Do], *[Await], *[APIFault], *[Wait], *[Probe], *[Shuffle], *[Repeat], *[Parallel], *[Traffic],
// *[Play], *[Request] or *[Responses].
type Step interface {
	common() *Common
}

// Common is the part that all kinds of steps share.
type Common struct {
	Pos                          // where the step begins
	Path        string           // "8", or "8.2" for the second step inside it
	Kind        string           // the key that names the kind of step, such as send
	Name        string           // unique in its file, or ""
	Description string           // what happens, for reports, or ""
	Fix         string           // what to change in the receiver if the step fails, or ""
	Tags        []string         // for --tag
	Needs       Need             // without it the step is skipped
	Uses        []string         // captures that the step reads, each once; the step is skipped if one is missing
	Each        []Each           // the step is played once for each combination of the values,
	Samples     int              // or this often, to compare the times of the responses; 0: once
	Levels      []Level          // must, should and may, in this order; they replace Expect
	Effect      scenarios.Effect // of each event of the step, at the strongest level
}

// Need is something that a step or a check requires of the receiver or of the run.
type Need string

// The needs. All but the first concern a run of checks.
const (
	NeedReference Need = "reference-receiver" // the reference receiver of Semblance
	NeedProbe     Need = "probe"              // effects can be counted
	NeedHook      Need = "hook"               // the receiver's work can be made to fail or wait
	NeedReadBack  Need = "read-back"          // the receiver reads records from the provider's API of this Semblance
	NeedTiming    Need = "timing"             // the user asked for measurements
)

func (c *Common) common() *Common { return c }

// Of returns the common part of a step.
func Of(step Step) *Common { return step.common() }

// Children returns the steps inside a step, in the order of the file; for a [Play], those of its scenario.
func Children(step Step) []Step {
	switch s := step.(type) {
	case *Shuffle:
		return s.Steps
	case *Repeat:
		return s.Steps
	case *Parallel:
		return s.Steps
	case *Play:
		if s.Scenario != nil { // nil while a file with problems is read
			return s.Scenario.Steps
		}
	}
	return nil
}

// Delivering is the part that all steps that send events share.
type Delivering struct {
	Again    *Again  // nil: each event is sent once
	Layers   *Layers // nil: every layer is right
	Fault    *fault.Fault
	Deliver  Deliver
	Expect   Expect // the step's keys, then the file's, then the default
	Captures []Capture
}

// Send sends one event, whatever the state of the clinic. It does not change the clinic.
type Send struct {
	Common
	Delivering
	Type        *schemas.EventType // nil: each round has its own; see [Binding]
	TypeText    *Text              // send: "${name}"; nil if Type is set
	About       []About            // empty: the clinic creates a suitable record
	Identifiers []Named            // in the order of the file; they replace the identifiers of the records
	Omit        []string
	OmitTexts   []Text // of ${name}
	Hook        Hook   // for the record of the event
	omitAt      []Pos  // positions of Omit
	Invalid     bool   // invalid: on-purpose; otherwise a payload that violates its schema is an error
}

// Hook makes the receiver's work on a record fail or wait once, for a check that needs a hook. The zero value does nothing.
type Hook struct {
	Fail  bool          // it fails
	Delay time.Duration // it takes this time
}

// Do performs an action of the clinic and sends the resulting events.
type Do struct {
	Common
	Delivering
	Action string // one of [fixtures.Actions]
	About  []About
}

// About is a record that an event or an action concerns.
type About struct {
	Pos
	Role string // "" if the step names one record without a role
	Name string // in the cast
}

// Named is a value with a name: an identifier or a header.
type Named struct {
	Pos
	Name  string
	Value Text
}

// Again sends copies of an event.
type Again struct {
	Copies   int // in addition to the first
	As       As
	After    time.Duration // before each copy
	Together bool          // all at once, including the first
}

// As is the kind of a copy.
type As string

// The kinds of copies.
const (
	AsReplay   As = "replay"   // the same bytes and headers
	AsRetry    As = "retry"    // a new eventId and a new signature
	AsResigned As = "resigned" // the same eventId with a new time and signature
)

// Deliver says whether a failed attempt is followed by a retry.
type Deliver string

// The ways to deliver.
const (
	DeliverOnce        Deliver = "once"         // no retry: the first attempt is judged
	DeliverWithRetries Deliver = "with-retries" // the provider's retry policy with shorter waits; the last attempt is judged
)

// Capture stores a value of a response for later steps.
type Capture struct {
	Pos
	Name    string
	Pointer string // RFC 6901
}

// Wait pauses the scenario.
type Wait struct {
	Common
	For time.Duration
}

// Probe queries the receiver's application, or runs a command, until the result meets an expectation.
type Probe struct {
	Common
	Method     string // "" for a command
	URL        Text
	Headers    []Named
	Body       *Value // nil: none; a string is sent unchanged, any other value as JSON
	Exec       []Text // a command and its arguments, run without a shell
	Until      Until
	Within     time.Duration // time limit for the first success
	Every      time.Duration // interval between two queries
	StillAfter time.Duration // and-still-after; 0: no second check
	Captures   []Capture
}

// The defaults of a probe.
const (
	DefaultProbeWithin = 5 * time.Second
	DefaultProbeEvery  = 100 * time.Millisecond
)

// Until is the result that a probe waits for. A command has an exit code and an output in place of a status and a body.
type Until struct {
	Expect
	Exit   int   // the exit code
	Output *Text // a pattern with * for the output without surrounding white space; nil: any output
}

// Shuffle runs its steps one by one, in an order drawn from the seed.
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

// Traffic sends the events of a clinic's day. The records are its own, not those of the cast.
type Traffic struct {
	Common
	Delivering
	Events   int
	Rate     float64 // events started per second; 0: as fast as responses arrive
	InFlight int     // the largest number of events without a response
	Types    []*schemas.EventType
	Profile  fixtures.Profile // the mix of the events
}

// DefaultInFlight is the default of [Traffic.InFlight].
const DefaultInFlight = 16

// Play plays another scenario inside this one. The seed of that scenario is ignored.
type Play struct {
	Common
	File     string    // as written in the file
	Scenario *Scenario // its paths and positions are those of a part of this scenario
}

// Request sends any bytes with any signature.
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

// Sign is the construction of ${sign.t} and ${sign.v1}.
type Sign struct {
	Over      Text // the signed content; ${t} and ${body} are those of the request
	Algorithm string
	Encoding  string
	Time      SignTime
	Secret    *Text // nil: the secret of the target
}

// SignTime is the t of a signature.
type SignTime struct {
	Literal *Text         // the exact text of t; nil: the current time plus Offset
	Offset  time.Duration // such as -400s
}

// Expect is the expectation of a step before its references are resolved. See [Expect.Resolve].
type Expect struct {
	Pos      Pos // of the expect of the step or the file; the zero Pos if both have none
	Response scenarios.Presence
	Status   scenarios.Statuses
	Headers  []Named // values are patterns
	Within   time.Duration
	Equals   []Equal
	Body     *validate.Schema
	NoBody   bool
}

// Equal is the value that a response must have at a pointer.
type Equal struct {
	Pos
	Pointer string
	Value   Value
}
