package script

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"semblance/scenarios"
)

// Text is a text that may hold values written ${…}.
type Text struct {
	Pos
	Parts []Part
}

// Part is a piece of a [Text]: what stands there, or a reference to a value.
type Part struct {
	Literal string
	Ref     *Ref // nil for a literal
}

// RefKind is where a value comes from.
type RefKind string

// The kinds of references.
const (
	RefCast    RefKind = "cast"    // ${visit.id}, ${visit.patient.id}: Name is the record, Path the roles
	RefCapture RefKind = "capture" // ${job}: Name
	RefSent    RefKind = "sent"    // ${sent.eventId}, of the last send; in an expect, of the attempt that it judges
	RefEnv     RefKind = "env"     // ${env.NAME}: Name
	RefTarget  RefKind = "target"  // ${target.url}, ${target.origin}: Name
	RefRun     RefKind = "run"     // ${run.id}, ${run.seed}, ${run.round}: Name
	RefSign    RefKind = "sign"    // ${sign.t}, ${sign.v1} in a request: Name
	RefOver    RefKind = "over"    // ${t}, ${body} in what a request signs over: Name
)

// Ref is one ${…}.
type Ref struct {
	Pos
	Kind RefKind
	Name string
	Path []string // the roles from the record on, for RefCast
	Text string   // what is written between the braces
}

// Values knows the values that references name while a story is played. A value is nil, a bool, a string, a json.Number,
// a []any or a map[string]any.
type Values interface {
	Value(ref *Ref) (any, error)
}

// Literal returns the text and true where it holds no reference.
func (t Text) Literal() (string, bool) {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Ref != nil {
			return "", false
		}
		b.WriteString(p.Literal)
	}
	return b.String(), true
}

// Refs returns the references of the text.
func (t Text) Refs() []*Ref {
	var refs []*Ref
	for _, p := range t.Parts {
		if p.Ref != nil {
			refs = append(refs, p.Ref)
		}
	}
	return refs
}

// Resolve returns the text with its values. What is no text is written as JSON.
func (t Text) Resolve(values Values) (string, error) {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Ref == nil {
			b.WriteString(p.Literal)
			continue
		}
		value, err := values.Value(p.Ref)
		if err != nil {
			return "", fmt.Errorf("${%s}: %w", p.Ref.Text, err)
		}
		if s, ok := value.(string); ok {
			b.WriteString(s)
		} else {
			b.WriteString(scenarios.EncodeJSON(value))
		}
	}
	return b.String(), nil
}

// JSON returns the text as a value: one that is exactly one ${…} keeps the JSON type of what it names.
func (t Text) JSON(values Values) (any, error) {
	if len(t.Parts) == 1 && t.Parts[0].Ref != nil {
		value, err := values.Value(t.Parts[0].Ref)
		if err != nil {
			return nil, fmt.Errorf("${%s}: %w", t.Parts[0].Ref.Text, err)
		}
		return value, nil
	}
	return t.Resolve(values)
}

// String returns the text as it is written, for descriptions.
func (t Text) String() string {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Ref != nil {
			b.WriteString("${" + p.Ref.Text + "}")
		} else {
			b.WriteString(strings.ReplaceAll(p.Literal, "${", "$${"))
		}
	}
	return b.String()
}

// Value is JSON whose texts may hold values written ${…}.
type Value struct {
	Pos
	Text   *Text   // a text
	Fields []Field // an object, in the file's order
	Items  []Value // a list
	Plain  any     // a json.Number, a bool, nil; an empty map or list
}

// Field is a member of an object.
type Field struct {
	Key   string
	Value Value
}

// Resolve returns the JSON with its values.
func (v *Value) Resolve(values Values) (any, error) {
	switch {
	case v.Text != nil:
		return v.Text.JSON(values)
	case v.Fields != nil:
		object := make(map[string]any, len(v.Fields))
		for i := range v.Fields {
			value, err := v.Fields[i].Value.Resolve(values)
			if err != nil {
				return nil, err
			}
			object[v.Fields[i].Key] = value
		}
		return object, nil
	case v.Items != nil:
		items := make([]any, len(v.Items))
		for i := range v.Items {
			value, err := v.Items[i].Resolve(values)
			if err != nil {
				return nil, err
			}
			items[i] = value
		}
		return items, nil
	}
	return v.Plain, nil
}

// texts calls each for every text of the value.
func (v *Value) texts(each func(*Text)) {
	if v.Text != nil {
		each(v.Text)
	}
	for i := range v.Fields {
		v.Fields[i].Value.texts(each)
	}
	for i := range v.Items {
		v.Items[i].texts(each)
	}
}

// Resolve returns the expectation with its values, for [scenarios.Judge].
func (e *Expect) Resolve(values Values) (scenarios.Expect, error) {
	out := scenarios.Expect{Answer: e.Answer, Status: e.Status, Within: e.Within, NoBody: e.NoBody}
	if e.Body != nil {
		out.Body = e.Body
	}
	for _, h := range e.Headers {
		pattern, err := h.Value.Resolve(values)
		if err != nil {
			return out, err
		}
		out.Headers = append(out.Headers, scenarios.HeaderPattern{Name: h.Name, Pattern: pattern})
	}
	for i := range e.Equals {
		value, err := e.Equals[i].Value.Resolve(values)
		if err != nil {
			return out, err
		}
		out.Equals = append(out.Equals, scenarios.Equal{Pointer: e.Equals[i].Pointer, Value: value})
	}
	return out, nil
}

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
	case "sent":
		return fixed(RefSent, "eventId")
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
		p.failAt(pos, width, "${env.NAME} takes the name of one variable, found ${%s}", shorten(text))
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
