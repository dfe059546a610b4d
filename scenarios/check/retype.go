package check

import (
	"slices"
	"strings"
	"time"

	"semblance/scenarios/script"
	"semblance/schemas"
)

// plainType is the event type of most checks.
const plainType = "booking.created"

// retyped returns the checks with another event type in place of booking.created, if that is not subscribed: the receiver need
// not accept it.
func retyped(cases []*Case, events []*schemas.EventType) []*Case {
	var to *schemas.EventType
	for _, t := range events {
		if t.Name == plainType {
			return cases
		}
		if to == nil || strings.HasSuffix(t.Name, ".created") && !strings.HasSuffix(to.Name, ".created") {
			to = t
		}
	}
	if to == nil {
		return cases
	}
	out := make([]*Case, len(cases))
	for i, c := range cases {
		own, s := *c, *c.Scenario
		s.Steps = retypedSteps(s.Steps, to)
		own.Scenario, out[i] = &s, &own
	}
	return out
}

func retypedSteps(steps []script.Step, to *schemas.EventType) []script.Step {
	out := make([]script.Step, len(steps))
	for i, step := range steps {
		out[i] = step
		switch s := step.(type) {
		case *script.Send:
			if s.Type != nil && s.Type.Name == plainType {
				own := *s
				own.Type, out[i] = to, &own
			}
		case *script.Repeat:
			own := *s
			own.Steps, out[i] = retypedSteps(s.Steps, to), &own
		case *script.Parallel:
			own := *s
			own.Steps, out[i] = retypedSteps(s.Steps, to), &own
		}
	}
	return out
}

// tolerated returns the checks without the events whose signature is so young that the receiver accepts it.
func tolerated(cases []*Case, tolerance time.Duration) []*Case {
	out := make([]*Case, len(cases))
	for i, c := range cases {
		own, s := *c, *c.Scenario
		s.Steps = slices.DeleteFunc(slices.Clone(s.Steps), func(step script.Step) bool {
			send, ok := step.(*script.Send)
			if !ok || c.Group != "freshness" || send.Layers == nil || send.Layers.Sign == nil {
				return false
			}
			age := -send.Layers.Sign.Time.Offset
			return age > DefaultTolerance && age < tolerance+time.Minute
		})
		own.Scenario, out[i] = &s, &own
	}
	return out
}
