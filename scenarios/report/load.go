package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/load"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/clock"
	"semblance/simulator/hint"
)

const (
	// attemptsShown is how many passed attempts a terminal shows before it shows only failures and a line of progress.
	attemptsShown = 20
	// redrawEvery is the time between two updates of the line of progress.
	redrawEvery = 100 * time.Millisecond
	// lateShown is the delay behind the rate from which the summary warns.
	lateShown = 100 * time.Millisecond
)

// Load prints a run of package load: each attempt in two lines, or as an object, and the summary.
type Load struct {
	Out     io.Writer
	Notices io.Writer // warnings, and the line of progress
	Terminal
	Warnings Terminal                     // how to write on Notices
	JSON     bool                         // one object per line: the attempts, or with Quiet the summary
	Verbose  bool                         // both messages in full
	Secrets  bool                         // print credentials instead of hiding them
	Total    int                          // attempts in the run
	Seed     int64                        // printed if it was drawn for this run; 0: it was given
	Rerun    func(*load.Attempt) []string // the command that repeats an attempt, for [capture.Command]

	causes       map[string]*loadCause
	seen, failed int64
	drawing      bool // a line of progress is on the screen
	drawn        time.Time
}

// LoadAttempt is an attempt as one line of JSON.
type LoadAttempt struct {
	Request  *simulator.Request  `json:"request"`
	Response *simulator.Response `json:"response,omitempty"` // absent in a dry run
	Passed   *bool               `json:"passed,omitempty"`   // absent if nothing was expected
	Failures []string            `json:"failures,omitempty"`
	Hint     string              `json:"hint,omitempty"` // what to change after a failed attempt
}

// loadCause is a reason for which attempts failed.
type loadCause struct {
	first    string // the event type of the first attempt
	attempts int
}

// Observe prints an attempt. It is not called for a quiet run.
func (l *Load) Observe(a *load.Attempt) {
	passed, original := a.Verdict.Passed(), a
	evidence := scenarios.Evidence{Attempt: &a.Attempt, Verdict: a.Verdict}.Explained()
	if !l.Secrets {
		redacted := *a
		redacted.Attempt = a.Redacted()
		a = &redacted
	}
	if l.JSON {
		line := LoadAttempt{Request: &a.Request, Response: &a.Response, Passed: &passed, Hint: evidence.Hint.Fix}
		if a.Unjudged {
			line.Passed = nil
		}
		for _, failure := range a.Verdict.Failures {
			line.Failures = append(line.Failures, failure.String())
		}
		_ = Line(l.Out, line) // an output keeps its error
		return
	}
	l.seen++
	if !passed {
		l.failed++
	}
	if passed && !l.Verbose && l.seen > attemptsShown && l.Progress {
		l.draw()
		return
	}
	var known *loadCause
	if !passed {
		known = l.cause(&evidence)
		if known.attempts > 1+maxSame && !l.Verbose { // the summary counts them
			return
		}
	}
	text := l.attempt(a, evidence.Says, known)
	if known != nil && known.attempts == 1 {
		text += l.explain(original)
	}
	l.Clear()
	io.WriteString(l.Out, text)
}

// cause returns the cause of a failed attempt, which it counts.
func (l *Load) cause(e *scenarios.Evidence) *loadCause {
	key := causeKey(&scenarios.Step{}, e)
	known := l.causes[key]
	if known == nil {
		if l.causes == nil {
			l.causes = map[string]*loadCause{}
		}
		known = &loadCause{first: e.Attempt.Request.EventType}
		l.causes[key] = known
	}
	known.attempts++
	return known
}

// attempt returns an attempt as text: the request, the response and the failed expectations. says is the message of an HTML
// page; known is the cause of a failed attempt.
func (l *Load) attempt(a *load.Attempt, says string, known *loadCause) string {
	request, response := &a.Request, &a.Response
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", l.RequestLine(request))
	if l.Verbose {
		b.WriteString(l.paint(RequestText(request), color.Faint))
	}
	fmt.Fprintf(&b, "%s\n", l.ResponseLine(response, a.Verdict.Passed()))
	if l.Verbose {
		b.WriteString(l.paint(ResponseText(response), color.Faint))
	}
	if known != nil && known.attempts > 1 && !l.Verbose {
		fmt.Fprintf(&b, "    same cause as %s\n", human.Line(cmp.Or(known.first, "the first")))
		return b.String()
	}
	for _, f := range a.Verdict.Failures {
		if f.Part != scenarios.PartResponse || response.Failure == "" { // else the line above says it
			fmt.Fprintf(&b, "    %s\n", f)
		}
	}
	if a.Verdict.Omitted > 0 {
		fmt.Fprintf(&b, "    and %s more\n", human.Number(a.Verdict.Omitted))
	}
	if !a.Verdict.Passed() && !l.Verbose && len(response.Body) > 0 {
		fmt.Fprintf(&b, "    response: %s\n", human.Excerpt(cmp.Or(says, string(response.Body)), 200))
	}
	return b.String()
}

