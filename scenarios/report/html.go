package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator"
)

//go:embed report.html
var page string

// HTML writes the result as one HTML file without scripts, fonts or other resources. It has a light and a dark theme and
// can be printed.
func HTML(w io.Writer, r scenarios.Result) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"duration":  human.Duration,
		"number":    human.Number[int64],
		"count":     human.Count[int64],
		"printable": printable,
		"position":  position,
		"brief":     brief,
		"instance":  instance,
		"request":   request,
		"response":  response,
		"subject":   subject,
		"class":     class,
		"indent":    indent,
		"passed":    func(e scenarios.Evidence) bool { return e.Verdict.Passed() },
		"summary":   func(s *scenarios.ScenarioResult) string { return stepCounts(s.Summary()) },
		"rerun": func(s *scenarios.ScenarioResult, step *scenarios.StepResult) string {
			return Command(s.ReproduceStep(&step.Step))
		},
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("parsing the template of the report: %w", err)
	}
	return t.Execute(w, htmlPage(&r))
}

// htmlRun is the data of the template.
type htmlRun struct {
	*scenarios.Result
	Outcome   string
	Title     string
	Covered   string
	Scenarios []htmlScenario
}

type htmlScenario struct {
	*scenarios.ScenarioResult
	Anchor   string
	Verdict  scenarios.Outcome
	Steps    []*scenarios.StepResult
	Timeline timeline
}

func htmlPage(r *scenarios.Result) htmlRun {
	run := htmlRun{Result: r, Outcome: outcome(r), Title: Terminal{}.verdict(r), Covered: r.Coverage.String()}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		scenario := htmlScenario{ScenarioResult: s, Anchor: fmt.Sprintf("scenario-%d", i+1), Verdict: s.Outcome(), Timeline: timelineOf(s)}
		for k := range s.Steps {
			scenario.Steps = append(scenario.Steps, &s.Steps[k])
		}
		run.Scenarios = append(run.Scenarios, scenario)
	}
	return run
}

// class returns the CSS class of an outcome.
func class(o scenarios.Outcome) string { return strings.ReplaceAll(string(o), " ", "") }

// indent returns the CSS class that indents a step inside blocks.
func indent(path string) string {
	if n := min(strings.Count(path, "."), 3); n > 0 {
		return fmt.Sprintf(" in%d", n)
	}
	return ""
}

// subject returns the event type of an attempt, or the request.
func subject(e scenarios.Evidence) string {
	if e.Probe != nil {
		return e.Probe.Request
	}
	if e.Attempt.Request.EventType != "" {
		return e.Attempt.Request.EventType
	}
	return e.Attempt.Request.Method + " " + e.Attempt.Request.URL
}

// request returns the request of an attempt as HTTP/1.1 text.
func request(a *simulator.Attempt) string {
	text := fmt.Sprintf("%s %s HTTP/%s\n", a.Request.Method, a.Request.URL, a.Request.Proto)
	return text + headers(a.Request.Headers) + "\n" + printable(a.Request.Body)
}

// response returns the response of an attempt as HTTP/1.1 text, or the failure.
func response(a *simulator.Attempt) string {
	if a.Response.Status == 0 {
		return a.Response.Detail
	}
	text := fmt.Sprintf("%s %d\n", a.Response.Proto, a.Response.Status) + headers(a.Response.Headers) + "\n" + printable(a.Response.Body)
	if a.Response.Truncated {
		text += "\n… of " + human.Size(a.Response.Size)
	}
	if a.Response.Failure != "" {
		text += "\n\n" + a.Response.Detail
	}
	return text
}

func headers(all []simulator.Header) string {
	text := ""
	for _, h := range all {
		text += human.Line(h.Name+": "+h.Value) + "\n"
	}
	return text
}

// The measures of the timeline, in the units of its SVG.
const (
	timelineWidth = 1000
	timelineRow   = 16
	timelineLabel = 300 // width of the labels, to the left of the bars
	labelLength   = 46  // characters that fit into a label
	maxMarks      = 200 // in one row
)

// timeline is a chart of a scenario: a row for each step, with a bar for its duration and a mark for each attempt.
type timeline struct {
	Width, Height int
	Rows          []timelineStep
	Ticks         []timelineTick
}

type timelineStep struct {
	Path, Title, Class string
	Label              string // path and title, cut to labelLength
	Y                  int
	X, Width           float64
	Marks              []timelineMark
}

type timelineMark struct {
	X      float64
	Failed bool
	Text   string
}

type timelineTick struct {
	X    float64
	Text string
	Last bool
}

func timelineOf(s *scenarios.ScenarioResult) timeline {
	whole := max(s.Duration, time.Millisecond)
	x := func(d time.Duration) float64 {
		share := min(max(float64(d)/float64(whole), 0), 1)
		return timelineLabel + share*(timelineWidth-timelineLabel-10)
	}
	t := timeline{Width: timelineWidth}
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Outcome == scenarios.Skipped || step.Outcome == scenarios.NotRun {
			continue
		}
		row := timelineStep{Path: step.Path, Title: step.Title, Class: class(step.Outcome), Y: len(t.Rows) * timelineRow, X: x(step.StartedAt)}
		row.Label = human.Cut(fmt.Sprintf("%-5s %s", step.Path, title(&step.Step)), labelLength)
		row.Width = max(x(step.StartedAt+step.Duration)-row.X, 2)
		for k := range step.Evidence[:min(len(step.Evidence), maxMarks)] {
			e := &step.Evidence[k]
			if e.Probe != nil && e.Probe.Request == "" { // the step was not played
				continue
			}
			row.Marks = append(row.Marks, timelineMark{X: x(e.StartedAt), Failed: !e.Verdict.Passed(), Text: brief(e)})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Height = len(t.Rows)*timelineRow + 20
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		d := time.Duration(share * float64(whole))
		t.Ticks = append(t.Ticks, timelineTick{X: x(d), Text: human.Duration(d), Last: share == 1})
	}
	return t
}
