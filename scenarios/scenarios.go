// Package scenarios holds the nouns of a play: what a scenario expects, what it found, and what is reported of it.
//
// A play flows one way, and each part hands the next a finished thing:
//
//	script.Parse     a file becomes a tree with places; lint says all that is wrong with it
//	player.Play      walks the tree, makes each send, and hands every outcome to
//	Judge            which compares an attempt with an [Expect] and gives a [Verdict]
//	Recorder         counts verdicts, coverage and latency, and keeps the first of each
//	Result           what a run came to; everything in report is a view of it and computes no verdict of its own
//
// A [Result] has one [Scenario] per scenario played, a Scenario one [StepResult] per step of the file, in the file's order. Its
// size is bounded however long the run was: counts are exact, [MaxFailures] failures are there in full and [MaxAttempts]
// attempts are kept.
//
//	verdict := scenarios.Judge(expect, &attempt)
//	for _, f := range verdict.Failures {
//		fmt.Println(f) // status: expected 2xx, got 404
//	}
//
// README.md beside this file is the language of scenarios, by example. This package sends nothing, reads no file and asks
// no clock: whoever plays tells it the times.
package scenarios

import "time"

// Step says which step of a scenario something belongs to, and where it is written.
type Step struct {
	Path   string   // "8", or "8.2" for the second step inside it; also what --until and --only take
	Kind   string   // the word that the step begins with: send, probe, wait, …
	What   string   // one line for people, such as "send booking.created about visit"
	Name   string   // the step's own name, or ""
	Tags   []string // what --tag selects by
	File   string
	Line   int
	Column int
}

// Holds reports whether the step is made of other steps: their paths begin with its own.
func (s *Step) Holds() bool {
	switch s.Kind {
	case "shuffle", "repeat", "parallel", "play":
		return true
	}
	return false
}

// Outcome is how a step went.
type Outcome string

// The outcomes of a step.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // not played, for the reason that is given
	NotRun  Outcome = "not run" // not reached: the scenario was stopped before it
)

// Verdict is what [Judge] found.
type Verdict struct {
	Failures []Failure // what was expected and not found; none where all is well
	More     int       // failures beyond [MaxFailuresPerAttempt], counted alone
}

// Passed reports whether every expectation was met.
func (v *Verdict) Passed() bool { return len(v.Failures) == 0 }

// The parts of an expectation that can fail, as [Failure.What] names them.
const (
	WhatResponse = "response" // an answer where none was expected, or none where one was
	WhatStatus   = "status"
	WhatHeader   = "header"
	WhatWithin   = "within"
	WhatEquals   = "equals"
	WhatBody     = "body"
	WhatOutput   = "output" // of a command that a probe ran
	WhatExit     = "exit code"
	WhatCapture  = "capture" // of a value that is not in the answer; Failure.Name is what it was to be called
	WhatStep     = "step"    // the step could not be played
)

// Failure is one expectation that was not met, both values side by side.
type Failure struct {
	What     string // which part of the expectation
	Name     string // of a header, or of a capture
	Pointer  string // RFC 6901 pointer into the answer's body, for equals and body; "" is the whole body
	Expected string
	Got      string
}

// Subject returns what failed, with its name or its place: "header Content-Type", "body /job/id".
func (f Failure) Subject() string {
	words := f.What
	for _, word := range []string{f.Name, f.Pointer} {
		if word != "" {
			words += " " + word
		}
	}
	return words
}

// String returns the failure in one line.
func (f Failure) String() string {
	return f.Subject() + ": expected " + f.Expected + ", got " + f.Got
}

// DefaultWithin is the time that an answer may take where a scenario says nothing: the provider's own time-out for a
// whole attempt (not published; the contract's default).
const DefaultWithin = 10 * time.Second
