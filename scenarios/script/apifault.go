package script

import (
	"strings"

	"semblance/schemas/naming"
	"semblance/simulator/apifault"
)

// APIFault injects a fault into the following calls of the provider's API, until the end of the scenario.
type APIFault struct {
	Common
	Plan apifault.Plan // without a kind: the faults of earlier steps end
}

// noAPIFault is the value that ends the faults of earlier steps.
const noAPIFault = "none"

// apiFaultStep reads `api-fault: stale=10s,field=booking,next=1`.
func apiFaultStep(_ *parser, s *APIFault) construct {
	kinds := naming.List(apifault.Kinds(), func(k [2]string) string { return k[0] })
	about := "none, which ends the faults of earlier steps, or a fault: " + strings.Join(kinds, ", ") + "; then field=NAME, operation=NAME, next=N or share=PART, separated by commas."
	return construct{keys: []key{{"api-fault", about, true, value{shape: textShape, read: func(p *parser, n *node, key string) {
		if n.isNull() {
			p.fail(n, `the fault null needs quotes: %s: "null"`, key)
			return
		}
		text, ok := p.word(n, key)
		if !ok || text == noAPIFault {
			return
		}
		var err error
		if s.Plan, err = apifault.Parse(text); err != nil {
			p.fail(n, "%s", err)
		}
	}}}}}
}

// describe returns the step as one line.
func (s *APIFault) describe() string {
	if s.Plan.Kind == "" {
		return "api-fault: " + noAPIFault
	}
	return "api-fault: " + s.Plan.String()
}
