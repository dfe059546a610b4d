package check

import (
	"slices"

	"semblance/scenarios/script"
)

// goesOverTypes reports whether a step of the check is played for each subscribed event type.
func goesOverTypes(s *script.Scenario) bool {
	for step := range s.All() {
		if slices.ContainsFunc(script.Of(step).Each, func(e script.Each) bool { return e.From == script.EachSubscribed }) {
			return true
		}
	}
	return false
}

// takesLong reports whether the check holds a request back on purpose.
func takesLong(s *script.Scenario) bool {
	for step := range s.All() {
		if send, ok := step.(*script.Send); ok && send.Layers != nil && send.Layers.Wire != nil {
			return true
		}
	}
	return false
}

// waits reports whether the check waits between its requests.
func waits(s *script.Scenario) bool {
	for step := range s.All() {
		if _, ok := step.(*script.Wait); ok {
			return true
		}
		if d := script.DeliveringOf(step); d != nil && d.Again != nil && d.Again.After > 0 {
			return true
		}
	}
	return false
}

// examines reports whether the check examines the responses of the run.
func examines(s *script.Scenario) bool {
	for step := range s.All() {
		if _, ok := step.(*script.Responses); ok {
			return true
		}
	}
	return false
}
