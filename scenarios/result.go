package scenarios

import (
	"slices"
	"strconv"
	"time"
)

const (
	// MaxFailures bounds the failed attempts and checks that a result keeps, in addition to the first one of each step.
	MaxFailures = 1000
	// MaxAttempts bounds the attempts and checks that a result keeps, in addition to the first one of each step.
	MaxAttempts = 1000
)

// Result is the outcome of a run: one or more scenarios played against one receiver. Reports are views of it.
type Result struct {
	Target       string // the receiver's URL
	StartedAt    time.Time
	Duration     time.Duration
	Scenarios    []ScenarioResult
	Counts       Counts
	Coverage     Coverage
	CoverAtLeast float64 // the percentage that the run must cover; 0 requires nothing
	Latency      LatencySummary
	Interrupted  bool   // stopped before the end
	Stopped      string // why the rest of the run was not played, or ""
	Uncounted    string // why no effects were counted though there was a probe, or ""
	Truncated    bool   // MaxFailures or MaxAttempts was exceeded; only the counts include the rest
}

// Counts are exact for a run of any length.
type Counts struct {
	Attempts          int64 `json:"attempts"`          // deliveries attempted
	Responses         int64 `json:"responses"`         // attempts that got a response
	ResponsesExpected int64 `json:"responsesExpected"` // attempts that had to get a response
	Failed            int64 `json:"failed"`            // attempts with a failed expectation
	Checks            int64 `json:"checks"`            // probes and commands
	ChecksFailed      int64 `json:"checksFailed"`
	Effects           int64 `json:"effects"` // checks that counted the effects of an event
}

// Failures returns the number of failed attempts and checks.
func (c Counts) Failures() int64 { return c.Failed + c.ChecksFailed }

func (c *Counts) add(o Counts) {
	c.Attempts += o.Attempts
	c.Responses += o.Responses
	c.ResponsesExpected += o.ResponsesExpected
	c.Failed += o.Failed
	c.Checks += o.Checks
	c.ChecksFailed += o.ChecksFailed
	c.Effects += o.Effects
}

// ScenarioResult is the outcome of one scenario.
type ScenarioResult struct {
	Name        string
	Description string
	File        string
	Library     bool // File is a file of the library, not of the disk
	Seed        int64
	StartedAt   time.Time
	Duration    time.Duration
	Steps       []StepResult // in the order of the file
	Counts      Counts
	Reproduce   []string // the arguments of the command that plays the scenario again
}

// StepResult is the outcome of one step of a file, over all its rounds and copies.
type StepResult struct {
	Step
	Outcome   Outcome       // of a block: Failed if a step in it failed
	Reason    string        // why the step was skipped
	StartedAt time.Duration // since the start of the scenario
	Duration  time.Duration
	Counts    Counts
	Latency   LatencySummary
	Evidence  []Evidence // the attempts and checks that are kept, in the order in which they ended
}

// Outcome returns Failed if a step failed, Passed if a step passed or there are no steps, and otherwise Skipped or
// NotRun as the first step is.
func (s *ScenarioResult) Outcome() Outcome {
	if len(s.Steps) == 0 {
		return Passed
	}
	outcome := s.Steps[0].Outcome
	for i := range s.Steps {
		switch s.Steps[i].Outcome {
		case Failed:
			return Failed
		case Passed:
			outcome = Passed
		}
	}
	return outcome
}

// Summary returns the number of steps for each outcome. Blocks do not count, only the steps inside them.
func (s *ScenarioResult) Summary() map[Outcome]int {
	summary := map[Outcome]int{}
	for i := range s.Steps {
		if !s.Steps[i].IsBlock() {
			summary[s.Steps[i].Outcome]++
		}
	}
	return summary
}

// ReproduceStep returns the arguments of the command that plays the scenario again up to a step. If the run played one
// step alone, so does the command.
func (s *ScenarioResult) ReproduceStep(step *Step) []string {
	args := slices.Clone(s.Reproduce)
	if !slices.Contains(args, "--only") {
		args = append(args, "--until", step.Path)
	}
	return append(args, "--seed", strconv.FormatInt(s.Seed, 10))
}

// Summary returns the number of steps for each outcome in all scenarios, see [ScenarioResult.Summary].
func (r *Result) Summary() map[Outcome]int {
	summary := map[Outcome]int{}
	for i := range r.Scenarios {
		for outcome, n := range r.Scenarios[i].Summary() {
			summary[outcome] += n
		}
	}
	return summary
}

// Passed reports whether the exit code is [ExitPassed].
func (r *Result) Passed() bool { return r.ExitCode() == ExitPassed }

// CoverageMet reports whether the run covered the required percentage of event types.
func (r *Result) CoverageMet() bool { return r.Coverage.Percent() >= r.CoverAtLeast }

// ExitCode returns the exit code of the process for this run. [ExitUnreached] has priority over [ExitFailed]: it
// explains the failures.
func (r *Result) ExitCode() int {
	switch {
	case r.Interrupted:
		return ExitInterrupted
	case r.Counts.Responses == 0 && r.Counts.ResponsesExpected > 0:
		return ExitUnreached
	case !r.CoverageMet(), slices.ContainsFunc(r.Scenarios, func(s ScenarioResult) bool { return s.Outcome() == Failed }):
		return ExitFailed
	}
	return ExitPassed
}
