package player

import (
	"context"
	"fmt"
	"slices"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// PlayAll checks the scenarios, then plays them one after the other. The result is nil if nothing was played, because of
// an option or a scenario that cannot be played; an error beside a result is a failure to record it.
func PlayAll(ctx context.Context, o Options, all []*script.Scenario) (*scenarios.Result, error) {
	p, err := New(o)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if err := checkTags(all, o.Select.Tags); err != nil {
		return nil, err
	}
	for _, scenario := range all {
		if err := p.Check(ctx, scenario); err != nil {
			return nil, err
		}
	}
	for i, scenario := range all {
		if ctx.Err() != nil {
			break
		}
		if p.refused.Load() {
			p.results.Stop(notAccepted + ", nor " + human.Count(len(all)-i, "scenario"))
			break
		}
		if err = p.Play(ctx, scenario); err != nil {
			break
		}
	}
	result := p.Result()
	if o.Effects != nil && result.Counts.Effects == 0 {
		result.Uncounted = uncounted(all)
	}
	return &result, err
}

// uncounted says why the probe counted no effects.
func uncounted(all []*script.Scenario) string {
	for _, scenario := range all {
		for step := range scenario.All() {
			if effect, _ := requiredEffect(script.Of(step)); effect != "" {
				return "--probe counted no effects: the steps with an effect were not played, or their records had effects before this run"
			}
		}
	}
	return "no step has an effect, so --probe was not used"
}

// checkTags returns an error for a tag that no step has: it would play nothing, and pass.
func checkTags(all []*script.Scenario, tags []string) error {
	var known []string
	for _, scenario := range all {
		for step := range scenario.All() {
			known = append(known, script.Of(step).Tags...)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, tag := range tags {
		if !slices.Contains(known, tag) {
			return fmt.Errorf("--tag: no step has the tag %q%s", tag, naming.Hint(tag, known))
		}
	}
	return nil
}
