package report

import (
	"cmp"
	"strconv"
	"strings"

	"semblance/schemas/lazy"
	"semblance/simulator"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator/hint"
)

// Bounds of the output of one run on a terminal.
const (
	maxSame       = 2  // further steps that are shown in one line if they fail by a cause that was shown before
	maxCauseLines = 30 // of the first step that fails by a cause
	maxInFull     = 12 // causes that are shown in full; each further step has one line
	maxCauses     = 8  // causes that the summary lists
)

// A cause is a reason for which one or more steps of a run failed.
type cause struct {
	evidence  *scenarios.Evidence // of the first step that failed by it
	first     *scenarios.StepResult
	scenario  *scenarios.ScenarioResult // of the first step
	steps     int
	mixed     bool // the file gives the steps different fixes
	scenarios int  // in how many scenarios
	last      *scenarios.ScenarioResult
}

// title describes the cause in one line.
func (c *cause) title() string {
	failures := c.evidence.Verdict.Failures
	if len(failures) == 0 {
		return "failed"
	}
	if failures[0].Part == scenarios.PartResponse {
		return human.Line(failures[0].Got)
	}
	text := human.Line(failures[0].String())
	if says := human.Excerpt(responseText(c.evidence), 80); says != "" && failures[0].Part == scenarios.PartStatus {
		text += ": " + says
	}
	return text
}

// times says how many steps failed by the cause.
func (c *cause) times() string {
	text := human.Count(c.steps, "step")
	if c.scenarios > 1 {
		text += " in " + human.Count(c.scenarios, "scenario")
	}
	return text
}

// fix returns what to change, or "".
func (c *cause) fix() string {
	if c.mixed && c.evidence.Hint.Name == "error" {
		return c.evidence.Hint.Fix
	}
	return fixOf(&c.first.Step, c.evidence)
}

// fixOf returns what to change: the hint of the response, or the fix that the file gives for the step. A hint about the
// connection or the route is certain. About a response that reached the receiver's code the file knows more. A step that
// could not be played, such as one whose probe failed, says nothing about the receiver.
func fixOf(step *scenarios.Step, e *scenarios.Evidence) string {
	if e.Verdict.Failures[0].Part == scenarios.PartStep {
		return e.Hint.Fix
	}
	switch e.Hint.Name {
	case "", "error", "unread", "forgery-accepted":
		if step.Fix != "" && e.Hint.Name == "error" {
			return "the receiver failed: its log names the error. " + human.Line(step.Fix)
		}
		if step.Fix != "" {
			return human.Line(step.Fix)
		}
	}
	return e.Hint.Fix
}

// failedEvidence returns the first failed attempt or check of a step, or nil.
func failedEvidence(s *scenarios.StepResult) *scenarios.Evidence {
	for i := range s.Evidence {
		if !s.Evidence[i].Verdict.Passed() {
			return &s.Evidence[i]
		}
	}
	return nil
}

// numbers are the parts of a message that differ from attempt to attempt: ids, counts and times.
var numbers = lazy.Regexp(`[0-9a-fA-F]{12,}|[0-9]+`)

func withoutNumbers(text string) string { return numbers().ReplaceAllString(text, "#") }

// causeKey returns the same text for failures with the same cause.
func causeKey(step *scenarios.Step, e *scenarios.Evidence) string {
	failures := e.Verdict.Failures
	switch failures[0].Part {
	case scenarios.PartResponse, scenarios.PartStep:
		return withoutNumbers(failures[0].Got)
	}
	switch e.Hint.Name {
	case "error": // the same exception is the same cause, whatever the step expected
		return responseKey(e)
	case "validation":
		return e.Hint.Name + " " + e.Hint.Fix
	case "", "unread", "forgery-accepted":
	default:
		return e.Hint.Name
	}
	if failures[0].Part == scenarios.PartStatus {
		says := cmp.Or(step.Fix, failures[0].Expected)    // the same fix is the same cause, in whatever words the steps expect it
		if failures[0].Got == "401" && e.Attempt != nil { // the receiver refuses right signatures: the usual cause is the same for all
			says = e.Attempt.Request.Fault
		}
		return strings.Join([]string{failures[0].Got, withoutNumbers(human.Excerpt(responseText(e), 80)), says}, "\n")
	}
	var b strings.Builder
	for _, f := range failures {
		b.WriteString(withoutNumbers(f.String()) + "\n")
	}
	return b.String() + step.Fix
}

