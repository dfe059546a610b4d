package script

import (
	"slices"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// A construct is a map of the language: a step, or the map below a key such as expect. Its keys are bound to the Go value
// that they fill. The parser reads a map with it, and the JSON Schema for editors is generated from it, so the two agree.
type construct struct {
	name  string // for messages, such as "a send step" or "expect"
	about string // one sentence for editors
	keys  []key
	check func(p *parser, n *node) // checks that concern several keys; nil: none
}

// key is one key of a construct.
type key struct {
	name     string
	about    string // one sentence for editors
	required bool
	value    value
}

// value is the value of a key: how to read it, and its JSON Schema for editors.
type value struct {
	read  func(p *parser, n *node, key string)
	shape func() shape
}

// preceded returns the value with something to do before it is read.
func (v value) preceded(do func()) value {
	read := v.read
	v.read = func(p *parser, n *node, key string) {
		do()
		read(p, n, key)
	}
	return v
}

// shaped returns the value with another JSON Schema.
func (v value) shaped(shape func() shape) value {
	v.shape = shape
	return v
}

// read reads a map of the file, in the order of the construct's keys.
func (c *construct) read(p *parser, n *node) {
	names := naming.List(c.keys, func(k key) string { return k.name })
	if n.kind != object {
		p.fail(n, "%s must be a map with the keys %s; got %s", c.name, human.And(names), n.describe())
		return
	}
	p.checkKeys(n, c.name, names)
	outer := p.outer
	p.outer = names
	defer func() { p.outer = outer }()
	for _, k := range c.keys {
		switch v := n.get(k.name); {
		case v != nil:
			k.value.read(p, v, k.name)
		case k.required:
			p.fail(n, "%s needs the key %q", c.name, k.name)
		}
	}
	if c.check != nil {
		c.check(p, n)
	}
}

// checkKeys reports unknown and duplicate keys of a map.
func (p *parser) checkKeys(n *node, construct string, known []string) {
	lines := map[string]int{}
	for _, k := range n.keys {
		if p.load.full() {
			return
		}
		if line, duplicate := lines[k.text]; duplicate {
			p.fail(k, "duplicate key %s; the first is on line %d", human.Quoted(k.text), line)
			continue
		}
		lines[k.text] = k.pos.Line
		switch {
		case slices.Contains(known, k.text):
		case strings.Contains(k.text, "${"):
			p.fail(k, "a key cannot contain ${…}")
		case slices.Contains(p.outer, k.text) && slices.Contains(p.outer, construct):
			p.fail(k, "%s belongs beside %s, not inside it", k.text, construct)
		default:
			p.fail(k, "unknown key %s in %s%s", human.Quoted(k.text), construct, hint(k.text, known))
		}
	}
}
