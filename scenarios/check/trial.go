package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator/clock"
)

// observed is a trial, and why it could not be completed.
type observed struct {
	scenarios.Trial
	err   string
	fix   string        // of err, or ""
	times string        // the comparison of times, or ""
	trial *player.Trial // counts effects; nil: nothing was sent
	ended time.Time
}

// first returns the first exchange, or nil.
func (t *observed) first() *scenarios.Exchange {
	for i := range t.Steps {
		if len(t.Steps[i].Exchanges) > 0 {
			return &t.Steps[i].Exchanges[0]
		}
	}
	return nil
}

// silent reports whether a request got no response though one was required.
func (t *observed) silent() bool {
	return t.any(func(x *scenarios.Exchange) bool { return x.Attempt.Response.Failure != "" && unmet(x) })
}

func (t *observed) any(f func(*scenarios.Exchange) bool) bool { return anyExchange(&t.Trial, f) }

func anyExchange(t *scenarios.Trial, f func(*scenarios.Exchange) bool) bool {
	for i := range t.Steps {
		for k := range t.Steps[i].Exchanges {
			if f(&t.Steps[i].Exchanges[k]) {
				return true
			}
		}
	}
	return false
}

// unmet reports whether a response is not as required at some level.
func unmet(x *scenarios.Exchange) bool {
	return slices.ContainsFunc(x.Required, func(r scenarios.Requirement) bool {
		v := r.Judge(&x.Attempt)
		return !v.Passed()
	})
}

// try plays a check once.
func (r *run) try(ctx context.Context, c *Case, v *visitor) observed {
	o := player.TrialOptions{Subscribed: r.subscribed(c), Offers: r.offers(), Stale: r.options.stale(), Pace: v.enter, Sent: v.leave, Responses: &r.seen,
		Hook: r.options.Hook}
	o.Queries = r.reads() && (r.options.Player.Effects == nil || slices.Contains(c.Scenario.Check.Needs, script.NeedReadBack))
	trial, err := r.player.Try(ctx, c.Scenario, o)
	if deadline, ok := ctx.Deadline(); ok && !clock.Now().Before(deadline) { // a request may end at the deadline before ctx does
		<-ctx.Done()
		err = cmp.Or(err, context.Cause(ctx))
	}
	t := observed{trial: trial, ended: clock.Now()}
	if trial != nil {
		t.Steps = convert(trial)
		for _, s := range trial.Steps {
			t.times = cmp.Or(t.times, s.Times)
		}
	}
	if err != nil {
		t.err, t.fix = describe(ctx, err)
	}
	return t
}

// describe says why a trial could not be completed, and what to change.
func describe(ctx context.Context, err error) (reason, fix string) {
	var probe *player.ProbeError
	if errors.As(err, &probe) && ctx.Err() == nil {
		fix = sentence(probe.Fix)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted", ""
	}
	return err.Error(), fix
}

// convert returns the observations in the terms of package scenarios.
func convert(t *player.Trial) []scenarios.TrialStep {
	var steps []scenarios.TrialStep
	for _, s := range t.Steps {
		step := scenarios.TrialStep{Step: s.Info, Skipped: s.Skipped, Broken: s.Failed, Effect: script.Of(s.Step).Effect}
		for _, x := range s.Exchanges {
			step.Exchanges = append(step.Exchanges, scenarios.Exchange{Label: label(x), Attempt: x.Attempt, Required: x.Required, Twin: x.Twin, Effects: x.Effects, Probed: x.Probed})
		}
		if v := s.Verdict; v != nil {
			step.Found = append(step.Found, found(s.Info, scenarios.Must, v.Failures)...)
			step.Found = append(step.Found, found(s.Info, scenarios.Should, v.Warnings)...)
			step.Found = append(step.Found, found(s.Info, scenarios.May, v.Remarks)...)
		}
		steps = append(steps, step)
	}
	return steps
}

// found returns the findings of a step about the responses of the run, at a level.
func found(step scenarios.Step, level scenarios.Level, failures []scenarios.Failure) []scenarios.Finding {
	var all []scenarios.Finding
	for _, f := range failures {
		all = append(all, scenarios.Finding{Level: level, Step: step, Expected: f.Expected, Got: f.Got})
	}
	return all
}

// label distinguishes an exchange from the others of its step.
func label(x *player.Exchange) string {
	var words []string
	switch {
	case x.Each != "":
		words = append(words, x.Each)
	case x.Round != "":
		words = append(words, "round "+x.Round)
	}
	if x.Copy > 0 {
		words = append(words, fmt.Sprintf("copy %d", x.Copy))
	}
	return strings.Join(words, ", ")
}
