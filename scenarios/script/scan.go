package script

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// name is what a record, a capture or a step may be called.
var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// MaxRefs bounds the ${…} of one text.
const MaxRefs = 1000

// scan reads the ${…} of a scalar. The place of each is that of its characters where the scalar stands on one line as it
// is; otherwise that of the scalar.
func (p *parser) scan(n *node) Text {
	t := Text{Pos: n.pos}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.Parts = append(t.Parts, Part{Literal: literal.String()})
			literal.Reset()
		}
	}
	asWritten := p.asWritten(n)
	pos, counted := n.pos, 0 // pos is the place of the byte counted
	if asWritten && n.quoted {
		pos.Column++
	}
	at := func(offset int) Pos {
		if asWritten {
			pos.Column += utf8.RuneCountInString(n.text[counted:offset])
			counted = offset
		}
		return pos
	}
	for read := 0; ; {
		i := strings.Index(n.text[read:], "${")
		if i < 0 {
			literal.WriteString(n.text[read:])
			break
		}
		start := read + i
		if i > 0 && n.text[start-1] == '$' { // $${ stands for ${
			literal.WriteString(n.text[read:start-1] + "${")
			read = start + 2
			continue
		}
		literal.WriteString(n.text[read:start])
		length := strings.IndexByte(n.text[start:], '}')
		switch {
		case length < 0:
			p.failAt(at(start), 2, "this ${ is not closed; write } after the name, or $${ for a literal ${")
			return t
		case len(t.Parts) > 2*MaxRefs:
			p.failAt(at(start), 2, "a text has more than %d values", MaxRefs)
			return t
		}
		flush()
		t.Parts = append(t.Parts, Part{Ref: p.reference(n.text[start+2:start+length], at(start))})
		read = start + length + 1
	}
	flush()
	return t
}

// asWritten reports whether a scalar stands in the file on one line and without escapes, so that its characters can be
// counted there.
func (p *parser) asWritten(n *node) bool {
	line := p.src.line(n.pos.Line)
	for range n.pos.Column - 1 {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	if n.quoted {
		if line == "" || line[0] != '"' && line[0] != '\'' {
			return false
		}
		line = line[1:]
	}
	return strings.HasPrefix(line, n.text)
}

// reference reads what stands between ${ and }. One that is wrong has no kind.
func (p *parser) reference(text string, pos Pos) *Ref {
	ref := &Ref{Pos: pos, Text: text}
	words := strings.Split(text, ".")
	width := utf8.RuneCountInString(text) + 3
	fixed := func(kind RefKind, known ...string) *Ref {
		if len(words) == 2 {
			for _, k := range known {
				if words[1] == k {
					ref.Kind, ref.Name = kind, k
					return ref
				}
			}
		}
		for i := range known {
			known[i] = "${" + words[0] + "." + known[i] + "}"
		}
		p.failAt(pos, width, "there is no ${%s}; there is %s", shorten(text), listed(known))
		return ref
	}
	switch words[0] {
	case "request":
		return fixed(RefRequest, "eventId")
	case "target":
		return fixed(RefTarget, "url", "origin")
	case "run":
		return fixed(RefRun, "id", "seed", "round")
	case "sign":
		return fixed(RefSign, "t", "v1")
	case "env":
		if len(words) == 2 && words[1] != "" && !strings.ContainsAny(words[1], " =\x00") {
			ref.Kind, ref.Name = RefEnv, words[1]
			return ref
		}
		p.failAt(pos, width, "${env.NAME} takes the name of one variable, got ${%s}", shorten(text))
		return ref
	}
	for _, w := range words {
		if !name.MatchString(w) {
			p.failAt(pos, width, "${%s} is no value: only names stand between ${ and }, such as ${visit.id}; write $${ for a literal ${", shorten(text))
			return ref
		}
	}
	ref.Name = words[0]
	if len(words) == 1 {
		ref.Kind = RefCapture
		return ref
	}
	if words[len(words)-1] != "id" {
		p.failAt(pos, width, "a record has no value but its id: write ${%s.id}", shorten(strings.TrimSuffix(text, ".")))
		return ref
	}
	ref.Kind, ref.Path = RefCast, words[1:len(words)-1]
	return ref
}
