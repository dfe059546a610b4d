package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
)

// Check describes a check: how a correct receiver behaves, why, and what to change in one that does not. Its file is a
// scenario with a head.
type Check struct {
	ID      string   `json:"id"`    // such as SIG-18
	Name    string   `json:"name"`  // states how a correct receiver behaves
	Group   string   `json:"group"` // one of [CheckGroups]
	Level   Level    `json:"level"` // the strongest level of its steps
	Why     string   `json:"why"`
	Fix     string   `json:"fix"`
	Sources []string `json:"sources"`         // URLs, contract or own
	After   []string `json:"after,omitempty"` // ids of checks; if one of them failed, this one is not judged
	File    string   `json:"file"`
}

// ControlID is the id of the check that sends a valid event. If it fails, no other check can be judged.
const ControlID = "CTL-01"

// CheckGroups returns the groups of checks, in the order of reports.
func CheckGroups() []string {
	return []string{"control", "signature", "freshness", "payload", "delivery", "transport", "leaks"}
}

// CompareChecks orders checks by their group, then by their id.
func CompareChecks(a, b Check) int {
	groups := CheckGroups()
	if d := slices.Index(groups, a.Group) - slices.Index(groups, b.Group); d != 0 {
		return d
	}
	return strings.Compare(a.ID, b.ID)
}

// ProbeFailed begins the reason of a check whose effects could not be counted.
const ProbeFailed = "the probe failed"

// The outcomes of a check, beside [Passed], [Failed] and [Skipped].
const (
	Warned       Outcome = "warned"       // a SHOULD was not met
	Remarked     Outcome = "remarked"     // a MAY was not met
	Unsteady     Outcome = "unsteady"     // failed beside other checks and passed alone: a warning
	Inconclusive Outcome = "inconclusive" // not judged; CheckResult.Because or Reason says why
)

// CheckResult is the outcome of one check.
type CheckResult struct {
	Check
	Outcome  Outcome
	Because  string    // the id of the failed check that explains why this one was not judged, or ""
	Reason   string    // why the check was skipped or is inconclusive
	Known    string    // the reason for a failure that the baseline expects, or ""
	Findings []Finding // the requirements that were not met, the strongest first
	Also     string    // a further finding, such as the construction of signatures that the receiver accepts
	Fixes    string    // replaces Check.Fix if more is known
	Trial    Trial
	Duration time.Duration
	Rerun    []string // the arguments of the command that repeats the finding
}

// Advice returns the fix.
func (r *CheckResult) Advice() string { return cmp.Or(r.Fixes, r.Fix) }

// Trial holds the observations of a check, without a verdict.
type Trial struct {
	Steps   []TrialStep
	Control *Exchange // the valid event that followed the check; nil: none was due
	Unclear string    // why the responses say nothing about the check, such as a rate limit, or ""
	Fix     string    // what to change so that they do, or ""
}

// TrialStep is a step of a check that sends or examines something.
type TrialStep struct {
	Step
	Skipped   string     // why the step was not played, or ""
	Broken    string     // why the step could not be played, or ""
	Exchanges []Exchange // in the order in which they ended
	Effect    Effect     // required of each event, at the strongest level of the step
	Found     []Finding  // of a step that examines responses instead of sending something
}

// Exchange is a request of a check with its response.
type Exchange struct {
	Label    string // what distinguishes the request from the others of its step, or ""
	Attempt  simulator.Attempt
	Required []Requirement
	Twin     *simulator.Attempt  // the same event without the mistake; nil: none was sent
	Effects  *int                // the number of effects of the event; nil: they were not counted
	Probed   *simulator.Response // the last response of the probe about the record; nil: the probe was not asked
}

// Finding is a requirement of a step that was not met.
type Finding struct {
	Level     Level
	Step      Step
	Refusal   bool    // a request had to be refused: the finding concerns forgery
	Expected  string  // in words
	Got       string  // in words, if the finding concerns all responses together
	Exchanges []Unmet // those that are not as required
	Of        int     // the number of exchanges of the step
}

// Unmet is an exchange that is not as required.
type Unmet struct {
	Exchange
	Got   string // in words
	Brief string // in a word or two, such as 401
}

// JudgeCheck returns the outcome of a check. It is a pure function of the observations.
//
// A MUST that was not met is a failure, a SHOULD a warning, a MAY a remark. A refusal counts only if its twin was accepted:
// otherwise the check is inconclusive. A request that had to be refused and got a 5xx or a closed connection was not
// accepted, but by accident: a warning. If the valid event that follows the check is not accepted, the check has failed,
// whatever its level. A forged event that was accepted is a failure even if other responses are unclear.
func JudgeCheck(check Check, trial Trial) CheckResult {
	result := CheckResult{Check: check, Trial: trial, Outcome: Passed}
	var broken, skipped string
	for i := range trial.Steps {
		step := &trial.Steps[i]
		if step.Broken != "" {
			broken = step.Broken
		}
		if step.Skipped != "" {
			skipped = step.Skipped
		}
		result.Findings = append(result.Findings, step.findings()...)
	}
	if c := trial.Control; c != nil && !c.Attempt.Response.OK() {
		result.Findings = append(result.Findings, Finding{Level: Must, Step: Step{Title: "a valid event directly afterwards"}, Of: 1,
			Expected: Accepted.String(), Exchanges: []Unmet{{*c, describeInFull(&c.Attempt.Response), brief(&c.Attempt.Response)}}})
	}
	slices.SortStableFunc(result.Findings, func(a, b Finding) int { return a.Level.rank() - b.Level.rank() })
	twin := trial.refusedTwin()
	switch {
	case slices.ContainsFunc(result.Findings, Finding.forged):
		result.Outcome = Failed
	case trial.Unclear != "":
		result.Outcome, result.Reason, result.Fixes = Inconclusive, trial.Unclear, trial.Fix
	case len(result.Findings) > 0:
		result.Outcome = map[Level]Outcome{Must: Failed, Should: Warned, May: Remarked}[result.Findings[0].Level]
	case twin != "":
		result.Outcome, result.Reason = Inconclusive, twin
	case broken != "":
		result.Outcome, result.Reason = Inconclusive, broken
	case skipped != "" && !slices.ContainsFunc(trial.Steps, func(s TrialStep) bool { return s.Skipped == "" }):
		result.Outcome, result.Reason = Skipped, skipped
	}
	return result
}

