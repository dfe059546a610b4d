package check

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// maxWaiting bounds the checks that run side by side. Most of them wait, and the gate bounds their requests.
const maxWaiting = 24

// run is one run of checks.
type run struct {
	options *Options
	player  *player.Player
	control *Case
	gate    *gate
	places  int // of the gate
	result  *scenarios.CheckRun
	seen    scenarios.Responses

	mu       sync.Mutex
	done     map[string]*scenarios.CheckResult
	running  map[*Case]*visitor
	counted  map[*Case]*observed // whose effects are counted once more
	controls []scenarios.Exchange
	ended    string              // why no further check runs, or ""
	suspects []*Case             // that were under way when the receiver was lost; nil: it was not
	refused  *scenarios.Exchange // the control at that time
	waited   chan struct{}       // closed after the wait for a rate limit; nil: none was needed
	confirm  sync.Mutex          // one sequence of controls at a time
}

func newRun(o *Options, p *player.Player) *run {
	r := &run{options: o, player: p, control: byID(o.Checks, scenarios.ControlID), places: 1,
		gate: newGate(1, o.Pace), done: map[string]*scenarios.CheckResult{}, running: map[*Case]*visitor{}, counted: map[*Case]*observed{},
		result: &scenarios.CheckRun{Target: simulator.RedactURL(o.Player.Target), IDs: p.IDBytes(), Partial: len(o.Checks) < len(o.All), Strict: o.Strict}}
	if o.Player.Secret == simulator.DefaultSecret || o.Player.Secret == "" {
		r.result.Signed = string(simulator.DefaultSecret.Reveal())
	}
	return r
}

// run runs the checks.
func (r *run) run(ctx context.Context) {
	if !r.begin(ctx) {
		return
	}
	crowded := r.rounds(ctx)
	r.alone(ctx, script.AloneYes)
	r.settle(ctx)
	r.again(ctx, crowded)
	r.alone(ctx, script.AloneLast)
	if r.why(ctx) == "" {
		r.confirmed(ctx)
	}
	r.settle(ctx)
	for _, c := range r.pending() { // those that examine the responses
		r.one(ctx, c)
	}
}

// begin sends the control twice. It reports whether the receiver accepts valid events.
func (r *run) begin(ctx context.Context) bool {
	var trial scenarios.Trial
	for n := range 2 {
		next := r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
		if r.limited(&next.Trial) {
			r.pause(ctx, &next.Trial)
			next = r.try(ctx, r.control, &visitor{gate: r.gate, free: true})
		}
		first := next.first()
		if first == nil {
			r.finish(r.control, scenarios.Trial{Unclear: cmp.Or(next.err, "the valid event was not sent"), Fix: next.fix})
			return false
		}
		if ctx.Err() != nil || !unmet(first) { // a failed response says more than a failed probe
			trial.Unclear, trial.Fix = next.err, next.fix
		}
		if n == 0 {
			trial.Steps = next.Steps
			r.result.Unreached = ctx.Err() == nil && first.Attempt.Response.Failure.NoConnection()
		} else {
			trial.Steps[0].Exchanges = append(trial.Steps[0].Exchanges, next.Steps[0].Exchanges...)
		}
		if r.limited(&next.Trial) {
			trial.Unclear = rateLimited
		}
		r.describe(&first.Attempt)
		if result := r.judged(r.control, trial); result.Outcome != scenarios.Passed {
			break
		}
	}
	result := r.finish(r.control, trial)
	switch {
	case result.Outcome == scenarios.Passed:
		r.places = cmp.Or(r.options.InFlight, inFlight(r.result.Latency))
		r.gate.widen(r.places)
		return true
	case result.Outcome == scenarios.Failed && !r.result.Unreached:
		r.diagnose(ctx, result)
	}
	return false
}

// roundSize is the number of checks after which a control is sent.
const roundSize = 25

// rounds runs the checks side by side, each as soon as its predecessors have been judged, with a control after every round. It
// returns the checks that ran, none of them alone. A check that waits does so beside its predecessors.
func (r *run) rounds(ctx context.Context) (crowded []*Case) {
	finished := make(chan *Case)
	started := map[*Case]bool{}
	running, done := 0, 0
	for {
		for _, c := range r.pending() {
			if started[c] || running == maxWaiting || c.Scenario.Check.Alone != script.AloneNo || examines(c.Scenario) ||
				!r.ready(c) && !waits(c.Scenario) || r.why(ctx) != "" {
				continue
			}
			started[c] = true
			if !slices.Contains(crowded, c) {
				crowded = append(crowded, c)
			}
			running++
			go func() {
				r.one(ctx, c)
				finished <- c
			}()
		}
		if running == 0 {
			if r.regained(ctx) {
				clear(started)
				continue
			}
			if len(crowded) == 1 {
				return nil
			}
			return crowded
		}
		<-finished
		running--
		if done++; (done%roundSize == 0 || running == 0) && r.why(ctx) == "" {
			r.confirmed(ctx)
		}
	}
}

// alone runs checks that run by themselves, in the order of their ids.
func (r *run) alone(ctx context.Context, kind script.Alone) {
	for _, c := range r.pending() {
		if c.Scenario.Check.Alone == kind && (r.why(ctx) == "" || r.regained(ctx)) {
			r.one(ctx, c)
		}
	}
}

// pending returns the checks without a result, except the control.
func (r *run) pending() []*Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.options.Checks), func(c *Case) bool { return c == r.control || r.done[c.ID] != nil })
}

// ready reports whether all selected checks before this one have been judged.
func (r *run) ready(c *Case) bool {
	for _, id := range c.After {
		before := byID(r.options.Checks, id)
		if before != nil && r.resultOf(id) == nil && before.Scenario.Check.Alone == script.AloneNo {
			return false
		}
	}
	return true
}

