package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/fault"
)

//go:embed report.html
var page string

// script is the only script of the page: the filter and the buttons that copy a command. Without it everything is visible.
//
//go:embed report.js
var script string

// HTML writes the result as one HTML file without fonts or other resources. It has a light and a dark theme and can be
// printed. Its policy allows its own script and no other, whatever a receiver responds.
func HTML(w io.Writer, r scenarios.Result) error {
	sum := sha256.Sum256([]byte(script))
	t, err := template.New("report").Funcs(template.FuncMap{
		"policy": func() string {
			return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		},
		"script":    func() template.HTML { return template.HTML("<script>" + script + "</script>") },
		"duration":  human.Duration,
		"number":    human.Number[int64],
		"count":     human.Count[int64],
		"counted":   human.Count[int],
		"printable": printable,
		"position":  position,
		"brief":     brief,
		"instance":  instance,
		"request":   request,
		"response":  response,
		"short":     short,
		"subject":   subject,
		"class":     class,
		"indent":    indent,
		"words":     faultWords,
		"passed":    func(e scenarios.Evidence) bool { return e.Verdict.Passed() },
		"summary":   func(s *scenarios.ScenarioResult) string { return stepCounts(s.Summary()) },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("parsing the template of the report: %w", err)
	}
	return t.Execute(w, htmlPage(&r))
}

// Bounds of the page, so that a green run of the library has less than 300 kB and a red one stays readable.
const (
	maxLinked   = 20 // failed steps that are linked below a cause
	maxDetailed = 5  // steps with the same cause whose messages are shown in full
	maxEvidence = 10 // attempts of one failed step that are shown in full
)

// htmlRun is the data of the template.
type htmlRun struct {
	*scenarios.Result
	Outcome   string
	Title     string
	Covered   string
	Judged    scenarios.Judged
	Causes    []htmlCause
	Scenarios []htmlScenario
}

// htmlCause is a reason for which steps failed.
type htmlCause struct {
	Title, Times, Fix, Rerun string
	Steps                    []htmlLink
	More                     int // further steps
}

type htmlLink struct{ Anchor, Text string }

type htmlScenario struct {
	*scenarios.ScenarioResult
	Anchor   string
	Verdict  scenarios.Outcome
	Steps    []htmlStep
	Timeline timeline // only of a scenario with a step that failed by a new cause
}

type htmlStep struct {
	*scenarios.StepResult
	Anchor string
	Title  string
	Fix    string
	Rerun  string
	Shown  []scenarios.Evidence // in full; of a step that passed the first, without headers
	More   int                  // evidence that is not shown
}

func htmlPage(r *scenarios.Result) htmlRun {
	run := htmlRun{Result: r, Outcome: outcome(r), Title: Terminal{}.verdict(r), Covered: r.Coverage.String(), Judged: r.Judged()}
	var all causes
	links := map[*cause][]htmlLink{}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		scenario := htmlScenario{ScenarioResult: s, Anchor: fmt.Sprintf("scenario-%d", i+1), Verdict: s.Outcome()}
		for k := range s.Steps {
			step := htmlStep{StepResult: &s.Steps[k], Anchor: fmt.Sprintf("s%d-%s", i+1, s.Steps[k].Path), Title: stepTitle(&s.Steps[k])}
			var known *cause
			if step.Outcome == scenarios.Failed && !step.IsBlock() {
				known = all.add(s, step.StepResult)
				step.Rerun = capture.Command(s.ReproduceStep(&step.Step))
			}
			step.show(known)
			if known != nil {
				if known.steps == 1 {
					scenario.Timeline = timelineOf(s)
				}
				if known.steps <= maxDetailed {
					step.Fix = fixOf(&step.Step, failedEvidence(step.StepResult))
				}
				links[known] = append(links[known], htmlLink{step.Anchor, s.Name + ", step " + step.Path + ": " + step.Title})
			}
			scenario.Steps = append(scenario.Steps, step)
		}
		run.Scenarios = append(run.Scenarios, scenario)
	}
	for _, c := range all.list {
		linked := links[c]
		run.Causes = append(run.Causes, htmlCause{
			Title: c.title(), Times: c.times(), Fix: c.fix(), Rerun: capture.Command(c.scenario.ReproduceStep(&c.first.Step)),
			Steps: linked[:min(len(linked), maxLinked)], More: max(len(linked)-maxLinked, 0),
		})
	}
	return run
}

// show selects the evidence of a step that the page shows.
func (s *htmlStep) show(c *cause) {
	limit := 1
	if s.Outcome == scenarios.Failed {
		limit = maxEvidence
		if c != nil && c.steps > maxDetailed {
			limit = 0
		}
	}
	rank := func(e scenarios.Evidence) int { // failed evidence first
		if e.Verdict.Passed() {
			return 1
		}
		return 0
	}
	s.Shown = slices.SortedStableFunc(slices.Values(s.Evidence), func(a, b scenarios.Evidence) int { return rank(a) - rank(b) })
	s.Shown = s.Shown[:min(len(s.Shown), limit)]
	s.More = len(s.Evidence) - len(s.Shown)
}

// faultWords says what a fault is, such as that of "signature=stale,age=400s", or "".
func faultWords(text string) string {
	name, _, _ := strings.Cut(text, ",")
	for _, info := range fault.All() {
		if info.Text() == name {
			return info.Summary
		}
	}
	return ""
}

// short returns request and response of an attempt that passed, without headers.
func short(a *simulator.Attempt) string {
	text := fmt.Sprintf("%s %s\n%s\n\n", a.Request.Method, a.Request.URL, human.Cut(printable(a.Request.Body), maxShort))
	if a.Response.Status == 0 {
		return text + a.Response.Detail
	}
	return text + fmt.Sprintf("%d\n%s", a.Response.Status, human.Cut(printable(a.Response.Body), maxShort))
}

// maxShort bounds each body of a step that passed.
const maxShort = 400

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
	return cmp.Or(e.Attempt.Request.EventType, e.Attempt.Request.Method+" "+e.Attempt.Request.URL)
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
		row.Label = human.Cut(fmt.Sprintf("%-5s %s", step.Path, stepTitle(step)), labelLength)
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
