package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/capture"
)

// ChecksJUnit writes a run of checks as JUnit XML: a suite for each group and a test case for each check. Warnings are passed
// cases with output, unless they count as failures.
func ChecksJUnit(w io.Writer, r *scenarios.CheckRun) error {
	out := junitSuites{Name: "semblance check", Time: seconds(r.Duration)}
	for _, group := range scenarios.CheckGroups() {
		suite := junitSuite{Name: group, Timestamp: timestamp(r.StartedAt),
			Properties: []junitProperty{{"target", r.Target}, {"sentence", r.Sentence()}}}
		var took time.Duration
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Group == group {
				suite.Cases = append(suite.Cases, checkCase(r, c))
				took += c.Duration
			}
		}
		if suite.Time = seconds(took); len(suite.Cases) > 0 {
			out.add(suite)
		}
	}
	return out.write(w)
}

func checkCase(r *scenarios.CheckRun, c *scenarios.CheckResult) junitCase {
	out := junitCase{Name: c.ID + " " + c.Name, ClassName: "semblance.check." + c.Group, File: c.File, Time: seconds(c.Duration),
		Properties: &junitProperties{[]junitProperty{{"level", string(c.Level)}}}}
	for _, source := range c.Sources {
		out.Properties.All = append(out.Properties.All, junitProperty{"source", source})
	}
	switch {
	case r.Failed(c):
		out.Failure = &junitFailure{Message: firstLine(c), Type: string(levelOf(c)), Text: CheckText(r, c)}
	case c.Known != "":
		out.Skipped = &junitSkipped{"failed as expected: " + c.Known}
	case c.Because != "":
		out.Skipped = &junitSkipped{"not judged: " + c.Because + " failed"}
	case c.Outcome == scenarios.Skipped, c.Outcome == scenarios.Inconclusive:
		out.Skipped = &junitSkipped{string(c.Outcome) + ": " + c.Reason}
	case c.Outcome != scenarios.Passed:
		out.Output = CheckText(r, c)
	}
	return out
}

// firstLine describes the response in one line.
func firstLine(c *scenarios.CheckResult) string {
	if len(c.Findings) == 0 {
		return c.Name
	}
	return "expected " + c.Findings[0].Expected + ", got " + gotText(&c.Findings[0])
}

// CheckText returns a check as the terminal shows it.
func CheckText(r *scenarios.CheckRun, c *scenarios.CheckResult) string {
	text := checksText{run: r}
	text.check(c)
	return text.String()
}

// The JSON form of a run of checks. Programs read it: keys may be added, but not renamed or removed.
type (
	jsonChecks struct {
		Verdict    string            `json:"verdict"` // passed, failed or inconclusive
		Sentence   string            `json:"sentence"`
		Exit       int               `json:"exit"`
		Target     string            `json:"target"`
		StartedAt  time.Time         `json:"startedAt"`
		DurationMs float64           `json:"durationMs"`
		Requests   int               `json:"requests"`
		IDs        string            `json:"ids,omitempty"` // the digits that all ids of the run share
		Effects    scenarios.Effects `json:"effects"`
		Counts     map[string]int    `json:"counts"`
		OutOfDate  []string          `json:"outOfDate,omitempty"`
		Checks     []jsonChecked     `json:"checks"`
	}
	jsonChecked struct {
		scenarios.Check
		Outcome  scenarios.Outcome `json:"outcome"`
		Because  string            `json:"because,omitempty"`
		Reason   string            `json:"reason,omitempty"`
		Known    string            `json:"known,omitempty"`
		Got      string            `json:"got,omitempty"`
		Also     string            `json:"also,omitempty"`
		Fix      string            `json:"fix"`
		Rerun    string            `json:"rerun,omitempty"`
		Evidence []jsonFinding     `json:"evidence,omitempty"`
	}
	jsonFinding struct {
		Level    scenarios.Level    `json:"level"`
		Step     string             `json:"step"`
		Expected string             `json:"expected"`
		Got      string             `json:"got"`
		Request  *simulator.Request `json:"request,omitempty"`
		Response *jsonResponse      `json:"response,omitempty"`
	}
	jsonResponse struct {
		Status     int     `json:"status,omitempty"`
		Failure    string  `json:"failure,omitempty"`
		Body       string  `json:"body,omitempty"`
		DurationMs float64 `json:"durationMs"`
	}
)

// ChecksJSON writes a run of checks as JSON.
func ChecksJSON(w io.Writer, r *scenarios.CheckRun) error {
	out := jsonChecks{Verdict: r.Verdict(), Sentence: r.Sentence(), Exit: r.ExitCode(), Target: simulator.RedactURL(r.Target), StartedAt: r.StartedAt,
		DurationMs: scenarios.Milliseconds(r.Duration), Requests: r.Requests, IDs: r.IDs, Effects: r.Effects, Counts: map[string]int{}, OutOfDate: r.OutOfDate}
	for i := range r.Checks {
		c := &r.Checks[i]
		outcome := string(c.Outcome)
		if c.Because != "" {
			outcome = "not judged"
		}
		out.Counts[outcome]++
		checked := jsonChecked{Check: c.Check, Outcome: c.Outcome, Because: c.Because, Reason: c.Reason, Known: c.Known, Also: c.Also, Fix: c.Advice()}
		for k := range c.Findings {
			f := &c.Findings[k]
			finding := jsonFinding{Level: f.Level, Step: f.Step.Title, Expected: f.Expected, Got: gotText(f)}
			if len(f.Exchanges) > 0 {
				a := f.Exchanges[0].Attempt.Redacted()
				finding.Request = &a.Request
				finding.Response = &jsonResponse{Status: a.Response.Status, Failure: string(a.Response.Failure),
					Body: printable(a.Response.Body[:min(len(a.Response.Body), scenarios.MaxBody)]), DurationMs: scenarios.Milliseconds(a.Response.Timings.Total)}
			}
			checked.Evidence = append(checked.Evidence, finding)
		}
		if len(c.Findings) > 0 {
			checked.Got, checked.Rerun = gotText(&c.Findings[0]), capture.Command(c.Rerun)
		}
		out.Checks = append(out.Checks, checked)
	}
	return Indented(w, out)
}

// ChecksMarkdown writes the sentence and a table of the checks that did not pass.
func ChecksMarkdown(w io.Writer, r *scenarios.CheckRun) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n%s; %s in %.1f s\n", markdown(r.Sentence()), markdown(r.Summary()), human.Count(r.Requests, "request"), r.Duration.Seconds())
	rows := 0
	for i := range r.Checks {
		c := &r.Checks[i]
		if outcomeWords[c.Outcome] == "" || c.Because != "" {
			continue
		}
		if rows++; rows == 1 {
			b.WriteString("\n| check | level | outcome | got | fix |\n| --- | --- | --- | --- | --- |\n")
		}
		outcome, got, fix := string(c.Outcome), c.Reason, ""
		if c.Known != "" {
			outcome += " as expected: " + c.Known
		}
		if len(c.Findings) > 0 && c.Outcome != scenarios.Inconclusive {
			got, fix = gotText(&c.Findings[0]), c.Advice()
		}
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s | %s |\n", c.ID, markdown(c.Name), strings.ToUpper(string(levelOf(c))), markdown(outcome), markdown(got), markdown(fix))
	}
	for _, line := range r.OutOfDate {
		fmt.Fprintf(&b, "\n%s\n", markdown(line))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown returns text as it may stand in a cell of a table. What receivers sent must not become markup.
func markdown(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "`", "'", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]").Replace(human.Line(text))
}