// why says why no further check runs, or returns "".
func (r *run) why(ctx context.Context) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == "" && ctx.Err() != nil {
		r.ended, _ = describe(ctx, context.Cause(ctx))
	}
	return r.ended
}

// end ends the run.
func (r *run) end(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = cmp.Or(r.ended, reason)
}

func (r *run) resultOf(id string) *scenarios.CheckResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done[id]
}

func (r *run) put(result scenarios.CheckResult) *scenarios.CheckResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[result.ID] = &result
	r.options.Progress(result.Group, len(r.done), len(r.options.Checks))
	return &result
}

// finish judges a check and keeps the result.
func (r *run) finish(c *Case, trial scenarios.Trial) *scenarios.CheckResult {
	return r.put(r.judged(c, trial))
}

func (r *run) judged(c *Case, trial scenarios.Trial) scenarios.CheckResult {
	result := scenarios.JudgeCheck(c.Check, trial)
	result.Rerun = r.rerun(c)
	if len(result.Findings) > 0 && result.Findings[0].Step.Kind == "responses" { // those of the whole run
		result.Rerun = slices.Concat([]string{"check"}, r.options.Reproduce)
	}
	return result
}

func (r *run) rerun(c *Case) []string {
	return slices.Concat([]string{"check", c.ID}, r.options.Reproduce)
}

// one runs a check and keeps its result.
func (r *run) one(ctx context.Context, c *Case) {
	if reason := r.lacks(c); reason != "" {
		r.put(scenarios.CheckResult{Check: c.Check, Outcome: scenarios.Skipped, Reason: reason})
		return
	}
	if c.Group == "freshness" && r.result.ClockOff.Abs() > maxClockOff {
		r.put(scenarios.CheckResult{Check: c.Check, Outcome: scenarios.Inconclusive,
			Reason: "the clocks differ by " + human.Duration(r.result.ClockOff.Abs())})
		return
	}
	if id := r.explained(c); id != "" {
		r.put(scenarios.CheckResult{Check: c.Check, Outcome: scenarios.Inconclusive, Because: id})
		return
	}
	if r.why(ctx) != "" {
		return
	}
	r.put(r.judge(ctx, c, c.Scenario.Check.Alone != script.AloneNo))
}

// explained returns the id of the failed check because of which a check is not judged, or "".
func (r *run) explained(c *Case) string {
	for _, id := range c.After {
		if before := r.resultOf(id); before != nil && before.Outcome == scenarios.Failed && len(r.types(c)) == 0 {
			return id
		}
	}
	return ""
}

// judge plays a check, waits once for a rate limit, sends the control that is due, and judges. Beside others nothing is said
// about a check after which the receiver is lost.
func (r *run) judge(ctx context.Context, c *Case, alone bool) scenarios.CheckResult {
	started := clock.Now()
	v := &visitor{gate: r.gate, free: takesLong(c.Scenario), doubt: r.doubt}
	r.mark(c, v)
	defer r.mark(c, nil)
	t := r.try(ctx, c, v)
	if r.limited(&t.Trial) {
		r.pause(ctx, &t.Trial)
		if t = r.try(ctx, c, v); r.limited(&t.Trial) {
			t.Unclear = rateLimited
		}
	}
	if t.err != "" {
		t.Unclear, t.Fix = t.err, t.fix
	}
	switch {
	case alone && v.lost != nil:
		t.Control, t.Unclear = v.lost, ""
	case r.why(ctx) != "":
	case c.Scenario.Check.Then == script.ThenControl:
		t.Control = v.confirm(func() *scenarios.Exchange { return r.confirmed(ctx) })
	case t.silent():
		v.confirm(func() *scenarios.Exchange { return r.confirmed(ctx) })
	}
	if reason := r.why(ctx); reason != "" && (!alone || ctx.Err() != nil) || reason == rateLimited {
		if t.Control != nil || t.silent() {
			t.Control, t.Unclear = nil, reason
		}
	}
	if t.trial != nil && t.trial.Counts() {
		r.count(c, &t)
	}
	result := r.judged(c, t.Trial)
	result.Also = t.times
	result.Duration = clock.Since(started)
	return result
}

// doubt sends the control after a request without a response. The error says that the receiver was lost.
func (r *run) doubt(ctx context.Context) (x *scenarios.Exchange, err error) {
	if r.why(ctx) == "" {
		x = r.confirmed(ctx)
	}
	if reason := r.why(ctx); reason != "" {
		err = errors.New(reason)
	}
	return x, err
}

// mark notes that a check is under way, or with nil that it has ended.
func (r *run) mark(c *Case, v *visitor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v == nil {
		delete(r.running, c)
		return
	}
	r.running[c] = v
}

// conclude completes the result: the checks that did not run, and the known failures.
func (r *run) conclude() {
	control := r.resultOf(scenarios.ControlID)
	for _, c := range r.options.Checks {
		result := r.resultOf(c.ID)
		if result == nil {
			result = &scenarios.CheckResult{Check: c.Check, Outcome: scenarios.Inconclusive, Reason: cmp.Or(r.ended, "not run")}
			if control != nil && control.Outcome != scenarios.Passed {
				result.Because = cmp.Or(control.Because, scenarios.ControlID)
			}
		}
		if result.Rerun == nil {
			result.Rerun = r.rerun(c)
		}
		r.options.mask(result)
		r.result.Checks = append(r.result.Checks, *result)
	}
	r.result.Requests = r.gate.sent()
	r.options.Baseline.apply(r.result)
}
