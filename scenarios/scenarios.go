// Package scenarios holds the types of a run: the response that a step expects, the verdict on it, and the result that
// reports show.
//
// Data flows one way through the packages below:
//
//	script.Parse    reads a file into a tree of steps, with positions, and reports every mistake in it
//	player.Play     walks the tree, makes the attempts and passes each of them to
//	Judge           which compares an attempt with an [Expect] and returns a [Verdict]
//	Recorder        counts verdicts, coverage and latency, and keeps the first attempts and failures
//	Result          is the outcome of the run; each report is a view of it and computes no verdict
//
// Package load sends many events without a file and passes each attempt to Judge as well. Package check plays the checks of
// package conformance with a player; [JudgeCheck] judges them, and a [CheckRun] is the outcome.
//
// A [Result] has a [ScenarioResult] for each scenario, and that has a [StepResult] for each step of the file, in the
// order of the file. The size of a Result does not depend on the length of the run: the counts are exact, and at most
// [MaxFailures] failures and [MaxAttempts] attempts are kept.
//
//	verdict := scenarios.Judge(expect, &attempt)
//	for _, f := range verdict.Failures {
//		fmt.Println(f) // status: expected 2xx, got 404
//	}
//
// README.md in this folder documents the scenario language by example. This package sends nothing, reads no files and
// does not read the time: the caller passes durations in.
package scenarios

import (
	"time"

	"semblance/schemas/human"
)

// Step describes one step of a scenario and its position in the file.
type Step struct {
	Path        string   `json:"path"`                  // "8", or "8.2" for the second step inside it; --until and --only accept it
	Kind        string   `json:"kind"`                  // the key that the step starts with: send, probe, wait, …
	Title       string   `json:"title"`                 // one line for people, such as "send booking.created about visit"
	Name        string   `json:"name,omitempty"`        // the name that the file gives the step, or ""
	Description string   `json:"description,omitempty"` // what happens, in a sentence, or ""
	Fix         string   `json:"fix,omitempty"`         // what to change in the receiver if the step fails, in a sentence, or ""
	Tags        []string `json:"tags,omitempty"`        // --tag selects by them
	File        string   `json:"file"`
	Line        int      `json:"line"`
	Column      int      `json:"column"`
}

// IsBlock reports whether the step contains other steps, whose paths start with its own.
func (s *Step) IsBlock() bool {
	switch s.Kind {
	case "shuffle", "repeat", "parallel", "play":
		return true
	}
	return false
}

// Outcome is the state of a step or a scenario in a result.
type Outcome string

// The outcomes of a step.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // not played; StepResult.Reason says why
	NotRun  Outcome = "not run" // not reached: the scenario was stopped earlier
)

// Verdict is the result of [Judge].
type Verdict struct {
	Failures []Failure `json:"failures,omitempty"`        // the expectations that were not met
	Warnings []Failure `json:"warnings,omitempty"`        // what the response should have been; see [Should]
	Remarks  []Failure `json:"remarks,omitempty"`         // what the response may be; see [May]
	Omitted  int       `json:"omittedFailures,omitempty"` // further failures, beyond [MaxFailuresPerAttempt]
}

// MaxFailuresPerAttempt bounds the failures that one verdict lists: a response with a million wrong elements does not
// need a million lines.
const MaxFailuresPerAttempt = 20

// maxText bounds each text of a failure, in characters: up to three lines on a terminal.
const maxText = 300

// Passed reports whether every expectation was met.
func (v *Verdict) Passed() bool { return len(v.Failures) == 0 }

// Add adds a failure, with its texts cut to a length that fits a report.
func (v *Verdict) Add(f Failure) {
	if len(v.Failures) == MaxFailuresPerAttempt {
		v.Omitted++
		return
	}
	f.Name, f.Pointer = human.Cut(f.Name, maxText), human.Cut(f.Pointer, maxText)
	f.Expected, f.Got = human.Cut(f.Expected, maxText), human.Cut(f.Got, maxText)
	v.Failures = append(v.Failures, f)
}

// The parts of an expectation, as [Failure.Part] names them.
const (
	PartResponse = "response" // a response although none was expected, or no response
	PartStatus   = "status"
	PartHeader   = "header"
	PartWithin   = "within"
	PartEquals   = "equals"
	PartBody     = "body"
	PartOutput   = "output"    // of a command that a probe ran
	PartExit     = "exit code" // of a command that a probe ran
	PartCapture  = "capture"   // the response has no such value; Failure.Name is the name of the capture
	PartEffect   = "effect"    // the event had too many effects, or too few; Failure.Name is the id of its record
	PartQuery    = "query"     // the receiver did not ask the provider's API, or did although it should not
	PartStep     = "step"      // the step could not be played
)

// Failure is an expectation that was not met, with the expected and the actual value.
type Failure struct {
	Part     string `json:"part"`              // the part of the expectation, such as [PartStatus]
	Name     string `json:"name,omitempty"`    // the name of the header or the capture, or ""
	Pointer  string `json:"pointer,omitempty"` // JSON pointer (RFC 6901) into the response body; "" is the whole body
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// Subject returns the part of the expectation with its name or pointer: "header Content-Type", "body /job/id".
func (f Failure) Subject() string {
	words := f.Part
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

// TooLate returns the failure of a response that took longer than the limit.
func TooLate(limit, took time.Duration) Failure {
	expected, got := human.Duration(limit), human.Duration(took)
	if got == expected { // the difference is too small to show
		got = "more than " + got
	}
	return Failure{Part: PartWithin, Expected: "at most " + expected, Got: got}
}
