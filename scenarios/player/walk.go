package player

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"semblance/scenarios"
	"semblance/scenarios/script"
)

// task runs what has been planned: a step, or several.
type task func(ctx context.Context, b *branch)

// place is where a step stands while it is planned.
type place struct {
	scenario *script.Scenario // whose cast it means
	round    round
	eager    bool // inside a parallel block: everything is planned before anything runs
}

// play walks the scenario.
func (s *run) play(ctx context.Context) {
	b := &branch{s: s, scope: &scope{}, now: s.p.options.At, track: s.p.transcript}
	s.sequence(s.scenario.Steps, place{scenario: s.scenario})(ctx, b)
}

// sequence runs steps one after the other, each planned when its turn comes unless all must be planned now.
func (s *run) sequence(steps []script.Step, at place) task {
	var planned []task
	if at.eager {
		for _, step := range steps {
			planned = append(planned, s.plan(step, at))
		}
	}
	return func(ctx context.Context, b *branch) {
		for i, step := range steps {
			if s.over(ctx) {
				return
			}
			if planned != nil {
				planned[i](ctx, b)
			} else {
				s.plan(step, at)(ctx, b)
			}
		}
	}
}

// plan asks the clinic what a step sends, and returns what runs it.
func (s *run) plan(step script.Step, at place) task {
	common := script.Of(step)
	run := s.planKind(step, at)
	if !s.selected.plays(common.Path) {
		return s.unselected(step, at.round, run)
	}
	return func(ctx context.Context, b *branch) {
		if reason := s.reasonToSkip(common, b); reason != "" {
			s.skip(step, at.round, reason)
			return
		}
		s.record.Begin(common.Path, s.since())
		run(ctx, b)
		s.end(ctx, step, at.round)
	}
}

// unselected returns what stands in for a step that was not selected. It has been planned, so that the clinic is where
// it would be; those inside it are planned too, and one of them may be selected.
func (s *run) unselected(step script.Step, r round, run task) task {
	return func(ctx context.Context, b *branch) {
		path := script.Of(step).Path
		if !s.selected.below(path) {
			s.record.Skip(path, s.selected.reason)
		} else {
			s.record.Begin(path, s.since())
		}
		defer s.observe(step, r)
		if script.Children(step) != nil {
			run(ctx, b)
		}
	}
}

func (s *run) planKind(step script.Step, at place) task {
	switch step := step.(type) {
	case *script.Send:
		return s.send(step, at)
	case *script.Do:
		return s.do(step, at)
	case *script.Wait:
		return func(ctx context.Context, b *branch) { b.pass(ctx, step.For, step.For) }
	case *script.Probe:
		return s.probe(step, at)
	case *script.Request:
		return s.request(step, at)
	case *script.Traffic:
		return s.traffic(step, at)
	case *script.Shuffle:
		return s.shuffle(step, at)
	case *script.Repeat:
		return s.repeat(step, at)
	case *script.Parallel:
		return s.parallel(step, at)
	case *script.Play:
		inner := at
		inner.scenario = step.Scenario
		return s.sequence(step.Scenario.Steps, inner)
	}
	panic("player: a step of an unknown kind")
}

// skip records that a step and all inside it are not played.
func (s *run) skip(step script.Step, r round, reason string) {
	s.record.Skip(script.Of(step).Path, reason)
	s.observe(step, r)
	for _, child := range script.Children(step) {
		s.skip(child, r, reason)
	}
}

// end records that a step has ended. One within which the scenario was interrupted, before anything was judged, has not
// passed.
func (s *run) end(ctx context.Context, step script.Step, r round) {
	path := script.Of(step).Path
	if ctx.Err() != nil {
		s.record.Skip(path, "interrupted")
	}
	s.record.End(path, s.since())
	s.observe(step, r)
	failed := s.p.options.FailFast && s.record.Step(path).Counts.Failures() > 0
	if failed || path == s.selected.last {
		s.stop(failed)
	}
}

