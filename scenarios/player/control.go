package player

import (
	"semblance/scenarios"
	"semblance/simulator"
)

// notAccepted says that the control was not accepted, for reports.
const notAccepted = "the first valid event was not accepted, so the rest was not played"

// control notes the first right event of a run that the receiver must accept. If the receiver refused it or did not respond,
// nothing else can be judged, and the run stops.
func (e *emission) control(expect expected, a *simulator.Attempt) {
	r := e.run
	if !r.options.Control || r.trial != nil || e.options.Layers != nil || e.options.Fault != nil || !expect.accepts() || r.controlled.Swap(true) {
		return
	}
	if response := &a.Response; response.Failure != "" || response.Status/100 == 3 || refused(response.Status) {
		r.failed.Store(true)
		r.session.refused.Store(true)
		r.results.Stop(notAccepted)
	}
}

// refused reports whether a status is a refusal.
func refused(status int) bool {
	return scenarios.Statuses{{Word: scenarios.Refused}}.Contains(status)
}

// accepts reports whether only 2xx is as expected.
func (e *expected) accepts() bool {
	if len(e.levels) > 0 {
		must := &e.levels[0]
		return must.Level == scenarios.Must && len(must.Any) == 1 && acceptsOnly(&must.Any[0])
	}
	return acceptsOnly(&e.expect)
}

func acceptsOnly(e *scenarios.Expect) bool {
	for _, r := range e.Status {
		if r.Word != scenarios.Accepted && (r.Low < 200 || r.High > 299) {
			return false
		}
	}
	return e.Response == scenarios.ResponseExpected && len(e.Status) > 0
}
