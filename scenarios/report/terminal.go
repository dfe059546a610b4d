package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"semblance/scenarios"
)

// Terminal writes a result for people at a terminal. Its zero value writes plain text.
type Terminal struct {
	Color    bool
	Progress bool // Live shows one line that moves while a long step is played; only a terminal can
	Quiet    bool // steps that did not fail, and scenarios without any, are left out
}

// missingShown is how many event types that were not covered are listed where nobody asked for them.
const missingShown = 12

// failuresShown is how many failing attempts of one step are spelled out; the other forms have more.
const failuresShown = 3

// Write writes the whole result.
func (t Terminal) Write(w io.Writer, r scenarios.Result) error {
	var b bytes.Buffer
	for i := range r.Scenarios {
		scenario := &r.Scenarios[i]
		if !t.Quiet || scenario.Outcome() == scenarios.Failed {
			t.scenario(&b, scenario)
		}
		before := told{}
		for k := range scenario.Steps {
			t.step(&b, scenario, &scenario.Steps[k], &before)
		}
	}
	t.summary(&b, &r)
	_, err := w.Write(b.Bytes())
	return err
}

// stepWidth is the column of what a step says: most fit, and the line of a step that passed is cut to it.
const stepWidth = 56

func (t Terminal) scenario(b *bytes.Buffer, s *scenarios.ScenarioResult) {
	fmt.Fprintf(b, "%s  %s\n", t.paint(s.Name, color.Bold), t.paint(fmt.Sprintf("%s, seed %d", s.File, s.Seed), color.Faint))
}

// Step writes a step in one line, and what failed in it below.
func (t Terminal) Step(b *bytes.Buffer, scenario *scenarios.ScenarioResult, s *scenarios.StepResult) {
	t.step(b, scenario, s, &told{})
}

// told is what was said last of a step that failed: where one thing is wrong with every step, it is said once.
type told struct{ failures, path string }

func (t Terminal) step(b *bytes.Buffer, scenario *scenarios.ScenarioResult, s *scenarios.StepResult, before *told) {
	what := s.What
	if s.Name != "" {
		what = s.Name + ": " + what
	}
	switch s.Outcome {
	case scenarios.Passed:
		if !t.Quiet {
			fmt.Fprintf(b, "  %s  %-5s %-*s  %s\n", t.paint("ok  ", color.FgGreen), s.Path, stepWidth, firstLine(what, stepWidth-1), t.paint(result(s), color.Faint))
		}
	case scenarios.Skipped:
		if !t.Quiet {
			fmt.Fprintf(b, "  %s  %-5s %-*s  %s\n", t.paint("skip", color.FgYellow), s.Path, stepWidth, firstLine(what, stepWidth-1), t.paint(s.Reason, color.Faint))
		}
	case scenarios.NotRun:
		if !t.Quiet {
			fmt.Fprintf(b, "  %s  %-5s %s\n", t.paint("  - ", color.Faint), s.Path, t.paint(what, color.Faint))
		}
	case scenarios.Failed:
		fmt.Fprintf(b, "  %s  %-5s %-*s  %s\n", t.paint("FAIL", color.FgRed, color.Bold), s.Path, stepWidth, what, place(&s.Step))
		if holds(s) {
			break
		}
		if failures := t.failures(s); failures != "" && failures == before.failures {
			fmt.Fprintf(b, "        the same as step %s\n", before.path)
		} else {
			b.WriteString(failures)
			*before = told{failures, s.Path}
		}
		fmt.Fprintf(b, "        %-9s %s\n", "rerun", command(scenario.ReproduceStep(&s.Step)))
	}
}

// result says in a few words how a step that passed went.
func result(s *scenarios.StepResult) string {
	switch {
	case s.Counts.Attempts+s.Counts.Checks == 1 && len(s.Evidence) == 1:
		return happened(&s.Evidence[0])
	case s.Counts.Attempts > 1:
		text := fmt.Sprintf("%s, p50 %s, p99 %s", count(s.Counts.Attempts, "attempt", "attempts"), milliseconds(s.Latency.P50), milliseconds(s.Latency.P99))
		if s.Reason != "" { // why there are no more of them
			text += ", " + s.Reason
		}
		return text
	}
	return ""
}