// shuffle runs its steps in an order that the seed and its path decide. They see none of each other's captures.
func (s *run) shuffle(step *script.Shuffle, at place) task {
	steps := slices.Clone(step.Steps)
	seed := uint64(s.seed)
	draw := rand.New(rand.NewPCG(seed, key("shuffle\x00"+drawn(step.Path, at.round))))
	draw.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	one := make([]task, len(steps))
	for i := range steps {
		one[i] = s.sequence(steps[i:i+1], at)
	}
	return func(ctx context.Context, b *branch) {
		outer := b.scope
		scopes := map[script.Step]*scope{}
		for i, run := range one {
			b.scope = outer.inner()
			scopes[steps[i]] = b.scope
			run(ctx, b)
		}
		b.scope = outer
		for _, child := range step.Steps {
			outer.merge(scopes[child])
		}
	}
}

// maxPlannedRounds is how many rounds of a repeat inside a parallel block are planned before anything runs. Those of a
// longer one are planned as they are run, so that memory stays flat; the actions of its rounds then interleave with
// those of its siblings.
const maxPlannedRounds = 1000

func (s *run) repeat(step *script.Repeat, at place) task {
	at.eager = at.eager && step.Times <= maxPlannedRounds
	var planned []task
	plan := func(i int) task {
		in := at
		in.round = at.round.in(i + 1)
		return s.sequence(step.Steps, in)
	}
	if at.eager {
		for i := range step.Times {
			planned = append(planned, plan(i))
		}
	}
	return func(ctx context.Context, b *branch) {
		for i := 0; i < step.Times && !s.over(ctx); i++ {
			if planned != nil {
				planned[i](ctx, b)
			} else {
				plan(i)(ctx, b)
			}
			if len(at.round) == 0 {
				s.progress(step.Path, int64(i+1))
			}
		}
	}
}

// parallel runs its steps at once. Each has a branch of its own: its captures, its time, its part of the transcript.
func (s *run) parallel(step *script.Parallel, at place) task {
	at.eager = true
	planned := make([]task, len(step.Steps))
	for i, child := range step.Steps {
		planned[i] = s.plan(child, at)
	}
	return func(ctx context.Context, b *branch) {
		branches := make([]*branch, len(planned))
		tracks := b.track.fork(len(planned))
		var running sync.WaitGroup
		for i, run := range planned {
			branches[i] = &branch{s: s, scope: b.scope.inner(), now: b.now, sent: b.sent, track: tracks[i]}
			running.Go(func() {
				defer branches[i].track.close()
				run(ctx, branches[i])
			})
		}
		running.Wait()
		before := b.sent
		for _, child := range branches {
			b.scope.merge(child.scope)
			if child.now.After(b.now) {
				b.now = child.now
			}
			if child.sent != before { // else it has sent nothing
				b.sent = child.sent
			}
		}
	}
}

// drawn names a round of a step, as what is drawn there follows from it.
func drawn(path string, r round) string { return path + "#" + r.String() }

// reasonToSkip says why a step that is reached cannot be played, or "".
func (s *run) reasonToSkip(c *script.Common, b *branch) string {
	if c.Kind == "probe" && s.p.options.DryRun {
		return "a dry run asks nothing"
	}
	if c.Needs == script.NeedReference && !s.p.reference.Load() {
		return "only the reference receiver (semblance listen) can show this"
	}
	var missing []string
	for _, name := range c.Uses {
		if _, ok := b.scope.get(name); !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "nothing was captured as " + strings.Join(missing, " or ")
}

// observe tells the observer how a step went. Those inside a repeat go many times: they are told of once, in the order of
// the file, when the outermost repeat around them has ended.
func (s *run) observe(step script.Step, r round) {
	if len(r) > 0 {
		return
	}
	s.observing.Lock()
	defer s.observing.Unlock()
	if repeat, ok := step.(*script.Repeat); ok {
		s.observeRounds(repeat.Steps)
	}
	s.p.options.Observer.Step(s.record.Step(script.Of(step).Path))
}

func (s *run) observeRounds(steps []script.Step) {
	for _, step := range steps {
		s.observeRounds(script.Children(step))
		if result := s.record.Step(script.Of(step).Path); result.Outcome != scenarios.NotRun {
			s.p.options.Observer.Step(result)
		}
	}
}

// progress tells the observer how far a step has come.
func (s *run) progress(path string, done int64) {
	s.observing.Lock()
	defer s.observing.Unlock()
	s.p.options.Observer.Progress(s.steps[path], done)
}
