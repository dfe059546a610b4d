package script

import (
	"encoding/json"
	"slices"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/objectid"
)

// parser reads one file into a tree. It continues after a problem, so that all problems are reported at once.
type parser struct {
	src         *file
	load        *load
	source      *Source
	path        string                // path of the play step that plays this file, with a dot; "" for the outermost file
	expect      Expect                // the file's, over the default
	deliver     Deliver               // the file's
	outer       []string              // keys of the construct around the current one
	cast        map[string]member     // records of the scenario
	substitutes map[string]substitute // records of the outer cast, by the names that they replace here
}

// fail reports an error at a node.
func (p *parser) fail(n *node, format string, arguments ...any) {
	p.failAt(n.pos, n.width, format, arguments...)
}

func (p *parser) failAt(pos Pos, width int, format string, arguments ...any) {
	p.load.add(*p.src.problem(pos, width, format, arguments...))
}

func (p *parser) warn(pos Pos, width int, format string, arguments ...any) {
	w := p.src.problem(pos, width, format, arguments...)
	w.Severity = Warning
	p.load.add(*w)
}

// text reads a string that may contain ${…}.
func (p *parser) text(n *node, what string) (Text, bool) {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "%s must be a string; got %s", what, n.describe())
		return Text{}, false
	}
	return p.scan(n), true
}

// word reads a string without ${…}.
func (p *parser) word(n *node, what string) (string, bool) {
	switch {
	case n.kind != scalar || n.isNull():
		p.fail(n, "%s must be a string; got %s", what, n.describe())
	case strings.Contains(n.text, "${"):
		p.fail(n, "%s cannot contain ${…}", what)
	default:
		return n.text, true
	}
	return "", false
}

// oneOf reads one of some words.
func (p *parser) oneOf(n *node, key string, known []string) (string, bool) {
	word, ok := p.word(n, key)
	if ok && !slices.Contains(known, word) {
		p.fail(n, "%s: unknown value %s%s", key, human.Quoted(word), hint(word, known))
		return "", false
	}
	return word, ok
}

// name reads a name that the file gives to a thing.
func (p *parser) name(n *node, thing string) (string, bool) {
	if n.kind == scalar && namePattern().MatchString(n.text) && len(n.text) <= 100 {
		return n.text, true
	}
	p.fail(n, "the name of %s must begin with a letter and contain only letters, digits, - and _; got %s", thing, n.describe())
	return "", false
}

// url reads an absolute URL that may contain ${…}.
func (p *parser) url(n *node, what string) Text {
	t, ok := p.text(n, what)
	if !ok || len(t.Parts) > 0 && t.Parts[0].Ref != nil { // a URL that begins with ${…} is known during the play
		return t
	}
	if lower := strings.ToLower(n.text); !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		p.fail(n, "%s must be a URL that begins with http://, https:// or ${target.origin}; got %s", what, n.describe())
	}
	return t
}

// items returns the values of a list. If single is true, a scalar counts as a list of one.
func (p *parser) items(n *node, what string, single bool) []*node {
	switch {
	case n.kind == list:
		return n.items
	case single && n.kind == scalar && !n.isNull():
		return []*node{n}
	}
	p.fail(n, "%s must be a list; got %s", what, n.describe())
	return nil
}

// pairs calls each for every key and value of a map with arbitrary keys.
func (p *parser) pairs(n *node, what string, each func(k, v *node)) {
	if n.kind != object {
		p.fail(n, "%s must be a map; got %s", what, n.describe())
		return
	}
	seen := map[string]bool{}
	for i, k := range n.keys {
		switch {
		case seen[k.text]:
			p.fail(k, "duplicate key %s", human.Quoted(k.text))
			continue
		case strings.Contains(k.text, "${"):
			p.fail(k, "a key cannot contain ${…}")
			continue
		}
		seen[k.text] = true
		each(k, n.items[i])
	}
}

// value reads JSON whose strings may contain ${…}.
func (p *parser) value(n *node) Value {
	v := Value{Pos: n.pos}
	switch n.kind {
	case object:
		p.pairs(n, "the value", func(k, item *node) {
			v.Fields = append(v.Fields, Field{Key: k.text, Value: p.value(item)})
		})
		if v.Fields == nil {
			v.Plain = map[string]any{}
		}
	case list:
		for _, item := range n.items {
			v.Items = append(v.Items, p.value(item))
		}
		if v.Items == nil {
			v.Plain = []any{}
		}
	default:
		plain, isText := n.json()
		if isText {
			t := p.scan(n)
			v.Text = &t
		}
		v.Plain = plain
	}
	return v
}

// json returns the JSON value of a scalar, and whether it is a string. A scalar is a number only if JSON accepts it as one:
// 010 and 1_000 are strings. So is an id that has digits only.
func (n *node) json() (value any, isText bool) {
	switch {
	case n.quoted:
		return nil, true
	case n.isNull():
		return nil, false
	case n.text == "true" || n.text == "false":
		return n.text == "true", false
	case isNumber(n.text) && !objectid.Valid(n.text):
		return json.Number(n.text), false
	}
	return nil, true
}

func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}

// encoded returns a node as JSON, for a schema that is written in the file.
func (n *node) encoded() any {
	switch n.kind {
	case object:
		out := make(map[string]any, len(n.keys))
		for i, k := range n.keys {
			if _, duplicate := out[k.text]; !duplicate {
				out[k.text] = n.items[i].encoded()
			}
		}
		return out
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.encoded()
		}
		return out
	}
	if value, isText := n.json(); !isText {
		return value
	}
	return n.text
}

// hint names the known name nearest to an unknown one, or else all known names.
func hint(name string, known []string) string {
	if near := naming.Hint(name, known); near != "" {
		return near
	}
	return "; use " + human.Or(known)
}
