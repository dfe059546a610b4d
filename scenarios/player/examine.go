package player

import (
	"context"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// examine plans a step that judges the responses of the run so far: of the scenario, or of all trials that share a collection.
func (r *run) examine(step *script.Responses, f frame) task {
	return func(_ context.Context, b *branch) {
		v := b.values(f)
		e, err := v.expected(&step.Common, nil)
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		verdict := e.byLevel(func(level *scenarios.Requirement) scenarios.Verdict { return r.seen.Judge(step.Which, level) })
		if r.trial != nil {
			r.trial.step(step, func(s *TrialStep) { s.Verdict = &verdict })
		}
		r.recorder.Probe(step.Path, scenarios.Evidence{Round: f.round.String(), Probe: &scenarios.Probe{}, Expected: e.String(), Verdict: verdict})
	}
}

// collect adds a response to those that are examined.
func (r *run) collect(path string, a *simulator.Attempt, levels []scenarios.Requirement) {
	if r.seen == nil {
		return
	}
	refusal := a.Response.Status/100 == 4 && slices.ContainsFunc(levels, func(l scenarios.Requirement) bool { return l.Refuses() })
	from := "step " + path
	if r.scenario.Check != nil {
		from = r.scenario.Check.ID
	}
	r.seen.Add(from, a, refusal, rightSignature(&a.Request, r.options.Secret))
}

// examines reports whether a scenario examines its responses.
func examines(scenario *script.Scenario) bool {
	for step := range scenario.All() {
		if _, ok := step.(*script.Responses); ok {
			return true
		}
	}
	return false
}

// rightSignature returns the v1 that a request should have had, or "" if the request carried it or has no time.
func rightSignature(request *simulator.Request, secret simulator.Secret) string {
	value := request.Header(signature.HeaderName)
	t := request.Header(signature.TimestampName)
	if _, after, ok := strings.Cut(value, "t="); ok {
		t, _, _ = strings.Cut(after, ",")
	}
	if t == "" {
		return ""
	}
	right := signature.Digest(secret.Reveal(), append([]byte(t+"."), request.Body...))
	if strings.Contains(strings.ToLower(value), right) {
		return ""
	}
	return right
}