// causes groups the failed steps by their cause, in the order in which they are added.
type causes struct {
	byKey      map[string]*cause
	list       []*cause
	unverified *cause // the receiver accepts events that are not signed with its secret
}

// responseKey returns the same text for responses that say the same.
func responseKey(e *scenarios.Evidence) string {
	if e.Attempt == nil {
		return ""
	}
	return "response " + strconv.Itoa(e.Attempt.Response.Status) + " " + withoutNumbers(human.Excerpt(responseText(e), 80))
}

// anySignature matches the faults that a receiver accepts only if it verifies no signature.
var anySignature = lazy.Regexp(`^signature=(missing|wrong-secret)\b`)

// acceptsForgery reports whether the receiver accepted a request that it should have refused, which is forged or hand-made.
func acceptsForgery(e *scenarios.Evidence) bool {
	part := e.Verdict.Failures[0].Part
	return e.Attempt != nil && e.Attempt.Response.OK() && (part == scenarios.PartStatus || part == scenarios.PartResponse) &&
		(e.Attempt.Request.Fault != "" || e.Attempt.Request.Kind == simulator.KindExact)
}

// add adds a failed step and returns its cause, or nil if no attempt or check of it is kept.
func (c *causes) add(scenario *scenarios.ScenarioResult, s *scenarios.StepResult) *cause {
	e := failedEvidence(s)
	if e == nil {
		return nil
	}
	key := causeKey(&s.Step, e)
	one := c.byKey[key]
	switch {
	case one != nil:
	case acceptsForgery(e): // a receiver that accepts any signature accepts every forgery
		one = c.unverified
	case e.Hint.Name == "": // a receiver that refuses every signature says so to the unusual ones too
		one = c.byKey[responseKey(e)]
	}
	if one == nil {
		one = &cause{evidence: e, first: s, scenario: scenario}
		if c.byKey == nil {
			c.byKey = map[string]*cause{}
		}
		c.byKey[key] = one
		if e.Hint.Name == hint.Signature {
			c.byKey[responseKey(e)] = one
		}
		if acceptsForgery(e) && anySignature().MatchString(e.Attempt.Request.Fault) {
			c.unverified = one
		}
		c.list = append(c.list, one)
	}
	one.steps++
	one.mixed = one.mixed || s.Fix != one.first.Fix
	if one.last == nil || one.last.File != scenario.File || one.last.Name != scenario.Name {
		one.last = scenario
		one.scenarios++
	}
	return one
}

// causesOf groups the failed steps of a run.
func causesOf(r *scenarios.Result) []*cause {
	var c causes
	for i := range r.Scenarios {
		scenario := &r.Scenarios[i]
		for k := range scenario.Steps {
			if s := &scenario.Steps[k]; s.Outcome == scenarios.Failed && !s.IsBlock() {
				c.add(scenario, s)
			}
		}
	}
	return c.list
}

// same says that a step failed by a cause that was shown before.
func (c *cause) same(scenario *scenarios.ScenarioResult) string {
	where := "step " + c.first.Path
	if c.scenario.File != scenario.File {
		where += " of " + human.Line(c.scenario.File)
	}
	return "same cause as " + where
}

// firstLines returns the first lines of a text, and how many more there are.
func firstLines(text string, n int) (string, int) {
	lines := strings.SplitAfter(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	if len(lines) <= n {
		return text, 0
	}
	return strings.Join(lines[:n], ""), len(lines) - n
}

// moreLines says that lines were left out.
func moreLines(n int) string {
	return "        and " + strconv.Itoa(n) + " more lines; --report html=FILE has them\n"
}
