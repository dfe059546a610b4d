package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"semblance/cmd/semblance/internal/files"
	"semblance/scenarios/report"
	"semblance/scenarios/report/color"
	"semblance/scenarios/script"
	"semblance/schemas/human"
)

// An output is stdout or stderr. It knows whether it is a terminal and may be colored, and it keeps the first error of
// writing, so that commands print freely and run reports a full disk once. It may be used from several goroutines; each
// Write stays together.
type output struct {
	terminal bool
	colored  bool

	mu  sync.Mutex
	w   io.Writer
	err error
}

// newOutput returns the output to a writer. NO_COLOR (https://no-color.org) turns off color; a dumb terminal is written to
// like a file.
func newOutput(w io.Writer, isTerminal func(io.Writer) bool, getenv func(string) (string, bool)) *output {
	if isTerminal == nil {
		isTerminal = func(w io.Writer) bool {
			f, ok := w.(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		}
	}
	kind, _ := getenv("TERM")
	o := &output{w: w, terminal: isTerminal(w) && kind != "dumb"}
	noColor, _ := getenv("NO_COLOR")
	o.colored = o.terminal && noColor == ""
	return o
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	text := p
	if o.terminal {
		text = human.EscapeJSON(p)
	}
	if _, err := o.w.Write(text); err != nil {
		o.err = fmt.Errorf("cannot write the output: %w", files.WithoutPath(err))
		return 0, o.err
	}
	return len(p), nil
}

// failure returns the first error of writing.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// text returns how reports are written to the output.
func (o *output) text(quiet bool) report.Terminal {
	return report.Terminal{Color: o.colored, Progress: o.terminal, Quiet: quiet}
}

// json prints a value as indented JSON.
func (o *output) json(v any) error { return report.Indented(o, v) }

// warn prints a warning.
func (o *output) warn(format string, args ...any) {
	fmt.Fprintf(o, "%s %s\n", o.yellow("warning:"), fmt.Sprintf(format, args...))
}

// problems prints the problems of scenarios, each with its line and a caret.
func (o *output) problems(problems script.Problems) {
	for _, p := range problems {
		position, paint := human.Printable(p.Pos.String()), o.red
		if p.Severity == script.Warning {
			paint = o.yellow
		}
		fmt.Fprintf(o, "%s%s\n%s", paint(position), strings.TrimPrefix(p.String(), position), p.Excerpt())
	}
}

func (o *output) red(text string) string    { return o.paint(text, color.FgRed) }
func (o *output) green(text string) string  { return o.paint(text, color.FgGreen) }
func (o *output) yellow(text string) string { return o.paint(text, color.FgYellow) }
func (o *output) bold(text string) string   { return o.paint(text, color.Bold) }
func (o *output) faint(text string) string  { return o.paint(text, color.Faint) }

func (o *output) paint(text string, attributes ...color.Attribute) string {
	if !o.colored {
		return text
	}
	return color.Paint(text, attributes...)
}
