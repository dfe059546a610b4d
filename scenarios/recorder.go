package scenarios

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/hint"
)

// Recorder collects the result of a run while it is played. Its memory does not grow with the number of attempts. A
// Recorder and its scenario recorders are safe for concurrent use.
type Recorder struct {
	mu        sync.Mutex
	secrets   bool // keep credentials
	result    Result
	types     []*schemas.EventType
	byName    map[string]*schemas.EventType
	covered   map[*schemas.EventType]int64
	latency   Latency
	failures  int // failed attempts and checks that are kept
	attempts  int // attempts and checks that are kept
	scenarios []*ScenarioRecorder
}

// Run describes a run before it starts.
type Run struct {
	Target       string
	StartedAt    time.Time
	Cover        []*schemas.EventType // the event types that coverage counts; nil is all of the catalogue
	CoverAtLeast float64              // the percentage that must be covered, or the run fails
	ShowSecrets  bool                 // keep the credentials of attempts, instead of redacting them
}

// NewRecorder returns a recorder for one run.
func NewRecorder(run Run) *Recorder {
	types := run.Cover
	if types == nil {
		types = schemas.All()
	}
	r := &Recorder{
		result:  Result{Target: run.Target, StartedAt: run.StartedAt, CoverAtLeast: run.CoverAtLeast},
		types:   types,
		byName:  make(map[string]*schemas.EventType, len(types)),
		covered: make(map[*schemas.EventType]int64, len(types)),
	}
	for _, t := range types {
		r.byName[t.Name] = t
	}
	if r.secrets = run.ShowSecrets; !r.secrets {
		r.result.Target = simulator.RedactURL(run.Target)
	}
	return r
}

// ScenarioRecorder collects the result of one scenario.
type ScenarioRecorder struct {
	run      *Recorder
	scenario ScenarioResult
	steps    []*stepState
	byPath   map[string]*stepState
}

type stepState struct {
	result     StepResult
	latency    Latency
	started    bool
	hasFailure bool // a failure of the step is kept
}

// Scenario adds a scenario with all steps of its file, in the order of the file. A step that never begins is reported as
// not run.
func (r *Recorder) Scenario(scenario ScenarioResult, steps []Step) *ScenarioRecorder {
	s := &ScenarioRecorder{run: r, scenario: scenario, byPath: make(map[string]*stepState, len(steps))}
	for _, step := range steps {
		s.add(step)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scenarios = append(r.scenarios, s)
	return s
}

func (s *ScenarioRecorder) add(step Step) *stepState {
	state := &stepState{result: StepResult{Step: step, Outcome: NotRun}}
	s.steps = append(s.steps, state)
	s.byPath[step.Path] = state
	return state
}

// update calls f with the state of a step while it holds the lock.
func (s *ScenarioRecorder) update(path string, f func(*stepState)) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	f(s.step(path))
}

// step returns the state of a step. It adds a step that the scenario does not list.
func (s *ScenarioRecorder) step(path string) *stepState {
	if state, ok := s.byPath[path]; ok {
		return state
	}
	return s.add(Step{Path: path})
}

// Begin records that a step begins, at a time since the start of the scenario. In a repeat the first round counts.
func (s *ScenarioRecorder) Begin(path string, at time.Duration) {
	s.update(path, func(step *stepState) {
		if !step.started {
			step.started = true
			step.result.StartedAt = at
		}
		if step.result.Outcome != Failed {
			step.result.Outcome = Passed
		}
	})
}

// Attempt records an attempt with the verdict of [Judge]. It copies whatever it keeps of it.
func (s *ScenarioRecorder) Attempt(path string, e Evidence, expect Expect) {
	response := &e.Attempt.Response
	responded := response.Status != 0 || response.Failure == ""
	counts := Counts{Attempts: 1}
	if responded {
		counts.Responses = 1
	}
	if expect.Response == ResponseExpected {
		counts.ResponsesExpected = 1
	}
	if !e.Verdict.Passed() {
		counts.Failed = 1
	}
	s.update(path, func(step *stepState) {
		s.count(step, counts)
		if response.Failure == "" {
			s.run.latency.Record(response.Timings.Total)
			step.latency.Record(response.Timings.Total)
		}
		if t := s.run.byName[e.Attempt.Request.EventType]; t != nil && responded && e.Attempt.Request.Fault == "" && e.Attempt.Request.Kind != simulator.KindExact {
			s.run.covered[t]++
		}
		if s.run.reserve(step, !e.Verdict.Passed()) {
			e.Expected = cmp.Or(e.Expected, expect.String())
			s.run.keep(step, e)
		}
	})
}

// Probe records a request to the receiver's application, or a command. It copies whatever it keeps of it.
func (s *ScenarioRecorder) Probe(path string, e Evidence) {
	counts := Counts{Checks: 1}
	if e.Effect {
		counts.Effects = 1
	}
	if !e.Verdict.Passed() {
		counts.ChecksFailed = 1
	}
	s.update(path, func(step *stepState) {
		s.count(step, counts)
		if s.run.reserve(step, !e.Verdict.Passed()) {
			s.run.keep(step, e)
		}
	})
}

