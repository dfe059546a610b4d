package scenarios

import (
	"slices"
	"strconv"
	"time"

	"semblance/simulator"
)

const (
	// MaxFailures bounds the failing attempts and checks that a result holds in full, besides the first of each step; all
	// are counted.
	MaxFailures = 1000
	// MaxAttempts bounds the attempts that a result keeps, besides the first of each step.
	MaxAttempts = 1000
)

// Result is what a run came to: one or more scenarios played against one receiver. It is a finished value; reports are
// views of it.
type Result struct {
	Target       string // the receiver's URL
	StartedAt    time.Time
	Duration     time.Duration
	Scenarios    []ScenarioResult
	Counts       Counts
	Coverage     Coverage
	CoverAtLeast float64 // the percentage that the run was asked to cover; 0 asks for nothing
	Latency      LatencySummary
	Interrupted  bool // stopped before its end
	Truncated    bool // there was more than MaxFailures or MaxAttempts; the rest is in the counts alone
}

// Counts are exact, however many attempts there were.
type Counts struct {
	Attempts         int64 // deliveries attempted
	Answered         int64 // of them, those to which an answer came
	ResponseExpected int64 // of them, those that expected one
	Failed           int64 // of them, those with a failed expectation
	Checks           int64 // probes and commands judged
	ChecksFailed     int64
}

// Scenario is one scenario as it was played.
type ScenarioResult struct {
	Name        string
	Description string
	File        string
	Seed        int64
	StartedAt   time.Time
	Duration    time.Duration
	Steps       []StepResult // in the file's order
	Counts      Counts
	Reproduce   []string // the command that plays the scenario again, without the name of the program
}

// StepResult is how one step of a file went, over all its rounds and copies.
type StepResult struct {
	Step
	Outcome   Outcome       // of a step that holds others: failed if one of them failed
	Reason    string        // why it was skipped
	StartedAt time.Duration // since the scenario's start
	Duration  time.Duration
	Counts    Counts
	Latency   LatencySummary
	Evidence  []Evidence // what is kept of it, in the order in which it ended
}

// Evidence is one thing that was judged: an attempt, or a check of the receiver's own application.
type Evidence struct {
	Round     string // which round of the repeats around the step, such as "2" or "2.1"; "" outside of any
	Copy      int    // which copy of a send with again: 0 is the first
	StartedAt time.Duration
	Attempt   *simulator.Attempt // nil for a check
	Check     *Check             // nil for an attempt
	Expected  string             // what was expected, in words
	Verdict   Verdict
}

// Check is a question to the receiver's own application, or a command that was run, and what it said.
type Check struct {
	Request  string // "GET http://127.0.0.1:3000/bookings/1", or the command line
	Tries    int    // how often it was asked
	Status   int    // of the last answer; a command's exit code
	Response []byte // an excerpt of the last answer's body, or of the command's output
	Took     time.Duration
	Failure  string // how no answer came, or ""
}

// Failures returns how many of what was judged failed: attempts and checks.
func (c Counts) Failures() int64 { return c.Failed + c.ChecksFailed }

func (c *Counts) add(o Counts) {
	c.Attempts += o.Attempts
	c.Answered += o.Answered
	c.ResponseExpected += o.ResponseExpected
	c.Failed += o.Failed
	c.Checks += o.Checks
	c.ChecksFailed += o.ChecksFailed
}

// Outcome returns how the scenario went: failed if a step failed, passed otherwise; a scenario none of whose steps was played
// is skipped, or not run.
func (s *ScenarioResult) Outcome() Outcome {
	outcome := Outcome("")
	for i := range s.Steps {
		switch s.Steps[i].Outcome {
		case Failed:
			return Failed
		case Passed:
			outcome = Passed
		case Skipped, NotRun:
			if outcome == "" {
				outcome = s.Steps[i].Outcome
			}
		}
	}
	if outcome == "" { // a scenario without steps promises nothing
		return Passed
	}
	return outcome
}

// Tally returns how many steps had each outcome. Those that hold other steps are not counted beside them.
func (s *ScenarioResult) Summary() map[Outcome]int {
	tally := map[Outcome]int{}
	for i := range s.Steps {
		if !s.Steps[i].Holds() {
			tally[s.Steps[i].Outcome]++
		}
	}
	return tally
}

// ReproduceStep returns the command that plays the scenario again up to the step and all that comes before it, without the
// name of the program. Where one step was played alone, it is played alone again.
func (s *ScenarioResult) ReproduceStep(step *Step) []string {
	args := slices.Clone(s.Reproduce)
	if !slices.Contains(args, "--only") {
		args = append(args, "--until", step.Path)
	}
	return append(args, "--seed", strconv.FormatInt(s.Seed, 10))
}

// Passed reports whether every scenario passed, the run came to its end and covered what it was asked to.
func (r *Result) Passed() bool { return r.ExitCode() == 0 }

// CoverageMet reports whether the run covered the percentage that it was asked to.
func (r *Result) CoverageMet() bool { return r.Coverage.Percent() >= r.CoverAtLeast }

// The exit codes of a run.
const (
	ExitPassed      = 0
	ExitFailed      = 1   // an expectation or a gate failed
	ExitUnreached   = 3   // not one attempt was answered though an answer was expected
	ExitInterrupted = 130 // as shells report SIGINT
)

// ExitCode returns the process's exit code for the run. That nothing was answered says more than that expectations
// failed, and wins.
func (r *Result) ExitCode() int {
	switch {
	case r.Interrupted:
		return ExitInterrupted
	case r.Counts.Answered == 0 && r.Counts.ResponseExpected > 0:
		return ExitUnreached
	case !r.CoverageMet():
		return ExitFailed
	}
	for i := range r.Scenarios {
		if r.Scenarios[i].Outcome() == Failed {
			return ExitFailed
		}
	}
	return ExitPassed
}
