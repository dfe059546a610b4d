package report

import (
	"bytes"
	"fmt"
	"slices"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
)

// summary writes the outcome, the counts, the latency and the coverage of the run.
func (t Terminal) summary(b *bytes.Buffer, r *scenarios.Result) {
	steps := map[scenarios.Outcome]int{}
	for i := range r.Scenarios {
		for outcome, n := range r.Scenarios[i].Summary() {
			steps[outcome] += n
		}
	}
	fmt.Fprintf(b, "\n%s  %s\n", t.verdict(r), stepCounts(steps))
	if r.Stopped != "" {
		fmt.Fprintf(b, "  stopped   %s\n", t.wrap(r.Stopped, 12))
	}
	t.causes(b, r)
	t.judged(b, r)
	fmt.Fprintf(b, "  sent      %s, %s, in %s%s\n", human.Count(r.Counts.Attempts, "request"), human.Count(r.Counts.Responses, "response"), human.Duration(r.Duration), seedOf(r))
	if l := &r.Latency; l.Count > 0 {
		fmt.Fprintf(b, "  latency   p50 %s, p90 %s, p99 %s, max %s\n", human.Duration(l.P50), human.Duration(l.P90), human.Duration(l.P99), human.Duration(l.Max))
	}
	fmt.Fprintf(b, "  covered   %s\n", r.Coverage.String())
	switch n := len(r.Coverage.Missing()); {
	case !r.CoverageMet():
		fmt.Fprintf(b, "  %s\n", t.paint(fmt.Sprintf("required  %g %% of the event types, got %.4g %%; not covered: %s",
			r.CoverAtLeast, r.Coverage.Percent(), missing(&r.Coverage)), color.FgRed))
	case n > 0 && n <= maxMissing:
		fmt.Fprintf(b, "            not covered: %s\n", missing(&r.Coverage))
	}
}

// judged writes the extent of the run: a run that passed claims nothing else.
func (t Terminal) judged(b *bytes.Buffer, r *scenarios.Result) {
	j := r.Judged()
	text := j.String()
	if h := j.Hint(); h != "" && r.Passed() {
		text += "; " + h
	}
	fmt.Fprintf(b, "  judged    %s\n", t.wrap(text, 12))
	if !r.Passed() { // the failures come first
		return
	}
	for i, skip := range j.Skipped {
		if i == maxCauses {
			fmt.Fprintf(b, "            and %s\n", human.Count(len(j.Skipped)-i, "more reason"))
			break
		}
		fmt.Fprintf(b, "  skipped   %s\n", t.wrap(human.Count(skip.Steps, "step")+": "+human.Line(skip.Reason), 12))
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

// causes lists the causes that failed more than one step.
func (t Terminal) causes(b *bytes.Buffer, r *scenarios.Result) {
	all := causesOf(r)
	if !slices.ContainsFunc(all, func(c *cause) bool { return c.steps > 1 }) {
		return
	}
	for i, c := range all {
		if i == maxCauses {
			fmt.Fprintf(b, "            and %s\n", human.Count(len(all)-i, "more cause"))
			break
		}
		fmt.Fprintf(b, "  cause     %s\n", t.wrap(c.times()+": "+c.title(), 12))
		if fix := c.fix(); fix != "" {
			fmt.Fprintf(b, "  fix       %s\n", t.wrap(fix, 12))
		}
	}
}
