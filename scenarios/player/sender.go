package player

import (
	"context"
	"fmt"
	"time"

	"semblance/scenarios/script"
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

// newProbeSender returns the sender of probes. Its time limit is that of the context.
func (o *Options) newProbeSender() (*delivery.Sender, error) {
	options := o.Delivery
	options.Timeout, options.Redirects, options.Success, options.MaxBody = 24*time.Hour, 0, nil, maxProbeBody
	return delivery.New(options)
}

// permitted returns an error if the target is a public address and the scenario has a step that it must not get. The sender
// checks this again for each request; this check is made before anything is sent.
func (s *session) permitted(ctx context.Context, scenario *script.Scenario) error {
	if s.options.DryRun {
		return nil
	}
	for step := range scenario.All() {
		if kind := kindOf(step); kind != simulator.KindEvent {
			if err := s.probes.Permits(ctx, s.options.Target, kind, 1); err != nil {
				return fmt.Errorf("%s: step %s: %w", scenario.File, script.Of(step).Path, err)
			}
			return nil
		}
	}
	return nil
}

// kindOf returns the kind of the requests that a step sends to the target, if it is not [simulator.KindEvent].
func kindOf(step script.Step) simulator.Kind {
	switch s := step.(type) {
	case *script.Traffic:
		return simulator.KindTraffic
	case *script.Request:
		if s.URL == nil {
			return simulator.KindExact
		}
	}
	switch d := script.DeliveringOf(step); {
	case d == nil:
	case d.Fault != nil:
		return simulator.KindFault
	case d.Layers != nil:
		return simulator.KindExact
	}
	return simulator.KindEvent
}

// readsBodies reports whether a step judges or captures from a response body. Then the sender reads the whole body, up to
// the largest document that can be validated, instead of an excerpt.
func readsBodies(scenario *script.Scenario) bool {
	for step := range scenario.All() {
		var expect script.Expect
		var captures []script.Capture
		if d := script.DeliveringOf(step); d != nil {
			expect, captures = d.Expect, d.Captures
		} else if s, ok := step.(*script.Request); ok {
			expect, captures = s.Expect, s.Captures
		}
		if expect.ReadsBody() || len(captures) > 0 || script.ReadsBodies(step) {
			return true
		}
	}
	return false
}
