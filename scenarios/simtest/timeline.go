package simtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/simulator"
)

// maxTimeline bounds the attempts in the timeline of a failed test. The first and the last are shown.
const maxTimeline = 30

// timeline describes attempts in order, one per line: when, which event, and the response.
func timeline(attempts []simulator.Attempt) string {
	attempts = slices.Clone(attempts)
	slices.SortStableFunc(attempts, func(a, b simulator.Attempt) int { return a.StartedAt.Compare(b.StartedAt) })
	var b strings.Builder
	body := ""
	for i, a := range attempts {
		if left := len(attempts) - maxTimeline; left > 0 && i >= maxTimeline/2 && i < maxTimeline/2+left {
			if i == maxTimeline/2 {
				fmt.Fprintf(&b, "\t    … %s …\n", human.Count(left, "more attempt"))
			}
			continue
		}
		number := ""
		if a.Number > 1 {
			number = fmt.Sprintf(", attempt %d", a.Number)
		}
		response := brief(&a.Response)
		if string(a.Response.Body) == body { // shown already
			response = report.Terminal{}.Response(&a.Response, true)
		}
		body = string(a.Response.Body)
		fmt.Fprintf(&b, "\t%8s  %s%s: %s\n", human.Duration(a.StartedAt.Sub(attempts[0].StartedAt)), report.Terminal{}.Title(&a.Request), number, response)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// rerun returns the command that runs a test alone.
func rerun(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return "go test -run '" + strings.ReplaceAll(strings.Join(parts, "/"), "'", `'\''`) + "'"
}
