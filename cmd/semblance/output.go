package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// sink is one of the two output streams: it knows whether it is a terminal and may be coloured, and it remembers the
// first error of writing, so that commands print freely and run reports a full disk once. Each Write is whole: writers
// on several goroutines do not mix their lines.
type output struct {
	terminal bool
	coloured bool

	mu  sync.Mutex
	w   io.Writer
	err error
}

// newSink decides for this writer alone: colour wants a terminal, and NO_COLOR (https://no-color.org) forbids it. One that
// calls itself dumb obeys nothing that moves its cursor, so it is written to as a file is.
func newOutput(w io.Writer, isTerminal func(io.Writer) bool, getenv func(string) (string, bool)) *output {
	if isTerminal == nil {
		isTerminal = func(w io.Writer) bool {
			f, ok := w.(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		}
	}
	kind, _ := getenv("TERM")
	s := &output{w: w, terminal: isTerminal(w) && kind != "dumb"}
	forbidden, _ := getenv("NO_COLOR")
	s.coloured = s.terminal && forbidden == ""
	return s
}

func (s *output) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err != nil {
		s.err = fmt.Errorf("cannot write the output: %w", withoutPath(err))
	}
	return n, s.err
}

// failure returns the first error of writing.
func (s *output) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *output) red(text string) string    { return s.paint(text, color.FgRed) }
func (s *output) green(text string) string  { return s.paint(text, color.FgGreen) }
func (s *output) yellow(text string) string { return s.paint(text, color.FgYellow) }
func (s *output) bold(text string) string   { return s.paint(text, color.Bold) }
func (s *output) faint(text string) string  { return s.paint(text, color.Faint) }

func (s *output) paint(text string, attributes ...color.Attribute) string {
	if !s.coloured || text == "" {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // the package's own decision looks at the process's stdout, whichever writer this is
	return c.Sprint(text)
}
