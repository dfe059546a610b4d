package report

import (
	"fmt"
	"io"
	"strings"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator/capture"
)

// maxRows bounds the scenarios that did not pass in the Markdown report.
const maxRows = 30

// Markdown writes the result for the summary of a pull request: the outcome, its extent, the causes of failures with
// their fixes, and the scenarios that did not pass.
func Markdown(w io.Writer, r scenarios.Result) error {
	var b strings.Builder
	j := r.Judged()
	fmt.Fprintf(&b, "**%s**\n\n%s; judged: %s; %s in %s%s\n", markdown(Terminal{}.verdict(&r)), stepCounts(r.Summary()), markdown(j.String()),
		human.Count(r.Counts.Attempts, "request"), human.Duration(r.Duration), seedOf(&r))
	if h := j.Hint(); h != "" && r.Passed() {
		fmt.Fprintf(&b, "\n_%s_\n", markdown(h))
	}
	for _, skip := range j.Skipped {
		fmt.Fprintf(&b, "\n_skipped %s: %s_\n", human.Count(skip.Steps, "step"), markdown(skip.Reason))
	}
	if !r.CoverageMet() {
		fmt.Fprintf(&b, "\nrequired coverage: %g %% of the event types, got %.4g %%\n", r.CoverAtLeast, r.Coverage.Percent())
	}
	all := causesOf(&r)
	for i, c := range all {
		if i == 0 {
			b.WriteByte('\n')
		}
		if i == maxRows {
			fmt.Fprintf(&b, "- and %s\n", human.Count(len(all)-i, "more cause"))
			break
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", c.times(), markdown(c.title()))
		if text := human.Excerpt(responseText(c.evidence), bodyWidth); text != "" {
			fmt.Fprintf(&b, "  - response: %s\n", codeSpan(text))
		}
		if fix := c.fix(); fix != "" {
			fmt.Fprintf(&b, "  - fix: %s\n", markdown(fix))
		}
		fmt.Fprintf(&b, "  - at %s; rerun: %s\n", codeSpan(position(&c.first.Step)), codeSpan(capture.Command(c.scenario.ReproduceStep(&c.first.Step))))
	}
	rows := 0
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		if s.Outcome() == scenarios.Passed || s.Outcome() == scenarios.Skipped {
			continue
		}
		if rows++; rows == 1 {
			b.WriteString("\n| scenario | outcome | steps |\n| --- | --- | --- |\n")
		}
		if rows > maxRows {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", markdown(s.Name), s.Outcome(), strings.TrimPrefix(stepCounts(s.Summary()), "steps: "))
	}
	if rows > maxRows {
		fmt.Fprintf(&b, "| and %s | | |\n", human.Count(rows-maxRows, "more scenario"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// codeSpan returns text as code of Markdown, in which nothing is markup.
func codeSpan(text string) string {
	text = human.Line(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
