package player

import (
	"context"

	"semblance/scenarios/script"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// sender prepares attempts and makes them: a delivery.Sender, or in a dry run one that makes none.
type sender interface {
	Prepare(delivery.Message) (simulator.Request, error)
	PrepareExact(delivery.Exact) (simulator.Request, error)
	Send(ctx context.Context, sent simulator.Request) simulator.Response
	Close()
}

// newSender returns what makes the attempts of a scenario.
func (p *Player) newSender(scenario *script.Scenario) (sender, error) {
	options := p.options.Delivery
	options.LocalOnly = options.LocalOnly || restricted(scenario.Steps) != "" && !p.options.AllowPublic
	if options.MaxBody == 0 && readsBodies(scenario) {
		options.MaxBody = validate.MaxSize
	}
	real, err := delivery.New(options)
	if err != nil {
		return nil, err
	}
	if p.options.DryRun {
		return dry{real}, nil
	}
	return real, nil
}

// dry prepares attempts and sends none.
type dry struct{ *delivery.Sender }

// Send says how it would have gone as far as it decides what is sent next: what a fault spoils fails, the rest is
// accepted.
func (dry) Send(_ context.Context, sent simulator.Request) simulator.Response {
	if sent.Fault != "" {
		return simulator.Response{Failure: simulator.FailureReset, Detail: "nothing was sent"}
	}
	return simulator.Response{Status: 200}
}
