package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"semblance/simulator"
)

// CheckRun is the outcome of a run of checks. Reports are views of it.
type CheckRun struct {
	Target    string
	Signed    string // the published default secret, or "" for a secret of the user
	StartedAt time.Time
	Duration  time.Duration
	Requests  int
	Checks    []CheckResult // in the order of [CompareChecks]
	Effects   Effects
	Latency   time.Duration // of the valid event
	ClockOff  time.Duration // the receiver's clock minus ours, as far as Date shows it
	ClockRead bool          // the response had a Date
	IDs       string        // the digits that all ids of the run share, or ""

	Partial     bool     // only selected checks ran
	Strict      bool     // warnings are failures
	OutOfDate   []string // entries of the baseline that no longer hold, in sentences
	Interrupted bool
	Unreached   bool // no connection to the receiver
}

// Effects says how the effects of events were counted.
type Effects string

// The ways to count effects.
const (
	EffectsUnknown  Effects = ""      // only responses were judged
	EffectsByProbe  Effects = "probe" // by a probe of the user
	EffectsByOwn    Effects = "own"   // by the queries of the reference receiver
	EffectsByReader Effects = "api"   // by the receiver's requests to the provider's API
)

// effectWords say how effects were counted, and what a receiver was judged by: nothing is said of the reference receiver.
var effectWords = map[Effects]struct{ counted, judgedBy string }{
	EffectsUnknown:  {"not counted", "its responses alone"},
	EffectsByProbe:  {"by the probe", "its responses and the probe"},
	EffectsByOwn:    {"by the reference receiver", ""},
	EffectsByReader: {"by requests to the provider's API", "its responses and its requests to the provider's API"},
}

// String says how effects were counted, such as "by the probe".
func (e Effects) String() string { return effectWords[e].counted }

// The verdicts of a run.
const (
	VerdictPassed       = "passed"
	VerdictFailed       = "failed"
	VerdictInconclusive = "inconclusive"
)

// Failed reports whether a check counts as a failure of the run.
func (r *CheckRun) Failed(c *CheckResult) bool {
	if c.Known != "" {
		return false
	}
	return c.Outcome == Failed || r.Strict && (c.Outcome == Warned || c.Outcome == Unsteady)
}

// Control returns the check of the valid event, or nil.
func (r *CheckRun) Control() *CheckResult {
	for i := range r.Checks {
		if r.Checks[i].ID == ControlID {
			return &r.Checks[i]
		}
	}
	return nil
}

// ValidEvent returns the attempt of the control, or nil.
func (r *CheckRun) ValidEvent() *simulator.Attempt {
	if c := r.Control(); c != nil {
		for i := range c.Trial.Steps {
			if len(c.Trial.Steps[i].Exchanges) > 0 {
				return &c.Trial.Steps[i].Exchanges[0].Attempt
			}
		}
	}
	return nil
}

// Verdict returns passed, failed or inconclusive.
func (r *CheckRun) Verdict() string {
	switch {
	case len(r.OutOfDate) > 0 || slices.ContainsFunc(r.Checks, func(c CheckResult) bool { return r.Failed(&c) }):
		return VerdictFailed
	case r.Interrupted || r.Unreached || slices.ContainsFunc(r.Checks, func(c CheckResult) bool {
		return c.Outcome == Inconclusive && c.Because == "" && c.Level == Must && c.Known == ""
	}):
		return VerdictInconclusive
	}
	return VerdictPassed
}

// ExitCode returns the exit code of the process for this run.
func (r *CheckRun) ExitCode() int {
	switch {
	case r.Interrupted:
		return ExitInterrupted
	case r.Unreached:
		return ExitUnreached
	}
	switch r.Verdict() {
	case VerdictFailed:
		return ExitFailed
	case VerdictInconclusive:
		return ExitInconclusive
	}
	return ExitPassed
}

// count returns the number of checks that meet a condition.
func (r *CheckRun) count(is func(*CheckResult) bool) (n int) {
	for i := range r.Checks {
		if is(&r.Checks[i]) {
			n++
		}
	}
	return n
}

// Count returns the number of checks with an outcome. Checks that another one explains, and known failures, do not count.
func (r *CheckRun) Count(o Outcome) int {
	return r.count(func(c *CheckResult) bool { return c.Outcome == o && c.Because == "" && c.Known == "" })
}

// NotJudged returns the number of checks that a failed check explains.
func (r *CheckRun) NotJudged() int {
	return r.count(func(c *CheckResult) bool { return c.Because != "" })
}

// Explained returns the ids of the checks that were not judged because of a check.
func (r *CheckRun) Explained(id string) []string {
	var ids []string
	for _, c := range r.Checks {
		if c.Because == id {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Summary returns the number of checks by outcome in words, such as "66 passed, 4 skipped".
func (r *CheckRun) Summary() string {
	var words []string
	for _, o := range []Outcome{Passed, Failed, Warned, Unsteady, Remarked, Inconclusive, Skipped} {
		if o == Skipped && r.NotJudged() > 0 {
			words = append(words, fmt.Sprintf("%d not judged", r.NotJudged()))
		}
		if n := r.Count(o); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, o))
		}
	}
	for _, c := range r.Checks {
		if c.Known != "" {
			words = append(words, fmt.Sprintf("%s %s as expected (%s)", c.ID, c.Outcome, c.Known))
		}
	}
	return strings.Join(words, ", ")
}
