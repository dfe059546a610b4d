// Package report writes the result of a run for people and programs: as text for a terminal, JUnit XML, one HTML file,
// JSON or Markdown. Each of the [Forms] is a view of one scenarios.Result, or of one scenarios.CheckRun for runs of checks,
// and computes no verdict.
//
//	err := report.JUnit(file, result)
//	err := report.Terminal{}.Write(os.Stdout, result)
//
// [Terminal.Live] writes the same lines while the scenario is being played.
package report

import (
	"fmt"
	"io"
	"strings"

	"semblance/scenarios"
	"semblance/schemas/human"
)

// Form is one format of a result.
type Form struct {
	Name        string // the value of --report
	Summary     string
	Write       func(w io.Writer, r scenarios.Result) error
	WriteChecks func(w io.Writer, r *scenarios.CheckRun) error // nil: runs of checks do not have this form
}

// Forms returns the formats that a report file can have.
func Forms() []Form {
	return []Form{
		{"junit", "JUnit XML for CI systems", JUnit, ChecksJUnit},
		{"html", "one HTML file with all details", HTML, ChecksHTML},
		{"json", "the whole result as JSON", JSON, ChecksJSON},
		{"markdown", "a table for the summary of a pull request", Markdown, ChecksMarkdown},
		{"text", "the output of the terminal", func(w io.Writer, r scenarios.Result) error { return Terminal{}.Write(w, r) }, Terminal{}.Checks},
	}
}

// position returns the position of a step, as file:line:column.
func position(s *scenarios.Step) string { return fmt.Sprintf("%s:%d:%d", s.File, s.Line, s.Column) }

// title returns the title of a step, after its name if it has one.
func title(s *scenarios.Step) string {
	if s.Name != "" {
		return s.Name + ": " + s.Title
	}
	return s.Title
}

// stepTitle returns the title of a step that was played. A probe or a request names the URL that was asked, not the template in the file.
func stepTitle(s *scenarios.StepResult) string {
	if s.Kind != "probe" && s.Kind != "request" || len(s.Evidence) == 0 {
		return title(&s.Step)
	}
	own := ""
	switch e := &s.Evidence[0]; {
	case e.Probe != nil:
		own = e.Probe.Request
	case e.Attempt != nil:
		own = e.Attempt.Request.Method + " " + e.Attempt.Request.URL
	}
	if own == "" {
		return title(&s.Step)
	}
	own = s.Kind + ": " + own
	if s.Name != "" {
		own = s.Name + ": " + own
	}
	return own
}

// brief describes the response of an attempt or a check in a few words, such as "202 in 1.3 ms".
func brief(e *scenarios.Evidence) string {
	switch {
	case e.Probe != nil && e.Probe.Request == "" && len(e.Verdict.Failures) > 0 && e.Verdict.Failures[0].Part == scenarios.PartCapture:
		return "nothing to capture"
	case e.Probe != nil && e.Probe.Request == "":
		return "not played"
	case e.Probe != nil && e.Probe.Failure != "":
		return e.Probe.Failure
	case e.Probe != nil:
		text := fmt.Sprintf("%d in %s", e.Probe.Status, human.Duration(e.Probe.Took))
		if e.Probe.Tries > 1 {
			text += ", " + human.Count(e.Probe.Tries, "try")
		}
		return text
	}
	return Terminal{}.Response(&e.Attempt.Response, true)
}

// responseText returns the response body as printable text.
func responseText(e *scenarios.Evidence) string {
	if e.Probe != nil {
		return printable(e.Probe.Response)
	}
	if e.Says != "" {
		return human.Printable(e.Says)
	}
	return printable(e.Attempt.Response.Body)
}

// printable returns a body as printable text, with its line breaks.
func printable(body []byte) string {
	return human.Printable(strings.ReplaceAll(string(body), "\r\n", "\n"))
}

// instance tells apart the evidence of one step: "round 2, copy 1, attempt 3", or "" for the first of each.
func instance(e *scenarios.Evidence) string {
	var words []string
	if e.Round != "" {
		words = append(words, "round "+e.Round)
	}
	if e.Copy > 0 {
		words = append(words, fmt.Sprintf("copy %d", e.Copy))
	}
	if e.Attempt != nil && e.Attempt.Number > 1 {
		words = append(words, fmt.Sprintf("attempt %d", e.Attempt.Number))
	}
	return strings.Join(words, ", ")
}

// stepCounts returns the number of steps for each outcome, in words.
func stepCounts(summary map[scenarios.Outcome]int) string {
	var words []string
	for _, outcome := range []scenarios.Outcome{scenarios.Passed, scenarios.Failed, scenarios.Skipped, scenarios.NotRun} {
		if n := summary[outcome]; n > 0 {
			words = append(words, human.Number(n)+" "+string(outcome))
		}
	}
	if len(words) == 0 {
		return "no steps"
	}
	return "steps: " + strings.Join(words, ", ")
}

// missing lists the event types that were not covered.
func missing(c *scenarios.Coverage) string { return strings.Join(c.Missing(), ", ") }
