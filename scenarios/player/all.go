package player

import (
	"context"

	"semblance/scenarios"
	"semblance/scenarios/script"
)

// PlayAll checks the scenarios, then plays them one after the other. The result is nil if nothing was played, because of
// an option or a scenario that cannot be played; an error beside a result is a failure to record it.
func PlayAll(ctx context.Context, o Options, all []*script.Scenario) (*scenarios.Result, error) {
	p, err := New(o)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	for _, scenario := range all {
		if err := p.Check(ctx, scenario); err != nil {
			return nil, err
		}
	}
	for _, scenario := range all {
		if ctx.Err() != nil {
			break
		}
		if err = p.Play(ctx, scenario); err != nil {
			break
		}
	}
	result := p.Result()
	return &result, err
}
