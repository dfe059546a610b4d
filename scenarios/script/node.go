package script

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of a scenario file. A scenario that people can read is far inside them; a file that is not is refused in one
// sentence before it costs memory or time.
const (
	MaxFileBytes = 1 << 20 // of one file
	MaxDepth     = 64      // of nesting
	MaxNodes     = 100_000 // values in one file, aliases counted as often as they are used
	MaxSteps     = 10_000  // of a scenario, with those of the files that it plays
	MaxPlayDepth = 8       // of files that play files
	MaxProblems  = 100     // that are listed
)

// kind is what a node is.
type kind int

const (
	scalar kind = iota
	list
	object
)

// node is a value of the file with its place, the same for YAML and JSON.
type node struct {
	kind   kind
	text   string // of a scalar, as it is written, without quotes
	quoted bool   // a scalar in quotes, or a block: it is text whatever it looks like
	pos    Pos
	width  int     // characters of a scalar on its line
	items  []*node // of a list, or the values of an object
	keys   []*node // of an object: scalars
}

// get returns the value of a key and nil where the object has none. The first of a key that is there twice counts.
func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k.text == key {
			return n.items[i]
		}
	}
	return nil
}

// isNull reports whether nothing is written, or null.
func (n *node) isNull() bool {
	return n.kind == scalar && !n.quoted && (n.text == "" || n.text == "null" || n.text == "~")
}

// describe says what a node is, for messages.
func (n *node) describe() string {
	switch {
	case n.kind == list:
		return "a list"
	case n.kind == object:
		return "a map"
	case n.isNull():
		return "nothing"
	}
	return fmt.Sprintf("%q", shorten(n.text))
}

const (
	longestQuote = 60  // bytes of the file that a message quotes
	maxMessage   = 600 // bytes of a whole message
)

// shorten cuts text to a length that fits a message.
func shorten(text string) string { return cut(text, longestQuote) }

func cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	for longest > 0 && !utf8.RuneStart(text[longest]) {
		longest--
	}
	return text[:longest] + "…"
}

// file is a file as it is read: its lines are shown in problems.
type file struct {
	name  string
	lines []string
}

func newFile(name string, data []byte) *file {
	return &file{name: name, lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
}

func (s *file) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// problem returns an error at a place of the file.
func (s *file) problem(pos Pos, width int, format string, arguments ...any) Problem {
	return Problem{Pos: pos, Severity: Error, Message: fmt.Sprintf(format, arguments...), Line: s.line(pos.Line), Width: width}
}

func (s *file) at(line, column int) Pos { return Pos{File: s.name, Line: line, Column: column} }
