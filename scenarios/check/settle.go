package check

import (
	"context"
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/simulator/clock"
)

// count keeps a trial whose effects are counted once more.
func (r *run) count(c *Case, t *observed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counted[c] = t
}

// settle counts the effects of the checks once more, and judges these checks again. A check is not judged if one before it has
// failed meanwhile.
func (r *run) settle(ctx context.Context) {
	for _, c := range r.options.Checks {
		if t := r.counted[c]; t != nil {
			r.put(r.recounted(ctx, *r.resultOf(c.ID), t))
		}
	}
	clear(r.counted)
	if control := r.resultOf(scenarios.ControlID); control.Outcome == scenarios.Passed {
		trial := control.Trial
		trial.Steps = slices.Clone(trial.Steps)
		trial.Steps[0].Exchanges = slices.Concat(trial.Steps[0].Exchanges, r.controls)
		r.put(r.judged(r.control, trial))
	}
	r.controls = nil
	for _, c := range r.options.Checks {
		if id := r.explained(c); id != "" && r.resultOf(c.ID) != nil {
			r.put(scenarios.CheckResult{Check: c.Check, Outcome: scenarios.Inconclusive, Because: id})
		}
	}
}

// recounted is the result of a check after its effects have been counted once more.
func (r *run) recounted(ctx context.Context, result scenarios.CheckResult, t *observed) scenarios.CheckResult {
	if ctx.Err() != nil || result.Because != "" {
		return result
	}
	err := clock.Sleep(ctx, countSettle-clock.Since(t.ended))
	if err == nil {
		err = t.trial.Recount(ctx)
	}
	if err != nil && t.Unclear == "" {
		t.Unclear, t.Fix = describe(ctx, err)
	}
	again := r.judged(byID(r.options.Checks, result.ID), t.Trial)
	again.Also, again.Duration = result.Also, result.Duration
	return again
}

// countSettle is the time after which effects are counted once more.
const countSettle = 200 * time.Millisecond

// again runs the checks again that failed or warned while others were running, each alone. One that passes now is unsteady, and
// the checks that it explained run too.
func (r *run) again(ctx context.Context, crowded []*Case) {
	for _, c := range crowded {
		first := r.resultOf(c.ID)
		if first == nil || first.Outcome != scenarios.Failed && first.Outcome != scenarios.Warned || r.why(ctx) != "" {
			continue
		}
		second := r.judge(ctx, c, true)
		if t := r.counted[c]; t != nil {
			second = r.recounted(ctx, second, t)
			delete(r.counted, c)
		}
		switch second.Outcome {
		case scenarios.Passed, scenarios.Remarked:
			second.Outcome, second.Findings = scenarios.Unsteady, first.Findings
			second.Also = "passed when it ran alone"
		case scenarios.Failed, scenarios.Warned:
		default:
			continue
		}
		r.put(second)
	}
	for _, c := range r.options.Checks {
		if result := r.resultOf(c.ID); result != nil && result.Because != "" && r.explained(c) == "" {
			r.one(ctx, c)
		}
	}
}
