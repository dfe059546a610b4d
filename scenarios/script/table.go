package script

import (
	"slices"
	"strings"

	"semblance/schemas/naming"
)

// A construct of the language is a table of its keys. The parser reads a map of the file by it, and the JSON Schema for
// editors is generated from it, so that the two cannot differ.

// key is one key of a map that becomes a T.
type key[T any] struct {
	name  string
	about string // what it is for, in one sentence: editors show it
	shape shape  // what it may hold, for editors
	must  bool   // it cannot be left out
	read  func(p *parser, n *node, into *T)
}

// table is the keys of one construct.
type table[T any] struct {
	what  string // what the construct is called in messages: "a send step", "expect"
	about string
	keys  []key[T]
	then  func(p *parser, n *node, into *T) // what concerns several keys; nil: nothing
}

// read reads a map of the file into a T. Keys are read in the order of the table, whatever their order in the file.
func (t *table[T]) read(p *parser, n *node, into *T) {
	if n.kind != object {
		p.fail(n, "%s is a map with the keys %s; got %s", t.what, listed(t.names()), n.describe())
		return
	}
	p.keys(n, t.what, t.names())
	around := p.beside
	p.beside = t.names()
	defer func() { p.beside = around }()
	for _, k := range t.keys {
		value := n.get(k.name)
		switch {
		case value != nil:
			k.read(p, value, into)
		case k.must:
			p.fail(n, "%s needs the key %q", t.what, k.name)
		}
	}
	if t.then != nil {
		t.then(p, n, into)
	}
}

func (t *table[T]) names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return names
}

// keys says which keys of a map are unknown, or there twice.
func (p *parser) keys(n *node, what string, known []string) {
	seen := map[string]int{}
	for _, k := range n.keys {
		if p.load.full() {
			return
		}
		if line, twice := seen[k.text]; twice {
			p.fail(k, "the key %q is there twice; the first is on line %d", shorten(k.text), line)
			continue
		}
		seen[k.text] = k.pos.Line
		if !slices.Contains(known, k.text) {
			p.unknown(k, "key", what, known)
		}
	}
}

// unknown says that a word is not one of those that are known, and which is near.
func (p *parser) unknown(n *node, kind, where string, known []string) {
	if strings.Contains(n.text, "${") && kind == "key" {
		p.fail(n, "a key cannot hold ${…}")
		return
	}
	if slices.Contains(p.beside, n.text) && slices.Contains(p.beside, where) {
		p.fail(n, "%s stands beside %s, not in it", n.text, where)
		return
	}
	if near := naming.Nearest(n.text, known); near != "" {
		p.fail(n, "unknown %s %q in %s; did you mean %q?", kind, shorten(n.text), where, near)
		return
	}
	p.fail(n, "unknown %s %q in %s; it takes %s", kind, shorten(n.text), where, listed(known))
}

// listed joins words as a sentence does.
func listed(words []string) string {
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// either joins words as alternatives.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
