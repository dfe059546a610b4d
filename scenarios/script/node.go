package script

import (
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/human"
)

// The limits of a scenario file. They bound the memory and time that a hostile file can take.
const (
	MaxFileBytes = 1 << 20 // per file
	MaxDepth     = 64      // levels of nesting
	MaxNodes     = 100_000 // values per file; an alias counts each time it is used
	MaxSteps     = 10_000  // per scenario, including the files that it plays
	MaxPlayDepth = 8       // levels of files that play files
	MaxProblems  = 100     // listed problems of each severity
)

// kind is the kind of a node.
type kind int

const (
	scalar kind = iota
	list
	object
)

// node is a value of a YAML or JSON file with its position.
type node struct {
	kind   kind
	text   string // of a scalar, without quotes
	quoted bool   // a scalar in quotes or a block scalar, which is always a string
	pos    Pos
	width  int     // characters of a scalar on its line
	items  []*node // of a list, or the values of an object
	keys   []*node // of an object: scalars
}

// get returns the value of a key, the first one of a duplicate key, or nil.
func (n *node) get(key string) *node {
	if i := n.index(key); i >= 0 {
		return n.items[i]
	}
	return nil
}

// key returns the node of a key itself, or the object.
func (n *node) key(name string) *node {
	if i := n.index(name); i >= 0 {
		return n.keys[i]
	}
	return n
}

func (n *node) index(key string) int {
	return slices.IndexFunc(n.keys, func(k *node) bool { return k.text == key })
}

// all returns the items of a list, or the node itself.
func (n *node) all() []*node {
	if n.kind == list {
		return n.items
	}
	return []*node{n}
}

// isNull reports whether the value is absent or null.
func (n *node) isNull() bool {
	return n.kind == scalar && !n.quoted && (n.text == "" || n.text == "null" || n.text == "~")
}

// describe describes a node for messages.
func (n *node) describe() string {
	switch {
	case n.kind == list:
		return "a list"
	case n.kind == object:
		return "a map"
	case n.isNull():
		return "nothing"
	}
	return human.Quoted(n.text)
}

const (
	maxExcerpt = 60  // characters of the file that a message quotes
	maxMessage = 600 // characters of a message
)

func excerpt(text string) string { return human.Excerpt(text, maxExcerpt) }

// file is the name and the lines of a file, for messages.
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

// problem returns an error at a position.
func (s *file) problem(pos Pos, width int, format string, arguments ...any) *Problem {
	return &Problem{Pos: pos, Severity: Error, Message: fmt.Sprintf(format, arguments...), Text: s.line(pos.Line), Width: width}
}

func (s *file) at(line, column int) Pos { return Pos{File: s.name, Line: line, Column: column} }
