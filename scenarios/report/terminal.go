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
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/hint"
)

// Terminal writes a result for people at a terminal. The zero value writes plain text.
type Terminal struct {
	Color    bool
	Progress bool // Live shows the progress of a long step in a line that it rewrites; the output must be a terminal
	Quiet    bool // leave out passed and skipped steps, and scenarios without a failed step
	// Refusal explains how a request with a valid signature was signed that the receiver refused, in indented lines; may be
	// nil.
	Refusal func(r *simulator.Request) string
	Verbose bool // of checks: a line for each, and the requests
}

const (
	titleWidth  = 56  // the column of step titles; on a terminal a title with details is cut to it
	lineWidth   = 100 // text is wrapped at this column
	bodyWidth   = 200 // response bodies are cut to this length
	maxMissing  = 12  // up to this number, the missing event types are listed even if the coverage suffices
	maxFailures = 3   // failed attempts with different causes shown for each step; other forms show more
)

// Write writes the whole result.
func (t Terminal) Write(w io.Writer, r scenarios.Result) error {
	p := &printer{Terminal: t}
	for i := range r.Scenarios {
		p.begin(&r.Scenarios[i])
		for k := range r.Scenarios[i].Steps {
			p.step(&r.Scenarios[i].Steps[k])
		}
		p.end()
	}
	p.summary(&r)
	_, err := w.Write(p.b.Bytes())
	return err
}

// Step returns a step in one line, followed by its failures.
func (t Terminal) Step(scenario *scenarios.ScenarioResult, s *scenarios.StepResult) string {
	p := &printer{Terminal: t, scenario: scenario, titled: true}
	p.step(s)
	return p.b.String()
}

// A printer writes the steps of a run. A cause that fails many steps is written once.
type printer struct {
	Terminal
	b        bytes.Buffer
	scenario *scenarios.ScenarioResult
	titled   bool // the scenario's title is written: before its first line, so that a scenario without lines has none
	any      bool // the scenario has a step
	hidden   bool // a failed step of the scenario is not written, because its cause is known
	accepted bool // the receiver has accepted something
	causes   causes
}

// accepts reports whether the receiver accepted an attempt of the step.
func accepts(s *scenarios.StepResult) bool {
	return slices.ContainsFunc(s.Evidence, func(e scenarios.Evidence) bool { return e.Attempt != nil && e.Attempt.Response.OK() })
}

// begin begins a scenario.
func (p *printer) begin(s *scenarios.ScenarioResult) {
	p.scenario, p.titled, p.any, p.hidden = s, false, false, false
}

// end ends a scenario. One that has no steps is named too.
func (p *printer) end() {
	if !p.Quiet && !p.any {
		p.title()
	}
}

func (p *printer) title() {
	if p.titled {
		return
	}
	p.titled = true
	s := p.scenario
	fmt.Fprintf(&p.b, "%s  %s\n", p.paint(human.Line(s.Name), color.Bold), p.paint(human.Line(fmt.Sprintf("%s, seed %d", s.File, s.Seed)), color.Faint))
}

func (p *printer) step(s *scenarios.StepResult) {
	var known *cause
	p.any = true
	p.accepted = p.accepted || accepts(s)
	if s.Outcome == scenarios.Passed && !p.accepted && len(p.causes.list) > 0 { // a refusal means nothing where everything is refused
		p.hidden = true
		return
	}
	switch {
	case s.Outcome == scenarios.Failed && !s.IsBlock():
		known = p.causes.add(p.scenario, s)
		if known != nil && known.steps > 1+maxSame {
			p.hidden = true
			return
		}
	case p.Quiet && s.Outcome != scenarios.Failed && p.remarks(s) == "", p.hidden && s.Outcome != scenarios.Passed:
		return
	}
	p.title()
	if s.Description != "" {
		fmt.Fprintf(&p.b, "  %s\n", p.paint(human.Line(s.Description), color.Bold))
	}
	what := human.Line(stepTitle(s))
	switch s.Outcome {
	case scenarios.Passed:
		label, lines := p.paint("ok  ", color.FgGreen), p.remarks(s)
		if lines != "" {
			label = p.paint("warn", color.FgYellow)
		}
		p.line(label, s.Path, what, p.paint(result(s), color.Faint))
		p.b.WriteString(lines)
	case scenarios.Skipped:
		p.line(p.paint("skip", color.FgYellow), s.Path, what, p.paint(human.Line(s.Reason), color.Faint))
	case scenarios.NotRun:
		fmt.Fprintf(&p.b, "  %s  %-5s %s\n", p.paint("  - ", color.Faint), s.Path, p.paint(what, color.Faint))
	case scenarios.Failed:
		label := p.paint("FAIL", color.FgRed, color.Bold)
		switch {
		case known == nil:
			p.line(label, s.Path, what, human.Line(position(&s.Step)))
		case known.steps > 1:
			p.line(label, s.Path, what, p.paint(known.same(p.scenario), color.Faint))
		default:
			p.line(label, s.Path, what, human.Line(position(&s.Step)))
			p.inFull(s, known)
		}
	}
}

