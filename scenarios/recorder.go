package scenarios

import (
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/schemas"
)

// Recorder collects a run as it is played, in memory that does not grow with the number of attempts. Its methods, and
// those of its scenarios, may be called from several goroutines.
type Recorder struct {
	mu        sync.Mutex
	result    Result
	cover     map[*schemas.EventType]int64
	types     []*schemas.EventType
	byName    map[string]*schemas.EventType
	latency   Latency
	failures  int
	attempts  int
	scenarios []*ScenarioRecorder
}

// Run is what is known of a run before it starts.
type Run struct {
	Target       string
	StartedAt    time.Time
	Cover        []*schemas.EventType // what coverage is measured on; nil: all that the provider sends
	CoverAtLeast float64              // the percentage that must be covered, or the run fails
}

// NewRecorder returns a recorder for one run.
func NewRecorder(run Run) *Recorder {
	types := run.Cover
	if types == nil {
		types = schemas.All()
	}
	r := &Recorder{
		result: Result{Target: run.Target, StartedAt: run.StartedAt, CoverAtLeast: run.CoverAtLeast},
		cover:  make(map[*schemas.EventType]int64, len(types)),
		types:  types,
		byName: make(map[string]*schemas.EventType, len(types)),
	}
	for _, t := range types {
		r.byName[t.Name] = t
	}
	return r
}

// StoryRecorder collects one scenario of a run.
type ScenarioRecorder struct {
	r        *Recorder
	scenario ScenarioResult
	steps    []*stepState
	byPath   map[string]*stepState
}

type stepState struct {
	result  StepResult
	latency Latency
	begun   bool
	failing bool // a failure of it is kept
}

// Scenario begins a scenario whose steps are all known: one for each step of the file, in its order. Those of them that are
// never begun are reported as not run.
func (r *Recorder) Scenario(scenario ScenarioResult, steps []Step) *ScenarioRecorder {
	s := &ScenarioRecorder{r: r, scenario: scenario, byPath: make(map[string]*stepState, len(steps))}
	for _, step := range steps {
		state := &stepState{result: StepResult{Step: step, Outcome: NotRun}}
		s.steps = append(s.steps, state)
		s.byPath[step.Path] = state
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scenarios = append(r.scenarios, s)
	return s
}

// Begin says that a step is being played, at a time since the scenario's start. Of the rounds of a repeat, the first says when
// the step began.
func (s *ScenarioRecorder) Begin(path string, at time.Duration) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	step := s.step(path)
	if !step.begun {
		step.begun = true
		step.result.StartedAt = at
	}
	if step.result.Outcome != Failed {
		step.result.Outcome = Passed
	}
}

// Attempt records what came of an attempt, judged by [Judge], and keeps it where there is room. It copies what it keeps.
func (s *ScenarioRecorder) Attempt(path string, e Evidence, expect Expect) {
	answered := e.Attempt.Response.Status != 0 || e.Attempt.Response.Failure == ""
	counts := Counts{Attempts: 1}
	if answered {
		counts.Answered = 1
	}
	if expect.Response == ResponseExpected {
		counts.ResponseExpected = 1
	}
	if !e.Verdict.Passed() {
		counts.Failed = 1
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	step := s.step(path)
	s.count(step, counts)
	if e.Attempt.Response.Failure == "" {
		s.r.latency.Record(e.Attempt.Response.Timings.Total)
		step.latency.Record(e.Attempt.Response.Timings.Total)
	}
	if t := s.r.byName[e.Attempt.Request.EventType]; t != nil && answered && e.Attempt.Request.Fault == "" {
		s.r.cover[t]++
	}
	if s.r.room(step, !e.Verdict.Passed()) {
		e.Expected = expect.String()
		kept := keep(e.Attempt)
		e.Attempt = &kept
		step.result.Evidence = append(step.result.Evidence, e)
	}
}

// Check records a question to the receiver's own application, or a command, and keeps it where there is room.
func (s *ScenarioRecorder) Check(path string, e Evidence) {
	counts := Counts{Checks: 1}
	if !e.Verdict.Passed() {
		counts.ChecksFailed = 1
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	step := s.step(path)
	s.count(step, counts)
	if s.r.room(step, !e.Verdict.Passed()) {
		check := *e.Check
		check.Response = cut(check.Response)
		e.Check = &check
		step.result.Evidence = append(step.result.Evidence, e)
	}
}

// Fail records that a step could not be played, and why.
func (s *ScenarioRecorder) Fail(path, round, reason string) {
	s.Miss(path, round, nil, Failure{What: WhatStep, Expected: "the step to be played", Got: reason})
}

// Miss records what a step failed in besides its attempts and checks, and the answer that it was missed in, if there was
// one.
func (s *ScenarioRecorder) Miss(path, round string, answer []byte, f Failure) {
	f.Got = excerpt(f.Got)
	s.Check(path, Evidence{Round: round, Check: &Check{Response: answer}, Verdict: Verdict{Failures: []Failure{f}}})
}

// Skip records that a step is not played, and why. A step that was judged in another round keeps that round's outcome.
func (s *ScenarioRecorder) Skip(path, reason string) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	step := s.step(path)
	step.result.Reason = excerpt(reason)
	if step.result.Counts == (Counts{}) {
		step.result.Outcome = Skipped
	}
}

// End says that a step has ended, or a round of it, at a time since the scenario's start.
func (s *ScenarioRecorder) End(path string, at time.Duration) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	step := s.step(path)
	step.result.Duration = at - step.result.StartedAt
}