// Refuses reports whether the step requires that requests are refused.
func (s *TrialStep) Refuses() bool {
	return slices.ContainsFunc(s.Exchanges, func(x Exchange) bool {
		return slices.ContainsFunc(x.Required, func(r Requirement) bool { return r.Refuses() })
	})
}

// findings returns the requirements of the step that were not met.
func (s *TrialStep) findings() []Finding {
	found := slices.Clone(s.Found)
	var attempts []*simulator.Attempt
	for i := range s.Exchanges {
		attempts = append(attempts, &s.Exchanges[i].Attempt)
	}
	add := func(level Level, refusal bool, x *Exchange, expected, got string) {
		i := slices.IndexFunc(found, func(f Finding) bool { return f.Level == level && f.Expected == expected })
		if i < 0 {
			i, found = len(found), append(found, Finding{Level: level, Step: s.Step, Refusal: refusal, Expected: expected, Of: len(s.Exchanges)})
		}
		if x == nil {
			found[i].Got = got
			return
		}
		word := brief(&x.Attempt.Response)
		if x.Effects != nil && strings.Contains(got, timesOfEffect(*x.Effects)) {
			word = timesOfEffect(*x.Effects)
		}
		found[i].Exchanges = append(found[i].Exchanges, Unmet{*x, got, word})
	}
	for i := range s.Exchanges {
		x := &s.Exchanges[i]
		for k := range x.Required {
			r := &x.Required[k]
			got := describeInFull(&x.Attempt.Response)
			verdict := r.Judge(&x.Attempt)
			switch {
			case verdict.Passed():
			case r.Level == Must && r.ByAccident(&x.Attempt.Response):
				add(Should, true, x, r.Wanted(), got+" (not accepted, but by accident)")
			default:
				add(r.Level, r.Refuses(), x, r.Wanted(), got)
			}
			effect := r.Effect
			if k == 0 && effect == "" {
				effect = s.Effect
			}
			if verdict.Passed() && x.Effects != nil && !effect.Holds(*x.Effects) {
				add(r.Level, r.Refuses(), x, effect.Describe(), timesOfEffect(*x.Effects)+", response "+got)
			}
			if verdict.Passed() && x.Probed != nil {
				for _, f := range r.JudgeShown(x.Probed).Failures {
					add(r.Level, false, x, "the probe shows "+f.Expected+" at "+f.Pointer, f.Got)
				}
			}
			if verdict := r.JudgeAll(attempts); i == 0 && !verdict.Passed() {
				add(r.Level, false, nil, verdict.Failures[0].Expected, verdict.Failures[0].Got)
			}
		}
	}
	return found
}

// timesOfEffect says how often an event took effect.
func timesOfEffect(n int) string {
	switch n {
	case 0:
		return "no effect"
	case 1:
		return "took effect"
	}
	return fmt.Sprintf("took effect %d times", n)
}

// brief describes a response by its status, or says why it is missing.
func brief(r *simulator.Response) string {
	if r.Failure == "" {
		return strconv.Itoa(r.Status)
	}
	return DescribeResponse(r)
}

// describeInFull describes a response with its time and the beginning of its body.
func describeInFull(r *simulator.Response) string {
	if r.Failure != "" {
		return DescribeResponse(r)
	}
	text := fmt.Sprintf("%d in %s", r.Status, human.Duration(r.Timings.Total))
	if location := r.Header("Location"); location != "" && r.Status/100 == 3 {
		return text + ", to " + human.Excerpt(location, maxText)
	}
	if len(r.Body) > 0 {
		text += ": " + excerpt(r.Body)
	}
	return text
}

// refusedTwin says that a twin was not accepted, or returns "".
func (t *Trial) refusedTwin() string {
	for _, step := range t.Steps {
		for _, x := range step.Exchanges {
			if x.Twin != nil && !x.Twin.Response.OK() {
				return "the same event without the mistake was not accepted either: " + DescribeResponse(&x.Twin.Response)
			}
		}
	}
	return ""
}

// forged reports whether the finding is a MUST: a request that had to be refused was accepted.
func (f Finding) forged() bool {
	return f.Level == Must && f.Refusal && slices.ContainsFunc(f.Exchanges, func(x Unmet) bool { return x.Attempt.Response.OK() })
}

func (l Level) rank() int { return slices.Index([]Level{Must, Should, May}, l) }
