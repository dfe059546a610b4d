package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
)

//go:embed report.html
var page string

// HTML writes the result as one HTML file that needs nothing else: no script, no font, no picture from anywhere. It reads
// well in a light and in a dark window, and on paper.
func HTML(w io.Writer, r scenarios.Result) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"ms":           milliseconds,
		"printable":    printable,
		"place":        place,
		"happened":     happened,
		"which":        which,
		"responseText": responseText,
		"request":      request,
		"response":     response,
		"passed":       func(e scenarios.Evidence) bool { return e.Verdict.Passed() },
		"class":        classOf,
		"count":        func(n int64, one, many string) string { return count(n, one, many) },
		"summary":      func(s *scenarios.ScenarioResult) string { return played(s.Summary()) },
		"rerun": func(s *scenarios.ScenarioResult, step *scenarios.StepResult) string {
			return command(s.ReproduceStep(&step.Step))
		},
		"subject": subject,
		"depth":   depth,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("reading the template of the report: %w", err)
	}
	return t.Execute(w, htmlPage(&r))
}

// htmlRun is what the template shows.
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
	run := htmlRun{Result: r, Outcome: outcome(r), Covered: r.Coverage.String()}
	failed := 0
	for i := range r.Scenarios {
		scenario := &r.Scenarios[i]
		shown := htmlScenario{ScenarioResult: scenario, Anchor: fmt.Sprintf("scenario-%d", i+1), Verdict: scenario.Outcome(), Timeline: timelineOf(scenario)}
		for k := range scenario.Steps {
			shown.Steps = append(shown.Steps, &scenario.Steps[k])
		}
		if shown.Verdict == scenarios.Failed {
			failed++
		}
		run.Scenarios = append(run.Scenarios, shown)
	}
	run.Title = Terminal{}.verdict(r, failed)
	return run
}

// classOf is the style of an outcome.
func classOf(o scenarios.Outcome) string { return strings.ReplaceAll(string(o), " ", "") }

// depth is the style of a step by how many others it is inside of.
func depth(path string) string {
	if n := min(strings.Count(path, "."), 3); n > 0 {
		return fmt.Sprintf(" in%d", n)
	}
	return ""
}

// subject is what a piece of evidence is about: the event, or the question.
func subject(e scenarios.Evidence) string {
	if e.Check != nil {
		return e.Check.Request
	}
	if e.Attempt.Request.EventType != "" {
		return e.Attempt.Request.EventType
	}
	return e.Attempt.Request.Method + " " + e.Attempt.Request.URL
}

// request is what was sent, as it reads on the wire.
func request(a *simulator.Attempt) string {
	text := fmt.Sprintf("%s %s HTTP/%s\n", a.Request.Method, a.Request.URL, a.Request.Proto)
	return text + headers(a.Request.Headers) + "\n" + printable(a.Request.Body)
}

// response is what came, as it reads on the wire.
func response(a *simulator.Attempt) string {
	if a.Response.Status == 0 {
		return a.Response.Detail
	}
	text := fmt.Sprintf("%s %d\n", a.Response.Proto, a.Response.Status) + headers(a.Response.Headers) + "\n" + printable(a.Response.Body)
	if a.Response.Truncated {
		text += fmt.Sprintf("\n… of %d bytes", a.Response.Size)
	}
	if a.Response.Failure != "" {
		text += "\n\n" + a.Response.Detail
	}
	return text
}

func headers(all []simulator.Header) string {
	text := ""
	for _, h := range all {
		text += printable([]byte(h.Name+": "+h.Value)) + "\n"
	}
	return text
}

// The measures of the timeline, in the units of its picture.
const (
	timelineWidth = 1000
	timelineRow   = 16
	timelineLabel = 300 // to the left of the bars
	labelLength   = 46  // characters that fit there
	maxMarks      = 200
)

// timeline is a picture of a scenario: a row for each step, a bar from its beginning to its end, a mark for each attempt.
type timeline struct {
	Width, Height int
	Rows          []timelineStep
	Ticks         []timelineTick
}

type timelineStep struct {
	Path, What, Class string
	Label             string // both, cut to the room that there is
	Y                 int
	X, Width          float64
	Marks             []timelineMark
}

type timelineMark struct {
	X      float64
	Failed bool
	What   string
}

type timelineTick struct {
	X    float64
	Text string
	Last bool
}

// titleOf is what a step is called: by its own name, or by what it does.
func titleOf(s *scenarios.StepResult) string {
	if s.Name != "" {
		return s.Name
	}
	return s.What
}

func timelineOf(s *scenarios.ScenarioResult) timeline {
	whole := max(s.Duration, time.Millisecond)
	at := func(d time.Duration) float64 {
		share := min(max(float64(d)/float64(whole), 0), 1)
		return timelineLabel + share*(timelineWidth-timelineLabel-10)
	}
	t := timeline{Width: timelineWidth}
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Outcome == scenarios.Skipped || step.Outcome == scenarios.NotRun {
			continue
		}
		row := timelineStep{Path: step.Path, What: step.What, Class: classOf(step.Outcome), Y: len(t.Rows) * timelineRow, X: at(step.StartedAt)}
		row.Label = firstLine(fmt.Sprintf("%-5s %s", step.Path, titleOf(step)), labelLength)
		row.Width = max(at(step.StartedAt+step.Duration)-row.X, 2)
		for k := range step.Evidence[:min(len(step.Evidence), maxMarks)] {
			e := &step.Evidence[k]
			if e.Check != nil && e.Check.Request == "" { // a step that could not be played has no moment of its own
				continue
			}
			row.Marks = append(row.Marks, timelineMark{X: at(e.StartedAt), Failed: !e.Verdict.Passed(), What: happened(e)})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Height = len(t.Rows)*timelineRow + 20
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		d := time.Duration(share * float64(whole))
		t.Ticks = append(t.Ticks, timelineTick{X: at(d), Text: milliseconds(d), Last: share == 1})
	}
	return t
}