// draw updates the line of progress.
func (l *Load) draw() {
	if !l.Warnings.Progress || l.drawing && clock.Since(l.drawn) < redrawEvery {
		return
	}
	l.drawing, l.drawn = true, clock.Now()
	fmt.Fprintf(l.Notices, "\r\x1b[K%s of %s, %s not as expected", human.Number(l.seen), human.Number(l.Total), human.Number(l.failed))
}

// Clear removes the line of progress.
func (l *Load) Clear() {
	if l.drawing {
		io.WriteString(l.Notices, "\r\x1b[K")
		l.drawing = false
	}
}

// Summary prints the counts of the run, and the first failure if the attempts were not printed as text.
func (l *Load) Summary(s *load.Summary, expect scenarios.Expect) error {
	explained := l.Notices
	if !l.JSON {
		explained = l.Out
		l.counts(s, expect.Body != nil)
	} else if l.Quiet {
		if err := Line(l.Out, s); err != nil {
			return err
		}
	}
	if s.First != nil && (l.JSON || l.Quiet) {
		io.WriteString(explained, l.first(s, expect))
	}
	return nil
}

// counts prints the counts and the latency. With bodies it says how many response bodies broke their schema.
func (l *Load) counts(s *load.Summary, bodies bool) {
	if s.Sent == 0 { // interrupted before the first response
		fmt.Fprintln(l.Out, "0 sent")
		return
	}
	passed := l.paint(human.Number(s.Sent-s.Failed)+" as expected", color.FgGreen)
	switch {
	case s.Unjudged > 0 && s.Failed == 0:
		passed = human.Number(s.Unjudged) + " not judged: give --expect"
	case s.Failed > 0:
		passed = l.paint(human.Number(s.Failed)+" not as expected", color.FgRed)
	}
	seed := ""
	if l.Seed != 0 {
		seed = fmt.Sprintf(", seed %d", l.Seed)
	}
	fmt.Fprintf(l.Out, "%s sent, %s answered, %s: %s%s\n", human.Number(s.Sent), human.Number(s.Responses), passed, s.Outcomes(), l.paint(seed, color.Faint))
	if s.Responses > 0 {
		latency, speed := s.Latency(), ""
		if s.Sent >= 1000 { // enough to measure
			speed = fmt.Sprintf(", %s/s", human.Number(int64(s.PerSecond())))
		}
		fmt.Fprintf(l.Out, "p50 %s, p99 %s, max %s%s\n", human.Duration(latency.P50), human.Duration(latency.P99), human.Duration(latency.Max), speed)
	}
	if bodies {
		fmt.Fprintf(l.Out, "%s in response bodies\n", human.Count(s.Invalid, "schema failure"))
	}
	if s.Late > lateShown {
		fmt.Fprintf(l.Notices, "%s requests started up to %s behind the rate; raise --in-flight so that slow responses do not delay them\n",
			l.Warnings.Warning("warning:"), human.Duration(s.Late))
	}
}

// first describes the first failure of a run and what to change.
func (l *Load) first(s *load.Summary, expect scenarios.Expect) string {
	request := &s.First.Request
	target := request.URL
	if !l.Secrets {
		target = simulator.RedactURL(target)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, sent to %s\n", l.paint("not as expected:", color.FgRed), cmp.Or(request.EventType, "the raw body"), target)
	fmt.Fprintf(&b, "    %-9s %s\n    %-9s %s\n", "expected", expect.String(), "got", unexpected(s.First))
	if s.Failed > 1 {
		fmt.Fprintf(&b, "    %-9s and %s more\n", "", human.Number(s.Failed-1))
	}
	return b.String() + l.explain(cmp.Or(s.Refused, s.First)) // the hint of a refused one explains how it was signed
}

// unexpected describes the unexpected part of an attempt.
func unexpected(a *load.Attempt) string {
	if a.Response.Failure != "" {
		return a.Response.Detail
	}
	words := []string{fmt.Sprintf("status %d", a.Response.Status)}
	for _, f := range a.Verdict.Failures {
		if f.Part != scenarios.PartStatus {
			words = append(words, f.String())
		}
	}
	return strings.Join(words, "; ")
}

// explain says what to change after a failed attempt, and how to repeat it.
func (l *Load) explain(a *load.Attempt) string {
	var b strings.Builder
	h := hint.For(&a.Attempt)
	if h.Fix != "" {
		fmt.Fprintf(&b, "    %-9s %s\n", "fix", Wrap(h.Fix, 86, 14))
	}
	if h.Name == hint.Signature && l.Refusal != nil {
		for line := range strings.Lines(l.Refusal(&a.Request)) {
			b.WriteString("  " + line)
		}
	}
	if l.Rerun != nil {
		fmt.Fprintf(&b, "    %-9s %s\n", "rerun", capture.Command(l.Rerun(a)))
	}
	return b.String()
}
