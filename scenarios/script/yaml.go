package script

import (
	"errors"
	"strings"
	"unicode/utf8"

	"semblance/schemas/lazy"

	"go.yaml.in/yaml/v4"
)

// yamlReader converts the nodes of the YAML library. It resolves aliases within bounds and refuses tags and merge keys.
type yamlReader struct {
	src   *file
	nodes int
	open  map[*yaml.Node]bool // anchored nodes whose aliases are being resolved

	problem *Problem // the first; nothing is read after it
}

// fail reports a problem. It returns an empty node.
func (r *yamlReader) fail(pos Pos, width int, format string, arguments ...any) *node {
	if r.problem == nil {
		r.problem = r.src.problem(pos, width, format, arguments...)
	}
	return &node{pos: pos}
}

func readYAML(src *file, data []byte) (*node, *Problem) {
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		return nil, src.syntax(err)
	}
	if len(document.Content) == 0 {
		return nil, src.problem(src.at(1, 1), 1, "%s", emptyFile)
	}
	r := &yamlReader{src: src, open: map[*yaml.Node]bool{}}
	root := r.node(document.Content[0], document.Content[0], 0)
	return root, r.problem
}

// node converts n. Its position is that of at: the value of an alias has the position of the alias.
func (r *yamlReader) node(n, at *yaml.Node, depth int) *node {
	pos := r.src.at(at.Line, at.Column)
	out := &node{pos: pos, width: 1}
	if r.nodes++; r.problem == nil {
		r.problem = bounded(r.src, pos, r.nodes, depth)
	}
	switch {
	case r.problem != nil:
		return out
	case n.Kind == yaml.AliasNode:
		return r.alias(n, at, depth)
	case n.Style&yaml.TaggedStyle != 0:
		return r.fail(pos, len(n.Tag), "tags are not supported; remove %s", excerpt(n.Tag))
	}
	switch n.Kind {
	case yaml.ScalarNode:
		out.kind, out.text = scalar, n.Value
		const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		out.quoted = n.Style&quotes != 0
		out.width = utf8.RuneCountInString(n.Value)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			out.width += 2
		}
	case yaml.SequenceNode:
		out.kind = list
		for _, item := range n.Content {
			out.items = append(out.items, r.node(item, r.shown(item, at, n), depth+1))
		}
	default:
		out.kind = object
		for i := 0; i+1 < len(n.Content) && r.problem == nil; i += 2 {
			out.keys = append(out.keys, r.key(n.Content[i], r.shown(n.Content[i], at, n)))
			out.items = append(out.items, r.node(n.Content[i+1], r.shown(n.Content[i+1], at, n), depth+1))
		}
	}
	return out
}

// shown returns the node whose position child gets: child itself, or the alias whose position its parent has.
func (r *yamlReader) shown(child, at, parent *yaml.Node) *yaml.Node {
	if at != parent {
		return at
	}
	return child
}

func (r *yamlReader) alias(n, at *yaml.Node, depth int) *node {
	if r.open[n.Alias] {
		return r.fail(r.src.at(at.Line, at.Column), len(n.Value)+1, "the alias *%s refers to a value that contains it", excerpt(n.Value))
	}
	r.open[n.Alias] = true
	defer delete(r.open, n.Alias)
	return r.node(n.Alias, at, depth)
}

func (r *yamlReader) key(n, at *yaml.Node) *node {
	pos := r.src.at(at.Line, at.Column)
	switch {
	case n.Kind != yaml.ScalarNode:
		return r.fail(pos, 1, "a key must be a string, not a list, a map or an alias")
	case n.Tag == "!!merge":
		return r.fail(pos, 2, "merge keys (<<) are not supported; write the keys out, or use `expect:` at the top of the file")
	}
	r.nodes++
	return &node{kind: scalar, text: n.Value, quoted: true, pos: pos, width: utf8.RuneCountInString(n.Value)}
}

const (
	emptyFile   = "the file is empty; `semblance init` writes an example"
	quoteStar   = `in YAML, * begins an alias; quote a pattern, such as "*.created"`
	indentation = "inconsistent indentation"
)

// yamlMistakes explains messages of the YAML library.
var yamlMistakes = []struct{ message, explanation string }{
	{"unknown anchor", quoteStar},
	{"cannot start any token", "YAML reserves this character; quote the value"},
	{"mapping values are not allowed", "unexpected colon; indent the line less, or quote the value"},
	{"could not find expected ':'", "expected a key with a colon: `key: value`"},
	{"did not find expected key", indentation},
	{"did not find expected '-' indicator", indentation},
}

// syntax returns a problem for an error of the YAML library. It explains common mistakes better than the library does.
func (s *file) syntax(err error) *Problem {
	le, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return s.problem(s.at(1, 1), 1, "invalid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, context := max(le.Mark.Line, 1), le.ContextMark
	pos, text := s.at(line, max(le.Mark.Column, 1)), s.line(line)
	has := func(message string) bool { return strings.Contains(le.Message, message) }
	switch {
	case has("no documents in stream"):
		return s.problem(s.at(1, 1), 1, "%s", emptyFile)
	case has("found multiple"):
		return s.problem(s.at(s.separator(), 1), 3, "a file contains one scenario; move the part after --- to another file")
	case has("exceeded max depth"):
		return s.problem(pos, 1, "more than %d levels of nesting", MaxDepth)
	case has("did not find expected ','"):
		if m := unquoted().FindStringSubmatchIndex(text); m != nil {
			return s.problem(s.at(line, utf8.RuneCountInString(text[:m[2]])+1), m[3]-m[2], "inside { } and [ ], quote a ${…}: \"%s\"", excerpt(text[m[2]:m[3]]))
		}
		return s.problem(pos, 1, "the { or [ on line %d is not closed; add the missing comma, } or ]", max(context.Line, 1))
	case le.ContextMsg == "while scanning an alias":
		return s.problem(pos, 1, quoteStar)
	case has("cannot start any token") && strings.Contains(text, "\t"):
		return s.problem(pos, 1, "YAML does not allow tabs for indentation; use spaces")
	case has("found unexpected end of stream") && context.Line > 0:
		return s.problem(s.at(context.Line, context.Column), 1, "the quote is not closed")
	}
	for _, mistake := range yamlMistakes {
		if has(mistake.message) {
			return s.problem(pos, 1, "%s", mistake.explanation)
		}
	}
	return s.problem(pos, 1, "invalid YAML: %s", le.Message)
}

// unquoted matches an unquoted value with a ${…} inside a flow collection.
var unquoted = lazy.Regexp(`[\[{,:]\s*([^\s'",\[\]{}]*\$\{[^}'"]*\}?)`)

// separator returns the line of the --- before a second document.
func (s *file) separator() int {
	seen := false
	for i, line := range s.lines {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(line, "---") && seen {
			return i + 1
		}
		if trimmed != "" && !strings.HasPrefix(trimmed, "#") && !strings.HasPrefix(trimmed, "%") {
			seen = true
		}
	}
	return 1
}
