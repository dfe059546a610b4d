package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
)

// Terminal writes a result for people at a terminal. The zero value writes plain text.
type Terminal struct {
	Color    bool
	Progress bool // Live shows the progress of a long step in a line that it rewrites; the output must be a terminal
	Quiet    bool // leave out passed and skipped steps, and scenarios without a failed step
}

const (
	titleWidth  = 56  // the column of step titles; the title of a step that passed is cut to it
	bodyWidth   = 200 // response bodies are cut to this length
	maxMissing  = 12  // up to this number, the missing event types are listed even if the coverage suffices
	maxFailures = 3   // failed attempts shown for each step; other forms show more
)

// Write writes the whole result.
func (t Terminal) Write(w io.Writer, r scenarios.Result) error {
	var b bytes.Buffer
	for i := range r.Scenarios {
		scenario := &r.Scenarios[i]
		if !t.Quiet || scenario.Outcome() == scenarios.Failed {
			t.scenario(&b, scenario)
		}
		last := shown{}
		for k := range scenario.Steps {
			t.step(&b, scenario, &scenario.Steps[k], &last)
		}
	}
	t.summary(&b, &r)
	_, err := w.Write(b.Bytes())
	return err
}

func (t Terminal) scenario(b *bytes.Buffer, s *scenarios.ScenarioResult) {
	fmt.Fprintf(b, "%s  %s\n", t.paint(human.Line(s.Name), color.Bold), t.paint(human.Line(fmt.Sprintf("%s, seed %d", s.File, s.Seed)), color.Faint))
}

// Step writes a step in one line, followed by its failures.
func (t Terminal) Step(b *bytes.Buffer, scenario *scenarios.ScenarioResult, s *scenarios.StepResult) {
	t.step(b, scenario, s, &shown{})
}

// shown is the failed step that was written last. A mistake that fails every step is written once.
type shown struct{ failures, path string }

func (t Terminal) step(b *bytes.Buffer, scenario *scenarios.ScenarioResult, s *scenarios.StepResult, last *shown) {
	if t.Quiet && s.Outcome != scenarios.Failed {
		return
	}
	if s.Description != "" {
		fmt.Fprintf(b, "  %s\n", t.paint(human.Line(s.Description), color.Bold))
	}
	what := human.Line(title(&s.Step))
	switch s.Outcome {
	case scenarios.Passed:
		stepLine(b, t.paint("ok  ", color.FgGreen), s.Path, human.Cut(what, titleWidth-1), t.paint(result(s), color.Faint))
	case scenarios.Skipped:
		stepLine(b, t.paint("skip", color.FgYellow), s.Path, human.Cut(what, titleWidth-1), t.paint(human.Line(s.Reason), color.Faint))
	case scenarios.NotRun:
		fmt.Fprintf(b, "  %s  %-5s %s\n", t.paint("  - ", color.Faint), s.Path, t.paint(what, color.Faint))
	case scenarios.Failed:
		stepLine(b, t.paint("FAIL", color.FgRed, color.Bold), s.Path, what, human.Line(position(&s.Step)))
		if s.IsBlock() {
			break
		}
		if failures := t.failures(s); failures != "" && failures == last.failures {
			fmt.Fprintf(b, "        same failure as step %s\n", last.path)
		} else {
			b.WriteString(failures)
			*last = shown{failures, s.Path}
		}
		fmt.Fprintf(b, "        %-9s %s\n", "rerun", Command(scenario.ReproduceStep(&s.Step)))
	}
}

func stepLine(b *bytes.Buffer, label, path, what, details string) {
	fmt.Fprintf(b, "  %s  %-5s %-*s  %s\n", label, path, titleWidth, what, details)
}

