package player

import (
	"strings"
	"sync"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/naming"
	"semblance/simulator"
)

// expected is the requirement of a step for a response: an expectation, or requirements of several levels in its place.
type expected struct {
	expect scenarios.Expect
	levels []scenarios.Requirement
}

// anything is the expectation that every response meets.
func anything() expected {
	return expected{expect: scenarios.Expect{Response: scenarios.ResponseAny}}
}

// expected resolves the requirement of a step.
func (v *values) expected(step *script.Common, expect *script.Expect) (expected, error) {
	if len(step.Levels) == 0 {
		resolved, err := expect.Resolve(v, v.shown())
		return expected{expect: resolved}, err
	}
	e := anything()
	for i := range step.Levels {
		r, err := step.Levels[i].Resolve(v, v.shown())
		if err != nil {
			return e, err
		}
		e.levels = append(e.levels, r)
		if r.Level == scenarios.Must && len(r.Any) == 1 {
			e.expect.Response = r.Any[0].Response
		}
	}
	return e, nil
}

// judge judges one response.
func (e *expected) judge(a *simulator.Attempt) scenarios.Verdict {
	if len(e.levels) == 0 {
		return scenarios.Judge(e.expect, a)
	}
	return e.byLevel(func(r *scenarios.Requirement) scenarios.Verdict { return r.Judge(a) })
}

// byLevel judges by the requirement of each level.
func (e *expected) byLevel(judge func(*scenarios.Requirement) scenarios.Verdict) (verdict scenarios.Verdict) {
	for i := range e.levels {
		addLevel(&verdict, e.levels[i].Level, judge(&e.levels[i]))
	}
	return verdict
}

// addLevel adds the failures of one level.
func addLevel(verdict *scenarios.Verdict, level scenarios.Level, failed scenarios.Verdict) {
	switch level {
	case scenarios.Must:
		verdict.Failures = append(verdict.Failures, failed.Failures...)
	case scenarios.Should:
		verdict.Warnings = append(verdict.Warnings, failed.Failures...)
	case scenarios.May:
		verdict.Remarks = append(verdict.Remarks, failed.Failures...)
	}
}

// String returns the requirement in words.
func (e *expected) String() string {
	if len(e.levels) == 0 {
		return e.expect.String()
	}
	return strings.Join(naming.List(e.levels, func(r scenarios.Requirement) string { return r.String() }), "; ")
}

// responses collects the responses of a step that judges them together.
type responses struct {
	outer    *responses
	mu       sync.Mutex
	attempts []*simulator.Attempt // without requests and bodies
}

// collect returns a collector inside another one, which may be nil.
func (outer *responses) collect() *responses { return &responses{outer: outer} }

func (r *responses) add(a *simulator.Attempt) {
	for ; r != nil; r = r.outer {
		r.mu.Lock()
		r.attempts = append(r.attempts, &simulator.Attempt{Response: simulator.Response{
			Status: a.Response.Status, Failure: a.Response.Failure, Detail: a.Response.Detail, Timings: a.Response.Timings}})
		r.mu.Unlock()
	}
}

// judgeAll judges all responses of a step together.
func (r *run) judgeAll(step *script.Common, round rounds, v *values, attempts []*simulator.Attempt) {
	if len(step.Levels) == 0 || r.options.DryRun || len(attempts) == 0 {
		return
	}
	e, err := v.expected(step, nil)
	if err != nil {
		r.fail(step.Path, round, err)
		return
	}
	verdict := e.byLevel(func(r *scenarios.Requirement) scenarios.Verdict { return r.JudgeAll(attempts) })
	if len(verdict.Failures)+len(verdict.Warnings)+len(verdict.Remarks) > 0 {
		r.recorder.Probe(step.Path, scenarios.Evidence{Round: round.String(), Probe: &scenarios.Probe{}, Expected: e.String(), Verdict: verdict})
	}
}
