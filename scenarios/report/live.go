package report

import (
	"fmt"
	"io"

	"semblance/scenarios"
	"semblance/schemas/human"
)

// Live writes a run to a terminal while it is played: each scenario, each step when it ends, and the summary. It
// implements player.Observer. It is not safe for concurrent use.
type Live struct {
	p        printer
	w        io.Writer
	progress bool // the last line of the terminal is the progress line
	done     int64
	err      error
}

// Live returns a writer for a run that is being played.
func (t Terminal) Live(w io.Writer) *Live { return &Live{p: printer{Terminal: t}, w: w} }

// Begin begins a scenario.
func (l *Live) Begin(scenario scenarios.ScenarioResult) { l.p.begin(&scenario) }

// progressEvery is the number of attempts between two updates of the progress line. It is a prime number, so that all
// digits change.
const progressEvery = 997

// Progress shows the number of attempts, or rounds of a repeat, in a step that is being played.
func (l *Live) Progress(step scenarios.Step, done int64) {
	if !l.p.Progress || done < l.done+progressEvery && done > l.done {
		return
	}
	unit := "attempt"
	if step.Kind == "repeat" {
		unit = "round"
	}
	l.p.title()
	fmt.Fprintf(&l.p.b, "\r\x1b[K  …     %-5s %s: %s", step.Path, human.Cut(step.Title, 40), human.Count(done, unit))
	l.write()
	l.progress, l.done = true, done
}

// Step writes a step that has ended.
func (l *Live) Step(result scenarios.StepResult) {
	l.clear()
	l.p.step(&result)
	l.write()
}

// End ends the scenario.
func (l *Live) End(scenarios.ScenarioResult) {
	l.clear()
	l.p.end()
	l.write()
}

// Summary writes the summary of the run. It returns the first write error of l.
func (l *Live) Summary(r scenarios.Result) error {
	l.clear()
	l.p.summary(&r)
	l.write()
	return l.err
}

// clear removes the progress line.
func (l *Live) clear() {
	if l.progress {
		l.p.b.WriteString("\r\x1b[K")
	}
	l.progress, l.done = false, 0
}

// write writes the lines that the printer has written.
func (l *Live) write() {
	if l.err == nil && l.p.b.Len() > 0 {
		_, l.err = l.w.Write(l.p.b.Bytes())
	}
	l.p.b.Reset()
}
