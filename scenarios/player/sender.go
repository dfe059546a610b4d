package player

import (
	"context"
	"fmt"

	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// sender prepares and sends requests. It is a delivery.Sender, or in a dry run one that sends nothing.
type sender interface {
	Prepare(delivery.Message) (simulator.Request, error)
	PrepareExact(delivery.Exact) (simulator.Request, error)
	Send(ctx context.Context, request simulator.Request) simulator.Response
	Close()
}

// newSender returns the sender for a scenario.
func (o *Options) newSender(scenario *script.Scenario) (sender, error) {
	options := o.Delivery
	options.LocalOnly = options.LocalOnly || restricted(scenario.Steps) != "" && !o.AllowPublic
	if options.MaxBody == 0 && readsBodies(scenario) {
		options.MaxBody = validate.MaxSize
	}
	s, err := delivery.New(options)
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		return drySender{s}, nil
	}
	return s, nil
}

// drySender prepares requests and sends none.
type drySender struct{ *delivery.Sender }

// Send returns the response that [Player.Play] assumes in a dry run.
func (drySender) Send(_ context.Context, request simulator.Request) simulator.Response {
	if request.Fault != "" {
		return simulator.Response{Failure: simulator.FailureReset, Detail: "dry run: nothing was sent"}
	}
	return simulator.Response{Status: 200}
}

// allowed returns an error if the scenario has a restricted step and the target is a public address.
func (o *Options) allowed(ctx context.Context, scenario *script.Scenario) error {
	step := restricted(scenario.Steps)
	if step == "" || o.AllowPublic || o.DryRun {
		return nil
	}
	local, err := delivery.LeadsToLocal(ctx, o.Target)
	if err == nil && !local { // a name that cannot be resolved fails the attempts
		return fmt.Errorf("%s: %s may only be sent to loopback and private addresses; add --allow-public if %s is yours", scenario.File, step, o.Target)
	}
	return nil
}

// maxPublicRounds bounds the rounds of a repeat against a public address, like --count on the command line.
const maxPublicRounds = 100

// restricted describes the first step that must not target a public address, or "".
func restricted(steps []script.Step) string {
	for _, step := range steps {
		switch s := step.(type) {
		case *script.Send:
			if s.Fault != nil {
				return "a fault (" + s.Fault.String() + ")"
			}
		case *script.Do:
			if s.Fault != nil {
				return "a fault (" + s.Fault.String() + ")"
			}
		case *script.Traffic:
			return "traffic"
		case *script.Repeat:
			if s.Times > maxPublicRounds {
				return "a repeat of more than " + human.Count(maxPublicRounds, "round")
			}
		}
		if inner := restricted(script.Children(step)); inner != "" {
			return inner
		}
	}
	return ""
}

// readsBodies reports whether a step judges or captures from a response body. Then the sender reads the whole body, up to
// the largest document that can be validated, instead of an excerpt.
func readsBodies(scenario *script.Scenario) bool {
	for step := range scenario.All() {
		var expect script.Expect
		var captures []script.Capture
		switch s := step.(type) {
		case *script.Send:
			expect, captures = s.Expect, s.Captures
		case *script.Do:
			expect, captures = s.Expect, s.Captures
		case *script.Traffic:
			expect, captures = s.Expect, s.Captures
		case *script.Request:
			expect, captures = s.Expect, s.Captures
		}
		if expect.Body != nil || len(expect.Equals) > 0 || len(captures) > 0 {
			return true
		}
	}
	return false
}
