package report

import (
	"fmt"
	"slices"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
)

// summary writes the outcome, the counts, the latency and the coverage of the run.
func (p *printer) summary(r *scenarios.Result) {
	fmt.Fprintf(&p.b, "\n%s  %s\n", p.verdict(r), stepCounts(r.Summary()))
	if r.Stopped != "" {
		fmt.Fprintf(&p.b, "  stopped   %s\n", p.wrap(r.Stopped, 12))
	}
	p.listCauses(r)
	p.judged(r)
	fmt.Fprintf(&p.b, "  sent      %s, %s, in %s%s\n", human.Count(r.Counts.Attempts, "request"), human.Count(r.Counts.Responses, "response"), human.Duration(r.Duration), seedOf(r))
	if l := &r.Latency; l.Count > 0 {
		fmt.Fprintf(&p.b, "  latency   p50 %s, p90 %s, p99 %s, max %s\n", human.Duration(l.P50), human.Duration(l.P90), human.Duration(l.P99), human.Duration(l.Max))
	}
	fmt.Fprintf(&p.b, "  covered   %s\n", r.Coverage.String())
	switch n := len(r.Coverage.Missing()); {
	case !r.CoverageMet():
		fmt.Fprintf(&p.b, "  %s\n", p.paint(fmt.Sprintf("required  %g %% of the event types, got %.4g %%; not covered: %s",
			r.CoverAtLeast, r.Coverage.Percent(), missing(&r.Coverage)), color.FgRed))
	case n > 0 && n <= maxMissing:
		fmt.Fprintf(&p.b, "            not covered: %s\n", missing(&r.Coverage))
	}
}

// judged writes the extent of the run: a run that passed claims nothing else.
func (p *printer) judged(r *scenarios.Result) {
	j := r.Judged()
	text := j.String()
	if h := j.Hint(); h != "" && r.Passed() {
		text += "; " + h
	}
	fmt.Fprintf(&p.b, "  judged    %s\n", p.wrap(text, 12))
	if !r.Passed() { // the failures come first
		return
	}
	for i, skip := range j.Skipped {
		if i == maxCauses {
			fmt.Fprintf(&p.b, "            and %s\n", human.Count(len(j.Skipped)-i, "more reason"))
			break
		}
		fmt.Fprintf(&p.b, "  skipped   %s\n", p.wrap(human.Count(skip.Steps, "step")+": "+human.Line(skip.Reason), 12))
	}
}

// seedOf returns the seed that all scenarios of the run have, in words, or "".
func seedOf(r *scenarios.Result) string {
	for i := range r.Scenarios {
		if r.Scenarios[i].Seed != r.Scenarios[0].Seed {
			return ""
		}
	}
	if len(r.Scenarios) == 0 {
		return ""
	}
	return fmt.Sprintf(", seed %d", r.Scenarios[0].Seed)
}

// listCauses lists the causes that failed more than one step. The others are shown with their step.
func (p *printer) listCauses(r *scenarios.Result) {
	all := slices.DeleteFunc(causesOf(r), func(c *cause) bool { return c.steps == 1 })
	for i, c := range all {
		if i == maxCauses {
			fmt.Fprintf(&p.b, "            and %s\n", human.Count(len(all)-i, "more cause"))
			break
		}
		fmt.Fprintf(&p.b, "  cause     %s\n", p.wrap(c.times()+": "+c.title(), 12))
		if fix := c.fix(); fix != "" {
			fmt.Fprintf(&p.b, "  fix       %s\n", p.wrap(fix, 12))
		}
	}
}