// remarks returns the requirements at the levels should and may that a step that passed does not meet, each once.
func (p *printer) remarks(s *scenarios.StepResult) string {
	var lines []string
	add := func(level scenarios.Level, failures []scenarios.Failure) {
		for _, f := range failures {
			line := "        " + p.wrap(human.Line(string(level)+": "+f.String()), 10) + "\n"
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	for i := range s.Evidence {
		add(scenarios.Should, s.Evidence[i].Verdict.Warnings)
		add(scenarios.May, s.Evidence[i].Verdict.Remarks)
	}
	if len(lines) > 0 && s.Fix != "" {
		lines = append(lines, "        fix       "+p.wrap(human.Line(s.Fix), 18)+"\n")
	}
	return strings.Join(lines, "")
}

// inFull writes why a step failed, what to change, and how to play it again. Causes beyond [maxInFull] have one line.
func (p *printer) inFull(s *scenarios.StepResult, c *cause) {
	if len(p.causes.list) > maxInFull {
		fmt.Fprintf(&p.b, "        %s\n", c.title())
		return
	}
	text, more := firstLines(p.failures(s), maxCauseLines)
	p.b.WriteString(text)
	if more > 0 {
		p.b.WriteString(moreLines(more))
	}
	if fix := c.fix(); fix != "" {
		fmt.Fprintf(&p.b, "        %-9s %s\n", "fix", p.wrap(fix, 18))
	}
	if p.Refusal != nil && c.evidence.Hint.Name == hint.Signature {
		for line := range strings.Lines(p.Refusal(&c.evidence.Attempt.Request)) {
			p.b.WriteString("      " + line)
		}
	}
	fmt.Fprintf(&p.b, "        %-9s %s\n", "rerun", capture.Command(p.scenario.ReproduceStep(&s.Step)))
}

// line writes a step. On a terminal the title of a step that passed is cut to its column; a file has it in full.
func (p *printer) line(label, path, what, details string) {
	if p.Progress && details != "" {
		what = human.Cut(what, titleWidth-1)
	}
	fmt.Fprintf(&p.b, "  %s  %-5s %-*s  %s\n", label, path, titleWidth, what, details)
}

// result describes a step that passed in a few words.
func result(s *scenarios.StepResult) string {
	switch {
	case s.Counts.Attempts+s.Counts.Checks == 1 && len(s.Evidence) == 1:
		return events(s) + brief(&s.Evidence[0])
	case s.Counts.Attempts == 1 && s.Counts.Effects > 0 && len(s.Evidence) > 0:
		return brief(&s.Evidence[0]) + ", effects counted"
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

// failures returns the failed expectations of a step, with the expected and actual values. Attempts that failed by the same
// cause are counted.
func (t Terminal) failures(s *scenarios.StepResult) string {
	var b strings.Builder
	shown, lastBody := map[string]bool{}, ""
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Verdict.Passed() {
			continue
		}
		key := causeKey(&s.Step, e)
		if shown[key] {
			continue
		}
		if len(shown) == maxFailures {
			break
		}
		shown[key] = true
		if text := instance(e); text != "" {
			fmt.Fprintf(&b, "        %s\n", t.paint(text, color.Faint))
		}
		if e.Probe != nil && e.Probe.Request != "" && !strings.Contains(s.Title, e.Probe.Request) {
			fmt.Fprintf(&b, "        %-9s %s\n", "asked", human.Line(e.Probe.Request))
		}
		for _, f := range e.Verdict.Failures {
			fmt.Fprintf(&b, "        %s\n          expected  %s\n          got       %s\n", f.Subject(), t.paint(f.Expected, color.FgGreen), t.paint(f.Got, color.FgRed))
		}
		if e.Verdict.Omitted > 0 {
			fmt.Fprintf(&b, "        and %s in this response\n", human.Count(e.Verdict.Omitted, "more failure"))
		}
		// An attempt and the capture that failed on it have the same response.
		if body := human.Excerpt(responseText(e), bodyWidth); body != "" && body != lastBody {
			fmt.Fprintf(&b, "        %-9s %s\n", "response", body)
			lastBody = body
		}
	}
	if rest := s.Counts.Failures() - int64(len(shown)); rest > 0 {
		fmt.Fprintf(&b, "        and %s\n", human.Count(rest, "more failed attempt"))
	}
	return b.String()
}

// wrap breaks a text at words, for a column that starts after indent characters. A word longer than a line stays whole.
func (t Terminal) wrap(text string, indent int) string {
	return Wrap(text, lineWidth-indent, indent)
}

// Wrap breaks a text into lines of at most width characters, and indents all lines but the first. See [human.Wrap].
func Wrap(text string, width, indent int) string {
	return strings.Join(human.Wrap(text, width), "\n"+strings.Repeat(" ", indent))
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