// Step returns what is known of a step by now.
func (s *ScenarioRecorder) Step(path string) StepResult {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	result := s.step(path).finished()
	if result.Holds() && slices.ContainsFunc(s.steps, func(inner *stepState) bool {
		return inner.result.Outcome == Failed && strings.HasPrefix(inner.result.Path, path+".")
	}) {
		result.Outcome = Failed
	}
	return result
}

// Close ends the scenario, with the time that it took.
func (s *ScenarioRecorder) Close(took time.Duration) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.scenario.Duration = took
}

// Result returns the run as it stands, with the time that it has taken. It may be asked at any time, so that an
// interrupted run is reported too.
func (r *Recorder) Result(took time.Duration, interrupted bool) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := r.result
	result.Duration, result.Interrupted = took, interrupted
	result.Latency = r.latency.Summary()
	result.Coverage.Types = make([]TypeCount, len(r.types))
	for i, t := range r.types {
		result.Coverage.Types[i] = TypeCount{Type: t, Count: r.cover[t]}
	}
	result.Scenarios = make([]ScenarioResult, len(r.scenarios))
	for i, s := range r.scenarios {
		scenario := s.scenario
		scenario.Steps = make([]StepResult, len(s.steps))
		for k, step := range s.steps {
			scenario.Steps[k] = step.finished()
		}
		enclose(scenario.Steps)
		result.Scenarios[i] = scenario
	}
	return result
}

// step returns the state of a step, and makes one for a path that the scenario was not told of.
func (s *ScenarioRecorder) step(path string) *stepState {
	state, ok := s.byPath[path]
	if !ok {
		state = &stepState{result: StepResult{Step: Step{Path: path}, Outcome: NotRun}}
		s.steps = append(s.steps, state)
		s.byPath[path] = state
	}
	return state
}

func (s *ScenarioRecorder) count(step *stepState, counts Counts) {
	step.result.Counts.add(counts)
	s.scenario.Counts.add(counts)
	s.r.result.Counts.add(counts)
	switch {
	case counts.Failures() > 0:
		step.result.Outcome = Failed
	case step.result.Outcome != Failed:
		step.result.Outcome = Passed
	}
}

// room reports whether there is room to keep one more thing of a step, and takes it. Failures have their own, so that a
// million good attempts do not push out the one that failed; and the first of each step has its own, so that a busy step
// does not leave those after it with nothing to show.
func (r *Recorder) room(step *stepState, failed bool) bool {
	first := len(step.result.Evidence) == 0 || failed && !step.failing
	switch {
	case r.attempts < MaxAttempts:
		r.attempts++
		if failed {
			r.failures++
		}
	case failed && r.failures < MaxFailures:
		r.failures++
	case first:
	default:
		r.result.Truncated = true
		return false
	}
	step.failing = step.failing || failed
	return true
}

// finished returns the step's result as it stands. The list of evidence is shared: it is only ever appended to, and what
// is appended later lies beyond its end.
func (s *stepState) finished() StepResult {
	result := s.result
	result.Latency = s.latency.Summary()
	result.Evidence = slices.Clip(result.Evidence)
	return result
}

// enclose gives the steps that hold others the outcome of what they hold: one that failed inside makes them fail.
func enclose(steps []StepResult) {
	byPath := make(map[string]*StepResult, len(steps))
	for i := range steps {
		byPath[steps[i].Path] = &steps[i]
	}
	for i := range steps {
		if steps[i].Outcome != Failed {
			continue
		}
		for path := steps[i].Path; ; {
			dot := strings.LastIndexByte(path, '.')
			if dot < 0 {
				break
			}
			path = path[:dot]
			if outer := byPath[path]; outer != nil {
				outer.Outcome = Failed
			}
		}
	}
}
