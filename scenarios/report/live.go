package report

import (
	"bytes"
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
	l.done = done
	var b bytes.Buffer
	l.p.title(&b)
	l.write(b.Bytes())
	unit := "attempt"
	if step.Kind == "repeat" {
		unit = "round"
	}
	l.write([]byte(fmt.Sprintf("\r\x1b[K  …     %-5s %s: %s", step.Path, human.Cut(step.Title, 40), human.Count(done, unit))))
	l.progress = true
}

// Step writes a step that has ended.
func (l *Live) Step(result scenarios.StepResult) {
	var b bytes.Buffer
	l.p.step(&b, &result)
	l.clear()
	l.write(b.Bytes())
}

// End ends the scenario.
func (l *Live) End(scenarios.ScenarioResult) {
	var b bytes.Buffer
	l.p.end(&b)
	l.clear()
	l.write(b.Bytes())
}

// Summary writes the summary of the run. It returns the first write error of l.
func (l *Live) Summary(r scenarios.Result) error {
	l.clear()
	var b bytes.Buffer
	l.p.summary(&b, &r)
	l.write(b.Bytes())
	return l.err
}

// clear removes the progress line.
func (l *Live) clear() {
	if l.progress {
		l.write([]byte("\r\x1b[K"))
	}
	l.progress, l.done = false, 0
}

func (l *Live) write(text []byte) {
	if l.err == nil && len(text) > 0 {
		_, l.err = l.w.Write(text)
	}
}
