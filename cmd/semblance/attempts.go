package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// attemptsInFull is how many attempts a terminal shows before it shows only those that failed, and one line of progress.
const attemptsInFull = 20

// progressEvery is how often the line of progress is written anew.
const progressEvery = 100 * time.Millisecond

// attemptPrinter shows attempts as they end: two lines each, or an object. It may be called from several goroutines, and
// keeps the lines of an attempt together.
type attemptPrinter struct {
	app     *app
	format  string // "text" or "json"
	verbose bool
	total   int
	room    chan struct{} // gets one back for each object that is printed; nil where nobody waits for it

	mu       sync.Mutex
	seen     int
	failed   int
	progress bool // a line of progress is on the screen
	drawn    time.Time
	next     int // the index of the next object
	waiting  map[int]*sentEvent
}

func (p *attemptPrinter) print(o *sentEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.format == "json" {
		p.object(o)
		return
	}
	p.seen++
	passed := o.verdict.Passed()
	if !passed {
		p.failed++
	}
	if passed && !p.verbose && p.seen > attemptsInFull && p.app.out.terminal {
		p.draw()
		return
	}
	p.erase()
	p.app.out.Write([]byte(p.text(o)))
}

// text is an attempt as people read it: one line out and one in, and what was wrong with it.
func (p *attemptPrinter) text(o *sentEvent) string {
	out := p.app.out
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s\n", out.bold("-->"), title(&o.Request), out.yellow(faultText(&o.Request)))
	if p.verbose {
		b.WriteString(out.faint(wire(&o.Request)))
	}
	fmt.Fprintf(&b, "%s %s\n", out.bold("<--"), answer(out, &o.Attempt, o.verdict.Passed()))
	if p.verbose {
		b.WriteString(out.faint(answerInFull(&o.Response)))
	}
	for _, f := range o.verdict.Failures {
		if f.Part != scenarios.PartResponse || o.Response.Failure == "" { // which the line before has said
			fmt.Fprintf(&b, "    %s\n", f)
		}
	}
	if o.verdict.Omitted > 0 {
		fmt.Fprintf(&b, "    and %d more\n", o.verdict.Omitted)
	}
	if !o.verdict.Passed() && !p.verbose && len(o.Response.Body) > 0 {
		fmt.Fprintf(&b, "    it said: %s\n", excerpt(o.Response.Body))
	}
	return b.String()
}

// title names what was sent: booking.created [evt 692…0a].
func title(s *simulator.Request) string {
	if s.EventType == "" {
		return fmt.Sprintf("raw body [%d bytes]", len(s.Body))
	}
	return fmt.Sprintf("%s [evt %s]", s.EventType, shortID(s.EventID))
}

func faultText(s *simulator.Request) string {
	if s.Fault == "" {
		return ""
	}
	return " " + s.Fault
}

func shortID(id string) string {
	if len(id) < 8 {
		return id
	}
	return id[:3] + "…" + id[len(id)-2:]
}

// answer says what came in one line: 200 in 3.1ms, or how nothing came.
func answer(out *output, a *simulator.Attempt, passed bool) string {
	colour := out.green
	if !passed {
		colour = out.red
	}
	after := ""
	if a.Response.Timings.Total > 0 {
		after = " in " + short(a.Response.Timings.Total)
	}
	if a.Response.Failure != "" {
		return colour(string(a.Response.Failure)) + after + ": " + a.Response.Detail
	}
	return colour(strconv.Itoa(a.Response.Status)) + after
}

// wire is a request as it goes out.
func wire(s *simulator.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "    %s %s HTTP/%s\n", s.Method, s.URL, s.Proto)
	for _, h := range s.Headers {
		fmt.Fprintf(&b, "    %s: %s\n", h.Name, h.Value)
	}
	fmt.Fprintf(&b, "\n%s", margin(s.Body))
	return b.String()
}

func answerInFull(c *simulator.Response) string {
	var b strings.Builder
	for _, h := range c.Headers {
		fmt.Fprintf(&b, "    %s: %s\n", h.Name, h.Value)
	}
	if len(c.Body) > 0 {
		fmt.Fprintf(&b, "\n%s", margin(c.Body))
	}
	return b.String()
}

// margin sets a body four spaces in, without what would move the cursor. What is no text is not printed as if it were.
func margin(body []byte) string {
	if !utf8.Valid(body) {
		return fmt.Sprintf("    (%s that are no text; --format json has them in base64)\n", count(len(body), "byte"))
	}
	var b strings.Builder
	for line := range strings.Lines(printable(body)) {
		b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}

// excerpt is the beginning of a body on one line.
func excerpt(body []byte) string {
	const most = 200
	text := strings.Join(strings.Fields(printable(body[:min(len(body), 4*most)])), " ")
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return text
}

// printable replaces what a terminal might obey: a receiver's answer is a stranger's text.
func printable(body []byte) string {
	return string(bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, body))
}

// short is a duration as people say it, to two figures or three: 412µs, 3.1ms, 1.24s.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1fms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// attemptJSON is an attempt as one line of NDJSON: what was sent is the same in every run with --seed and --at, what came
// is not.
type attemptJSON struct {
	Request  *simulator.Request  `json:"request"`
	Response *simulator.Response `json:"response,omitempty"` // absent in a dry run
	Passed   *bool               `json:"passed,omitempty"`
	Failures []string            `json:"failures,omitempty"`
}

// object prints an attempt when all that were sent before it have been printed.
func (p *attemptPrinter) object(o *sentEvent) {
	if p.waiting == nil {
		p.waiting = map[int]*sentEvent{}
	}
	kept := *o
	p.waiting[o.index] = &kept
	for o := p.waiting[p.next]; o != nil; o = p.waiting[p.next] {
		delete(p.waiting, p.next)
		p.next++
		p.write(o)
		if p.room != nil {
			<-p.room
		}
	}
}

func (p *attemptPrinter) write(o *sentEvent) {
	passed := o.verdict.Passed()
	line := attemptJSON{Request: &o.Request, Response: &o.Response, Passed: &passed}
	for _, f := range o.verdict.Failures {
		line.Failures = append(line.Failures, f.String())
	}
	if err := writeLine(p.app.out, line); err != nil {
		return // the sink remembers it
	}
}

// draw writes the line of progress, now and then.
func (p *attemptPrinter) draw() {
	if !p.app.err.terminal || p.progress && clock.Since(p.drawn) < progressEvery {
		return
	}
	p.progress, p.drawn = true, clock.Now()
	fmt.Fprintf(p.app.err, "\r\x1b[K%d of %d, %d not as expected", p.seen, p.total, p.failed)
}

// erase takes the line of progress off the screen.
func (p *attemptPrinter) erase() {
	if p.progress {
		fmt.Fprint(p.app.err, "\r\x1b[K")
		p.progress = false
	}
}

// close ends the printing: nothing is left on the screen or in the queue.
func (p *attemptPrinter) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	for index := p.next; len(p.waiting) > 0; index++ { // an interrupted run leaves gaps
		if o := p.waiting[index]; o != nil {
			delete(p.waiting, index)
			p.write(o)
		}
	}
}
