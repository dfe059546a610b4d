package player

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/human"
)

// play plays the scenario.
func (r *run) play(ctx context.Context) {
	b := &branch{run: r, scope: newScope(nil), time: r.options.At, track: r.transcript}
	r.sequence(r.scenario.Steps, frame{scenario: r.scenario})(ctx, b)
}

// sequence runs steps one after the other. Each is planned when the one before it has ended, unless the frame is eager.
func (r *run) sequence(steps []script.Step, f frame) task {
	tasks := f.tasks(len(steps), func(i int) task { return r.plan(steps[i], f) })
	return func(ctx context.Context, b *branch) {
		for i := 0; i < len(steps) && !r.over(ctx); i++ {
			if !f.eager {
				r.clinics.setTime(b) // the next step is planned now
			}
			tasks(i)(ctx, b)
		}
	}
}

// plan asks the clinic which events a step sends, and returns the task that sends them.
func (r *run) plan(step script.Step, f frame) task {
	common := script.Of(step)
	f.path = common.Path
	run := r.planEach(step, f)
	if !r.selected.plays(common.Path) {
		return r.unselected(step, f.round, run)
	}
	return func(ctx context.Context, b *branch) {
		if reason := r.reasonToSkip(step, b); reason != "" {
			r.skip(step, f.round, reason)
			return
		}
		r.recorder.Begin(common.Path, r.elapsed())
		if r.trial != nil && script.Children(step) == nil {
			var from int
			r.trial.step(step, func(s *TrialStep) { from = len(s.Exchanges) })
			run(ctx, b)
			r.trial.finish(ctx, step, from)
		} else {
			run(ctx, b)
		}
		r.end(ctx, step, f.round)
	}
}

// unselected returns the task of a step that was not selected. The step is planned like any other, so that the clinic is
// in the right state, and a step inside it may be selected.
func (r *run) unselected(step script.Step, round rounds, run task) task {
	return func(ctx context.Context, b *branch) {
		path := script.Of(step).Path
		if !r.selected.playsInside(path) {
			r.recorder.Skip(path, r.selected.reason)
		} else {
			r.recorder.Begin(path, r.elapsed())
		}
		defer r.observe(step, round)
		if script.Children(step) != nil {
			run(ctx, b)
		}
	}
}

// planEach plans a step once for every value of its `each`.
func (r *run) planEach(step script.Step, f frame) task {
	if len(script.Of(step).Each) == 0 {
		return r.planKind(step, f)
	}
	bindings := script.Bindings(step, r.trial.types())
	tasks := f.tasks(len(bindings), func(i int) task {
		in := f
		in.each, in.round, in.index = bindings[i], f.round.in(i+1), f.index*len(bindings)+i
		return r.planKind(step, in)
	})
	times := map[string][]time.Duration{} // by the value; see script.Common.Samples
	return func(ctx context.Context, b *branch) {
		for i := 0; i < len(bindings) && !r.over(ctx); i++ {
			if !f.eager {
				r.clinics.setTime(b)
			}
			if script.Of(step).Samples == 0 {
				tasks(i)(ctx, b)
				continue
			}
			b.responses = b.responses.collect()
			tasks(i)(ctx, b)
			for _, a := range b.responses.attempts {
				if a.Response.Failure == "" {
					times[bindings[i].String()] = append(times[bindings[i].String()], a.Response.Timings.FirstByte)
				}
			}
			b.responses = b.responses.outer
		}
		if n := script.Of(step).Samples; n > 0 && !r.over(ctx) && !r.options.DryRun {
			r.compare(step, f, times[bindings[0].String()], times[bindings[len(bindings)-1].String()])
		}
		if len(bindings) == 0 {
			r.recorder.Skip(f.path, "no event type is subscribed")
		}
	}
}

// compare judges the times of the responses to the first and the last value of a step.
func (r *run) compare(step script.Step, f frame, first, last []time.Duration) {
	if len(first) == 0 || len(last) == 0 {
		return
	}
	c := scenarios.CompareTimes(first, last)
	verdict := c.Verdict()
	if r.trial != nil {
		r.trial.step(step, func(s *TrialStep) { s.Verdict, s.Times = &verdict, c.String() })
	}
	r.recorder.Probe(script.Of(step).Path, scenarios.Evidence{Round: f.round.String(), Probe: &scenarios.Probe{Request: c.String()}, Expected: "no difference of times", Verdict: verdict})
}

func (r *run) planKind(step script.Step, f frame) task {
	switch step := step.(type) {
	case *script.Send:
		return r.send(step, f)
	case *script.Resend:
		return r.resend(step, f)
	case *script.Do:
		return r.do(step, f)
	case *script.Await:
		return r.await(step, f)
	case *script.Wait:
		return func(ctx context.Context, b *branch) { b.pass(ctx, step.For, step.For) }
	case *script.Probe:
		return r.probe(step, f)
	case *script.APIFault:
		return r.apiFault(step, f)
	case *script.Queried:
		return r.queried(step, f)
	case *script.Request:
		return r.request(step, f)
	case *script.Responses:
		return r.examine(step, f)
	case *script.Traffic:
		return r.traffic(step, f)
	case *script.Shuffle:
		return r.shuffle(step, f)
	case *script.Repeat:
		return r.repeat(step, f)
	case *script.Parallel:
		return r.parallel(step, f)
	case *script.Play:
		f.scenario = step.Scenario
		return r.sequence(step.Scenario.Steps, f)
	}
	panic("player: unknown kind of step")
}