// result describes a step that passed in a few words.
func result(s *scenarios.StepResult) string {
	switch {
	case s.Counts.Attempts+s.Counts.Checks == 1 && len(s.Evidence) == 1:
		return events(s) + brief(&s.Evidence[0])
	case s.Counts.Attempts > 1:
		text := events(s) + fmt.Sprintf("%s, p50 %s, p99 %s", human.Count(s.Counts.Attempts, "attempt"), human.Duration(s.Latency.P50), human.Duration(s.Latency.P99))
		if s.Reason != "" { // why the step ended early
			text += ", " + s.Reason
		}
		return text
	}
	return ""
}

// events returns the event types of an action, whose title does not name them.
func events(s *scenarios.StepResult) string {
	if s.Kind != "do" {
		return ""
	}
	var types []string
	for i := range s.Evidence {
		if a := s.Evidence[i].Attempt; a != nil && !slices.Contains(types, a.Request.EventType) {
			types = append(types, a.Request.EventType)
		}
	}
	return strings.Join(types, ", ") + ": "
}

// failures returns the failed expectations of a step, with the expected and actual values.
func (t Terminal) failures(s *scenarios.StepResult) string {
	b := new(bytes.Buffer)
	n, lastBody := 0, ""
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Verdict.Passed() {
			continue
		}
		if n == maxFailures {
			break
		}
		n++
		if text := instance(e); text != "" {
			fmt.Fprintf(b, "        %s\n", t.paint(text, color.Faint))
		}
		for _, f := range e.Verdict.Failures {
			fmt.Fprintf(b, "        %s\n          expected  %s\n          got       %s\n", f.Subject(), t.paint(f.Expected, color.FgGreen), t.paint(f.Got, color.FgRed))
		}
		if e.Verdict.Omitted > 0 {
			fmt.Fprintf(b, "        and %s in this response\n", human.Count(e.Verdict.Omitted, "more failure"))
		}
		// An attempt and the capture that failed on it have the same response.
		if body := human.Excerpt(responseText(e), bodyWidth); body != "" && body != lastBody {
			fmt.Fprintf(b, "        %-9s %s\n", "response", body)
			lastBody = body
		}
	}
	if rest := s.Counts.Failures() - int64(n); rest > 0 {
		fmt.Fprintf(b, "        and %s\n", human.Count(rest, "more failed attempt"))
	}
	return b.String()
}

// summary writes the outcome, the counts, the latency and the coverage of the run.
func (t Terminal) summary(b *bytes.Buffer, r *scenarios.Result) {
	steps := map[scenarios.Outcome]int{}
	for i := range r.Scenarios {
		for outcome, n := range r.Scenarios[i].Summary() {
			steps[outcome] += n
		}
	}
	fmt.Fprintf(b, "\n%s  %s\n", t.verdict(r), stepCounts(steps))
	fmt.Fprintf(b, "  sent      %s, %s, in %s\n", human.Count(r.Counts.Attempts, "request"), human.Count(r.Counts.Responses, "response"), human.Duration(r.Duration))
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

// verdict returns the outcome of the run in a few words.
func (t Terminal) verdict(r *scenarios.Result) string {
	failed := 0
	for i := range r.Scenarios {
		if r.Scenarios[i].Outcome() == scenarios.Failed {
			failed++
		}
	}
	all := human.Count(len(r.Scenarios), "scenario")
	switch code := r.ExitCode(); {
	case code == scenarios.ExitInterrupted:
		return t.paint("interrupted", color.FgYellow, color.Bold)
	case code == scenarios.ExitUnreached:
		return t.paint("no response from "+human.Line(r.Target), color.FgRed, color.Bold)
	case failed > 0:
		return t.paint(fmt.Sprintf("%s of %s failed", human.Number(failed), all), color.FgRed, color.Bold)
	case code != scenarios.ExitPassed:
		return t.paint("coverage too low", color.FgRed, color.Bold)
	}
	return t.paint(all+" passed", color.FgGreen, color.Bold)
}

func (t Terminal) paint(text string, attributes ...color.Attribute) string {
	if !t.Color {
		return text
	}
	return color.Paint(text, attributes...)
}
