package report

import (
	"bytes"
	"fmt"
	"io"

	"semblance/scenarios"
)

// Live writes a run to a terminal while it is played: each scenario and each step as it ends, and at last the summary. It is
// told one thing at a time.
type Live struct {
	t        Terminal
	w        io.Writer
	scenario scenarios.ScenarioResult
	before   told
	titled   bool // the scenario's title is written; a quiet terminal waits for something to say
	progress bool // the line at the bottom is the one that moves
	shown    int64
	err      error
}

// Live returns a writer of what is going on.
func (t Terminal) Live(w io.Writer) *Live { return &Live{t: t, w: w} }

// Begin says that a scenario begins.
func (l *Live) Begin(scenario scenarios.ScenarioResult) {
	l.scenario, l.before, l.titled = scenario, told{}, false
	if !l.t.Quiet {
		l.title()
	}
}

func (l *Live) title() {
	if l.titled {
		return
	}
	l.titled = true
	var b bytes.Buffer
	l.t.scenario(&b, &l.scenario)
	l.write(b.Bytes())
}

// progressEvery is how many attempts there are between two changes of the line that moves: enough to see it move, and few
// enough to cost nothing.
const progressEvery = 997

// Progress says how many attempts, or rounds of a repeat, there have been in a step that is still being played.
func (l *Live) Progress(step scenarios.Step, done int64) {
	if !l.t.Progress || done < l.shown+progressEvery && done > l.shown {
		return
	}
	l.shown = done
	so := count(done, "attempt", "attempts")
	if step.Kind == "repeat" {
		so = count(done, "round", "rounds")
	}
	l.write([]byte(fmt.Sprintf("\r\x1b[K  …     %-5s %s: %s", step.Path, firstLine(step.What, 40), so)))
	l.progress = true
}

// Step says how a step went.
func (l *Live) Step(result scenarios.StepResult) {
	var b bytes.Buffer
	l.t.step(&b, &l.scenario, &result, &l.before)
	l.clear()
	if b.Len() > 0 {
		l.title()
	}
	l.write(b.Bytes())
}

// End says that the scenario has ended.
func (l *Live) End(scenarios.ScenarioResult) { l.clear() }

// Summary writes what the run came to, and returns the first error of writing.
func (l *Live) Summary(r scenarios.Result) error {
	l.clear()
	var b bytes.Buffer
	l.t.summary(&b, &r)
	l.write(b.Bytes())
	return l.err
}

// clear takes away the line that moves.
func (l *Live) clear() {
	if l.progress {
		l.write([]byte("\r\x1b[K"))
	}
	l.progress, l.shown = false, 0
}

func (l *Live) write(text []byte) {
	if l.err == nil && len(text) > 0 {
		_, l.err = l.w.Write(text)
	}
}