// notInDryRun says why a dry run skips a kind of step. It is read-only.
var notInDryRun = map[string]string{
	"probe": "a dry run runs no probes", "queried": "a dry run runs no probes", "responses": "a dry run has no responses",
	"await": "a dry run has no calls of the API", "api-fault": "a dry run has no calls of the API",
}

// reasonToSkip returns why a step cannot be played now, or "".
func (r *run) reasonToSkip(step script.Step, b *branch) string {
	c := script.Of(step)
	missing := slices.DeleteFunc(slices.Clone(c.Uses), func(name string) bool {
		_, ok := b.scope.get(name)
		return ok
	})
	switch send, isSend := step.(*script.Send); {
	case r.options.DryRun && notInDryRun[c.Kind] != "":
		return notInDryRun[c.Kind]
	case c.Needs == script.NeedReference && !r.reference.Load():
		return "only the reference receiver (semblance listen) supports this"
	case isSend && send.Type != nil && !r.trial.subscribed(send.Type):
		return "not subscribed to " + send.Type.Name
	case isSend && send.Hook != (script.Hook{}) && (r.trial == nil || r.trial.options.Hook == nil):
		return "only a run of checks with " + string(script.NeedHook) + " supports this"
	case c.Needs != "" && c.Needs != script.NeedReference && !r.trial.offers(c.Needs):
		return "only a run of checks with " + string(c.Needs) + " supports this"
	case len(missing) > 0:
		return "no capture named " + human.Or(missing)
	}
	return ""
}

// skip records that a step and the steps inside it are not played.
func (r *run) skip(step script.Step, round rounds, reason string) {
	r.recorder.Skip(script.Of(step).Path, reason)
	if r.trial != nil && script.Children(step) == nil {
		r.trial.step(step, func(s *TrialStep) { s.Skipped = reason })
	}
	r.observe(step, round)
	for _, child := range script.Children(step) {
		r.skip(child, round, reason)
	}
}

// end records that a step has ended. A step that was interrupted before its first attempt has not passed.
func (r *run) end(ctx context.Context, step script.Step, round rounds) {
	path := script.Of(step).Path
	if ctx.Err() != nil {
		r.recorder.Skip(path, "interrupted")
	}
	r.recorder.End(path, r.elapsed())
	r.observe(step, round)
	if r.options.FailFast && r.recorder.Step(path).Counts.Failures() > 0 {
		r.failed.Store(true)
	}
	if path == r.selected.last {
		r.stopped.Store(true)
	}
}

// shuffle runs its steps in an order drawn from the seed and the path. They do not see each other's captures.
func (r *run) shuffle(step *script.Shuffle, f frame) task {
	steps := slices.Clone(step.Steps)
	draw := rand.New(rand.NewPCG(uint64(r.seed), hash("shuffle\x00"+drawKey(step.Path, f.round))))
	draw.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	tasks := make([]task, len(steps))
	for i := range steps {
		tasks[i] = r.sequence(steps[i:i+1], f)
	}
	return func(ctx context.Context, b *branch) {
		outer := b.scope
		scopes := map[script.Step]*scope{}
		for i, run := range tasks {
			b.scope = newScope(outer)
			scopes[steps[i]] = b.scope
			run(ctx, b)
		}
		b.scope = outer
		for _, child := range step.Steps {
			maps.Copy(outer.values, scopes[child].values)
		}
	}
}

// maxPlannedRounds is the number of rounds of a repeat inside a parallel block that are planned before anything runs. The
// rounds of a longer repeat are planned one by one, so that memory is bounded; their actions then interleave with those of
// the other branches.
const maxPlannedRounds = 1000

func (r *run) repeat(step *script.Repeat, f frame) task {
	f.eager = f.eager && step.Times <= maxPlannedRounds
	tasks := f.tasks(step.Times, func(i int) task {
		in := f
		in.round, in.index = f.round.in(i+1), f.index*step.Times+i
		return r.sequence(step.Steps, in)
	})
	return func(ctx context.Context, b *branch) {
		if len(step.Levels) > 0 {
			b.responses = b.responses.collect()
			defer func() {
				r.judgeAll(&step.Common, f.round, b.values(f), b.responses.attempts)
				b.responses = b.responses.outer
			}()
		}
		for i := 0; i < step.Times && !r.over(ctx); i++ {
			tasks(i)(ctx, b)
			if len(f.round) == 0 {
				r.progress(step.Path, int64(i+1))
			}
		}
	}
}

// parallel runs its steps concurrently. Each has a branch of its own, with its captures, its simulated time and its part
// of the transcript.
func (r *run) parallel(step *script.Parallel, f frame) task {
	f.eager = true
	tasks := f.tasks(len(step.Steps), func(i int) task { return r.plan(step.Steps[i], f) })
	return func(ctx context.Context, b *branch) {
		branches := make([]*branch, len(step.Steps))
		tracks := b.track.fork(len(branches))
		var running sync.WaitGroup
		for i := range branches {
			branches[i] = &branch{run: r, scope: newScope(b.scope), time: b.time, lastEventID: b.lastEventID, track: tracks[i], responses: b.responses}
			running.Go(func() {
				defer branches[i].track.close()
				tasks(i)(ctx, branches[i])
			})
		}
		running.Wait()
		before := b.lastEventID
		for _, child := range branches {
			maps.Copy(b.scope.values, child.scope.values)
			if child.time.After(b.time) {
				b.time = child.time
			}
			if child.lastEventID != before { // the branch sent an event
				b.lastEventID = child.lastEventID
			}
		}
	}
}
