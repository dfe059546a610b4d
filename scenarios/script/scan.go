package script

import (
	"slices"
	"strings"
	"unicode/utf8"

	"semblance/schemas/lazy"

	"semblance/schemas/human"
)

// namePattern matches the names of records, captures, steps and tags.
var namePattern = lazy.Regexp(`^[A-Za-z][A-Za-z0-9_-]*$`)

// MaxRefs is the largest number of ${…} in one text.
const MaxRefs = 1000

// scan reads the ${…} of a scalar.
func (p *parser) scan(n *node) Text {
	t := Text{Pos: n.pos}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.Parts = append(t.Parts, Part{Literal: literal.String()})
			literal.Reset()
		}
	}
	at := p.locate(n)
	for read := 0; ; {
		i := strings.Index(n.text[read:], "${")
		if i < 0 {
			literal.WriteString(n.text[read:])
			break
		}
		start := read + i
		if i > 0 && n.text[start-1] == '$' { // $${ is a literal ${
			literal.WriteString(n.text[read:start-1] + "${")
			read = start + 2
			continue
		}
		literal.WriteString(n.text[read:start])
		length := strings.IndexByte(n.text[start:], '}')
		switch {
		case length < 0:
			p.failAt(at(start), 2, "unclosed ${; add } after the name, or write $${ for a literal ${")
			return t
		case len(t.Parts) > 2*MaxRefs:
			p.failAt(at(start), 2, "a string cannot contain more than %s", human.Count(MaxRefs, "value"))
			return t
		}
		flush()
		t.Parts = append(t.Parts, Part{Ref: p.parseReference(n.text[start+2:start+length], at(start))})
		read = start + length + 1
	}
	flush()
	return t
}

// locate returns a function from byte offsets of a scalar, in ascending order, to positions in the file. For a scalar on
// several lines or with escapes, it returns the position of the scalar.
func (p *parser) locate(n *node) func(offset int) Pos {
	line := p.src.line(n.pos.Line)
	for range n.pos.Column - 1 {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	pos := n.pos
	if n.quoted {
		pos.Column++
		if line != "" && line[0] != '"' && line[0] != '\'' {
			line = ""
		}
		line = line[min(1, len(line)):]
	}
	if !strings.HasPrefix(line, n.text) {
		return func(int) Pos { return n.pos }
	}
	counted := 0
	return func(offset int) Pos {
		pos.Column += utf8.RuneCountInString(n.text[counted:offset])
		counted = offset
		return pos
	}
}

// parseReference parses the text between ${ and }. A reference with an error has no kind.
func (p *parser) parseReference(text string, pos Pos) *Ref {
	ref := &Ref{Pos: pos, Text: text}
	whole := text
	fail := func(format string, arguments ...any) *Ref {
		ref.Kind = ""
		p.failAt(pos, utf8.RuneCountInString(whole)+3, format, arguments...)
		return ref
	}
	name, ok := ref.slice(text)
	if !ok {
		return fail("${%s} has no part [from:to], such as [:63] or [2:]", excerpt(text))
	}
	text = name
	if done, problem := ref.defined(text); problem != "" {
		return fail("%s", problem)
	} else if done {
		if p.load.filled += len(ref.Const); p.load.filled > maxFills {
			ref.Const = ""
			return fail("the scenario fills more than %s", human.Size(maxFills))
		}
		return ref
	}
	words := strings.Split(text, ".")
	switch {
	case words[0] == "env":
		if len(words) != 2 || words[1] == "" || strings.ContainsAny(words[1], " =\x00") {
			return fail("${%s} does not name one environment variable; write ${env.NAME}", excerpt(text))
		}
		ref.Kind, ref.Name = RefEnv, words[1]
	case slices.ContainsFunc(words, func(w string) bool { return !namePattern().MatchString(w) }):
		return fail("${%s} is not a name; write a name such as ${visit.id}, or $${ for a literal ${", excerpt(text))
	case len(words) == 1:
		ref.Kind, ref.Name = RefCapture, text
	case words[len(words)-1] != "id":
		return fail("the only value of a record is its id: write ${%s.id}", excerpt(text))
	default:
		ref.Kind, ref.Name, ref.Path = RefCast, words[0], words[1:len(words)-1]
	}
	return ref
}
