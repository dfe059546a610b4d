package script

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// yamlReader converts the nodes of the YAML library. It resolves aliases within bounds and refuses tags and merge keys.
type yamlReader struct {
	src   *file
	nodes int
	open  map[*yaml.Node]bool // anchored nodes whose aliases are being resolved
}

func readYAML(src *file, data []byte) (*node, *Problem) {
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		p := src.syntax(err)
		return nil, &p
	}
	if len(document.Content) == 0 {
		p := src.problem(src.at(1, 1), 1, "the file is empty; `semblance init` writes an example")
		return nil, &p
	}
	r := &yamlReader{src: src, open: map[*yaml.Node]bool{}}
	return r.node(document.Content[0], document.Content[0], 0)
}

// node converts n. Its position is that of at: the value of an alias has the position of the alias.
func (r *yamlReader) node(n, at *yaml.Node, depth int) (*node, *Problem) {
	pos := r.src.at(at.Line, at.Column)
	r.nodes++
	if p := bounded(r.src, pos, r.nodes, depth); p != nil {
		return nil, p
	}
	if n.Kind == yaml.AliasNode {
		return r.alias(n, at, depth)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		p := r.src.problem(pos, len(n.Tag), "tags such as %s are not supported; remove it", excerpt(n.Tag))
		return nil, &p
	}
	out := &node{pos: pos, width: 1}
	switch n.Kind {
	case yaml.ScalarNode:
		out.kind, out.text = scalar, n.Value
		const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		out.quoted = n.Style&quotes != 0
		out.width = utf8.RuneCountInString(n.Value)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			out.width += 2
		}
		return out, nil
	case yaml.SequenceNode:
		out.kind = list
		for _, item := range n.Content {
			value, problem := r.node(item, r.shown(item, at, n), depth+1)
			if problem != nil {
				return nil, problem
			}
			out.items = append(out.items, value)
		}
		return out, nil
	}
	out.kind = object
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, problem := r.key(n.Content[i], r.shown(n.Content[i], at, n))
		if problem != nil {
			return nil, problem
		}
		value, problem := r.node(n.Content[i+1], r.shown(n.Content[i+1], at, n), depth+1)
		if problem != nil {
			return nil, problem
		}
		out.keys, out.items = append(out.keys, key), append(out.items, value)
	}
	return out, nil
}

// shown returns the node whose position child gets: child itself, or the alias whose position its parent has.
func (r *yamlReader) shown(child, at, parent *yaml.Node) *yaml.Node {
	if at != parent {
		return at
	}
	return child
}

func (r *yamlReader) alias(n, at *yaml.Node, depth int) (*node, *Problem) {
	pos := r.src.at(at.Line, at.Column)
	if r.open[n.Alias] {
		p := r.src.problem(pos, len(n.Value)+1, "the alias *%s refers to a value that contains it", excerpt(n.Value))
		return nil, &p
	}
	r.open[n.Alias] = true
	defer delete(r.open, n.Alias)
	return r.node(n.Alias, at, depth)
}

func (r *yamlReader) key(n, at *yaml.Node) (*node, *Problem) {
	pos := r.src.at(at.Line, at.Column)
	var p Problem
	switch {
	case n.Kind != yaml.ScalarNode:
		p = r.src.problem(pos, 1, "a key must be a string, not a list, a map or an alias")
	case n.Tag == "!!merge":
		p = r.src.problem(pos, 2, "merge keys (<<) are not supported; write the keys out, or use `expect:` at the top of the file")
	default:
		r.nodes++
		return &node{kind: scalar, text: n.Value, quoted: true, pos: pos, width: utf8.RuneCountInString(n.Value)}, nil
	}
	return nil, &p
}

// unquoted matches an unquoted value with a ${…} inside a flow collection.
var unquoted = regexp.MustCompile(`[\[{,:]\s*([^\s'",\[\]{}]*\$\{[^}'"]*\}?)`)

// syntax returns a problem for an error of the YAML library. It explains common mistakes better than the library does.
func (s *file) syntax(err error) Problem {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return s.problem(s.at(1, 1), 1, "invalid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	message := le.Message
	switch {
	case strings.Contains(message, "no documents in stream"):
		return s.problem(s.at(1, 1), 1, "the file is empty; `semblance init` writes an example")
	case strings.Contains(message, "found multiple"):
		return s.problem(s.at(s.separator(), 1), 3, "a file contains one scenario; move the part after --- to another file")
	}
	line, column := le.Mark.Line, le.Mark.Column
	if line == 0 {
		line, column = 1, 1
	}
	pos := s.at(line, max(column, 1))
	text := s.line(line)
	switch {
	case strings.Contains(message, "exceeded max depth"):
		return s.problem(pos, 1, "more than %d levels of nesting", MaxDepth)
	case strings.Contains(message, "did not find expected ','"):
		if at, width := bareReference(text); at >= 0 {
			return s.problem(s.at(line, utf8.RuneCountInString(text[:at])+1), width, "inside { } and [ ], quote a ${…}: \"%s\"", excerpt(text[at:at+width]))
		}
		return s.problem(pos, 1, "the { or [ on line %d is not closed; add the missing comma, } or ]", max(le.ContextMark.Line, 1))
	case strings.Contains(message, "unknown anchor"), le.ContextMsg == "while scanning an alias":
		return s.problem(pos, 1, "in YAML, * begins an alias; quote a pattern, such as \"*.created\"")
	case strings.Contains(message, "cannot start any token") && strings.Contains(text, "\t"):
		return s.problem(pos, 1, "YAML does not allow tabs for indentation; use spaces")
	case strings.Contains(message, "cannot start any token"):
		return s.problem(pos, 1, "YAML reserves this character; quote the value")
	case strings.Contains(message, "mapping values are not allowed"):
		return s.problem(pos, 1, "unexpected colon; indent the line less, or quote the value")
	case strings.Contains(message, "found unexpected end of stream") && le.ContextMark.Line > 0:
		return s.problem(s.at(le.ContextMark.Line, le.ContextMark.Column), 1, "the quote is not closed")
	case strings.Contains(message, "could not find expected ':'"):
		return s.problem(pos, 1, "expected a key with a colon: `key: value`")
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-' indicator"):
		return s.problem(pos, 1, "inconsistent indentation")
	}
	return s.problem(pos, 1, "invalid YAML: %s", message)
}

// bareReference returns the offset and the length of an unquoted ${…} in a flow collection of the line, or -1.
func bareReference(line string) (at, width int) {
	if m := unquoted.FindStringSubmatchIndex(line); m != nil {
		return m[2], m[3] - m[2]
	}
	return -1, 0
}

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