// failures spells out what failed, both values side by side.
func (t Terminal) failures(s *scenarios.StepResult) string {
	b := new(bytes.Buffer)
	shown, told := 0, ""
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Verdict.Passed() {
			continue
		}
		if shown++; shown > failuresShown {
			break
		}
		if which := which(e); which != "" {
			fmt.Fprintf(b, "        %s\n", t.paint(which, color.Faint))
		}
		for _, f := range e.Verdict.Failures {
			t.failure(b, f)
		}
		if e.Verdict.More > 0 {
			fmt.Fprintf(b, "        and %d more of this answer\n", e.Verdict.More)
		}
		if text := firstLine(responseText(e), 200); text != "" && text != told { // a capture is missed in an answer that has failed, too
			fmt.Fprintf(b, "        %-9s %s\n", "response", text)
			told = text
		}
	}
	if rest := s.Counts.Failures() - int64(min(shown, failuresShown)); rest > 0 {
		fmt.Fprintf(b, "        and %d more that failed\n", rest)
	}
	return b.String()
}

func (t Terminal) failure(b *bytes.Buffer, f scenarios.Failure) {
	fmt.Fprintf(b, "        %s\n", f.Subject())
	fmt.Fprintf(b, "          expected  %s\n", t.paint(f.Expected, color.FgGreen))
	fmt.Fprintf(b, "          got       %s\n", t.paint(f.Got, color.FgRed))
}

// summary writes what the run came to.
func (t Terminal) summary(b *bytes.Buffer, r *scenarios.Result) {
	summary := map[scenarios.Outcome]int{}
	failed := 0
	for i := range r.Scenarios {
		for outcome, n := range r.Scenarios[i].Summary() {
			summary[outcome] += n
		}
		if r.Scenarios[i].Outcome() == scenarios.Failed {
			failed++
		}
	}
	b.WriteByte('\n')
	fmt.Fprintf(b, "%s  %s\n", t.verdict(r, failed), played(summary))
	fmt.Fprintf(b, "  sent      %s, %d answered, in %s\n", count(r.Counts.Attempts, "attempt", "attempts"), r.Counts.Answered, milliseconds(r.Duration))
	if r.Latency.Count > 0 {
		fmt.Fprintf(b, "  answers   p50 %s, p90 %s, p99 %s, slowest %s\n",
			milliseconds(r.Latency.P50), milliseconds(r.Latency.P90), milliseconds(r.Latency.P99), milliseconds(r.Latency.Max))
	}
	fmt.Fprintf(b, "  covered   %s\n", r.Coverage.String())
	if few := len(r.Coverage.Missing()); r.CoverageMet() && few > 0 && few <= missingShown {
		fmt.Fprintf(b, "            all but %s\n", missing(&r.Coverage))
	}
	if r.CoverAtLeast > 0 && !r.CoverageMet() {
		fmt.Fprintf(b, "  %s\n", t.paint(fmt.Sprintf("the run had to cover %g %% and covered %.4g %%; not covered: %s",
			r.CoverAtLeast, r.Coverage.Percent(), missing(&r.Coverage)), color.FgRed))
	}
}

// verdict is the run in a word or two.
func (t Terminal) verdict(r *scenarios.Result, failed int) string {
	counted := count(len(r.Scenarios), "scenario", "scenarios")
	switch code := r.ExitCode(); {
	case code == scenarios.ExitInterrupted:
		return t.paint("interrupted", color.FgYellow, color.Bold)
	case code == scenarios.ExitUnreached:
		return t.paint("nothing was answered at "+r.Target, color.FgRed, color.Bold)
	case failed > 0:
		return t.paint(fmt.Sprintf("%d of %s failed", failed, counted), color.FgRed, color.Bold)
	case code != 0:
		return t.paint("too little was covered", color.FgRed, color.Bold)
	}
	return t.paint(counted+" passed", color.FgGreen, color.Bold)
}

// played is how many steps went how.
func played(summary map[scenarios.Outcome]int) string {
	var words []string
	for _, outcome := range []scenarios.Outcome{scenarios.Passed, scenarios.Failed, scenarios.Skipped, scenarios.NotRun} {
		if n := summary[outcome]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if len(words) == 0 {
		return "no steps"
	}
	return "steps: " + strings.Join(words, ", ")
}

// missing lists the event types that were not covered.
func missing(c *scenarios.Coverage) string {
	var names []string
	for _, eventType := range c.Missing() {
		names = append(names, eventType.Name)
	}
	return strings.Join(names, ", ")
}

func (t Terminal) paint(text string, attributes ...color.Attribute) string {
	if !t.Color || text == "" {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // whatever the process's own stdout is
	return c.Sprint(text)
}
