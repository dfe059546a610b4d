package player

import (
	"context"
	"time"

	"semblance/scenarios/script"
	"semblance/simulator/clock"
)

// task runs one or more planned steps.
type task func(ctx context.Context, b *branch)

// frame is the context in which a step is planned.
type frame struct {
	scenario *script.Scenario // the scenario whose cast the step refers to
	path     string           // of the step
	each     *script.Binding  // the values of the round of a step with each; may be nil
	round    rounds
	index    int  // of the round among all rounds of the repeats around the step, from 0
	eager    bool // inside a parallel block: plan everything before anything runs
}

// tasks returns the i-th of n tasks. An eager frame plans all of them now, any other when they are needed.
func (f frame) tasks(n int, plan func(i int) task) func(i int) task {
	if !f.eager {
		return plan
	}
	planned := make([]task, n)
	for i := range planned {
		planned[i] = plan(i)
	}
	return func(i int) task { return planned[i] }
}

// branch is one thread of a scenario: the scenario itself, or one step of a parallel block. It is not safe for concurrent
// use.
type branch struct {
	run         *run
	scope       *scope
	time        time.Time  // simulated time if it is fixed, otherwise zero
	lastEventID string     // of the last event that was sent
	track       *track     // its part of the transcript; may be nil
	responses   *responses // of the repeat around the step that judges its responses together; may be nil
}

// now returns the simulated time.
func (b *branch) now() time.Time {
	if b.time.IsZero() {
		return clock.Now()
	}
	return b.time
}

// pass lets the simulated time pass by d while it sleeps for the given machine time.
func (b *branch) pass(ctx context.Context, d, sleep time.Duration) error {
	if b.run.options.DryRun {
		sleep = 0
	}
	err := clock.Sleep(ctx, sleep)
	if !b.time.IsZero() {
		b.time = b.time.Add(d)
		if shared := b.run.options.Clock; shared != nil {
			shared.Reach(b.time)
		}
	}
	return err
}

// scope holds the captures that a branch can read. The steps of a shuffle or a parallel block do not see each other's
// captures: each has its own scope, which is merged into the outer one when the block has ended.
type scope struct {
	outer  *scope
	values map[string]any
}

func newScope(outer *scope) *scope { return &scope{outer: outer, values: map[string]any{}} }

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if value, ok := s.values[name]; ok {
			return value, true
		}
	}
	return nil, false
}