// Fail records that a step could not be played.
func (s *ScenarioRecorder) Fail(path, round, reason string) {
	s.FailWith(path, round, nil, Failure{Part: PartStep, Expected: "the step to be played", Got: reason})
}

// FailProbe records that the effects of a step could not be counted, which says nothing about the receiver, and the fix.
func (s *ScenarioRecorder) FailProbe(path, round, reason, fix string) {
	e := Evidence{Round: round, Probe: &Probe{}, Hint: hint.Hint{Name: "probe", Fix: fix}}
	e.Verdict.Add(Failure{Part: PartStep, Expected: "the probe to count effects", Got: reason})
	s.Probe(path, e)
}

// FailWith records a failure that belongs to no attempt and no probe of the step, with the response body that caused it,
// if any.
func (s *ScenarioRecorder) FailWith(path, round string, response []byte, f Failure) {
	e := Evidence{Round: round, Probe: &Probe{Response: response}}
	e.Verdict.Add(f)
	s.Probe(path, e)
}

// Skip records that a step is not played, and why. A step that was judged in another round keeps its outcome.
func (s *ScenarioRecorder) Skip(path, reason string) {
	s.update(path, func(step *stepState) {
		step.result.Reason = human.Cut(reason, maxText)
		if step.result.Counts == (Counts{}) {
			step.result.Outcome = Skipped
		}
	})
}

// End records that a step or a round of it has ended, at a time since the start of the scenario.
func (s *ScenarioRecorder) End(path string, at time.Duration) {
	s.update(path, func(step *stepState) { step.result.Duration = at - step.result.StartedAt })
}

// Step returns the current result of a step.
func (s *ScenarioRecorder) Step(path string) (result StepResult) {
	s.update(path, func(step *stepState) {
		result = step.snapshot()
		if result.IsBlock() && slices.ContainsFunc(s.steps, func(inner *stepState) bool {
			return inner.result.Outcome == Failed && strings.HasPrefix(inner.result.Path, path+".")
		}) {
			result.Outcome = Failed
		}
	})
	return result
}

// Stop records why the rest of the run is not played.
func (r *Recorder) Stop(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Stopped = reason
}

// Close ends the scenario and records its duration.
func (s *ScenarioRecorder) Close(took time.Duration) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.scenario.Duration = took
}

// Result returns the current result of the run, with its duration up to now. It may be called at any time, so that an
// interrupted run can be reported.
func (r *Recorder) Result(took time.Duration, interrupted bool) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := r.result
	result.Duration, result.Interrupted = took, interrupted
	result.Latency = r.latency.Summary()
	result.Coverage.Types = make([]TypeCount, len(r.types))
	for i, t := range r.types {
		result.Coverage.Types[i] = TypeCount{Type: t, Count: r.covered[t]}
	}
	result.Scenarios = make([]ScenarioResult, len(r.scenarios))
	for i, s := range r.scenarios {
		scenario := s.scenario
		scenario.Steps = make([]StepResult, len(s.steps))
		for k, step := range s.steps {
			scenario.Steps[k] = step.snapshot()
		}
		failBlocks(scenario.Steps)
		result.Scenarios[i] = scenario
	}
	return result
}

func (s *ScenarioRecorder) count(step *stepState, counts Counts) {
	step.result.Counts.add(counts)
	s.scenario.Counts.add(counts)
	s.run.result.Counts.add(counts)
	switch {
	case counts.Failures() > 0:
		step.result.Outcome = Failed
	case step.result.Outcome != Failed:
		step.result.Outcome = Passed
	}
}

// reserve reports whether one more attempt or check of a step may be kept, and counts it. Failures have a quota of their
// own, so that a million passing attempts do not displace the one that failed. The first attempt and the first failure of
// each step are always kept, so that a busy step leaves room for those after it.
func (r *Recorder) reserve(step *stepState, failed bool) bool {
	first := len(step.result.Evidence) == 0 || failed && !step.hasFailure
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
	step.hasFailure = step.hasFailure || failed
	return true
}

// keep adds evidence to the step.
func (r *Recorder) keep(step *stepState, e Evidence) {
	e = e.Explained()
	if !r.secrets {
		e = e.redacted()
	}
	step.result.Evidence = append(step.result.Evidence, e.bounded())
}

// snapshot returns the current result of the step. It shares the evidence, to which the recorder only appends.
func (s *stepState) snapshot() StepResult {
	result := s.result
	result.Latency = s.latency.Summary()
	result.Evidence = slices.Clip(result.Evidence)
	return result
}

// failBlocks marks each block that contains a failed step as failed.
func failBlocks(steps []StepResult) {
	byPath := make(map[string]*StepResult, len(steps))
	for i := range steps {
		byPath[steps[i].Path] = &steps[i]
	}
	for i := range steps {
		if steps[i].Outcome != Failed {
			continue
		}
		path := steps[i].Path
		for dot := strings.LastIndexByte(path, '.'); dot >= 0; dot = strings.LastIndexByte(path, '.') {
			path = path[:dot]
			if block := byPath[path]; block != nil {
				block.Outcome = Failed
			}
		}
	}
}
