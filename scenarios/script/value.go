package script

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
)

// Text is a string with references to values, written ${…}.
type Text struct {
	Pos
	Parts []Part
}

// Part is a part of a [Text]: a literal or a reference.
type Part struct {
	Literal string
	Ref     *Ref // nil for a literal
}

// RefKind is the source of a value.
type RefKind string

// The kinds of references.
const (
	RefCast    RefKind = "cast"    // ${visit.id}, ${visit.patient.id}: Name is the record, Path the roles
	RefCapture RefKind = "capture" // ${job}: Name
	RefRequest RefKind = "request" // ${request.eventId} of the last event; in an expect, of the judged attempt
	RefEnv     RefKind = "env"     // ${env.NAME}: Name
	RefTarget  RefKind = "target"  // ${target.url}, ${target.origin}, ${target.slash}: Name
	RefAPI     RefKind = "api"     // ${api.url}, ${api.token} of the provider's API: Name
	RefRun     RefKind = "run"     // ${run.id}, ${run.seed}, ${run.round}: Name
	RefSign    RefKind = "sign"    // ${sign.t}, ${sign.v1} in a request: Name
	RefOver    RefKind = "over"    // ${t}, ${body} in the signed content of a request: Name
	RefEach    RefKind = "each"    // ${v} in a step with each: Name
	RefNow     RefKind = "now"     // ${now}, ${now-1h}: the Unix time of the request plus Offset
	RefStale   RefKind = "stale"   // ${stale}: the Unix time of a signature that is too old
	RefNew     RefKind = "new"     // ${new.id}, ${new.secret}, ${new.hex64}, another one at each use: Name
	RefConst   RefKind = "const"   // ${bytes.e9e9}, ${fill.100KiB}: Const
	RefSecret  RefKind = "secret"  // ${secret}, ${secret.bare}, ${secret.hex}, ${secret.base64}, ${secret.decoded}: Name, "" for the secret itself
	RefRight   RefKind = "right"   // ${right.v1}: the signature that a request should have had
)

// Ref is one ${…}.
type Ref struct {
	Pos
	Kind RefKind
	Name string
	Path []string // for RefCast: the roles from the record to a related one
	Text string   // the text between the braces

	Offset time.Duration // for RefNow
	Const  string        // for RefConst
	Slice  *Slice        // the part of the text that is used; nil: all
}

// Slice is a part of a text, in bytes. A part beyond the end is empty.
type Slice struct {
	From int
	To   int // -1: the end
}

// of returns the part of a text.
func (s *Slice) of(text string) string {
	to := len(text)
	if s.To >= 0 {
		to = min(to, s.To)
	}
	return text[min(s.From, to):to]
}

// resolve returns the value of the reference.
func (r *Ref) resolve(values Values) (any, error) {
	if r.Kind == RefConst {
		return r.part(r.Const), nil
	}
	value, err := values.Value(r)
	if err != nil {
		return nil, fmt.Errorf("${%s}: %w", r.Text, err)
	}
	return r.part(value), nil
}

// part returns the slice of a value.
func (r *Ref) part(value any) any {
	if r.Slice == nil {
		return value
	}
	text, ok := value.(string)
	if !ok {
		text = scenarios.EncodeJSON(value)
	}
	return r.Slice.of(text)
}

// Values resolves references during a play. A value is nil, a bool, a string, a json.Number, a []any or a map[string]any.
type Values interface {
	Value(ref *Ref) (any, error)
}

// Literal returns the text and true if it has no references.
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

// usesEnv reports whether the text has a value from the environment.
func (t *Text) usesEnv() bool {
	return slices.ContainsFunc(t.Parts, func(p Part) bool { return p.Ref != nil && p.Ref.Kind == RefEnv })
}

// Resolve returns the text with its values. Values other than strings are encoded as JSON.
func (t Text) Resolve(values Values) (string, error) {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Ref == nil {
			b.WriteString(p.Literal)
			continue
		}
		value, err := p.Ref.resolve(values)
		if err != nil {
			return "", err
		}
		if s, ok := value.(string); ok {
			b.WriteString(s)
		} else {
			b.WriteString(scenarios.EncodeJSON(value))
		}
	}
	return b.String(), nil
}

// JSON returns the resolved text as a JSON value. A text that is exactly one ${…} keeps the type of the value.
func (t Text) JSON(values Values) (any, error) {
	if len(t.Parts) == 1 && t.Parts[0].Ref != nil {
		return t.Parts[0].Ref.resolve(values)
	}
	return t.Resolve(values)
}

// String returns the text with its references unresolved, for descriptions.
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

// Value is JSON whose strings may contain references.
type Value struct {
	Pos
	Text   *Text   // a string
	Fields []Field // an object, in the order of the file
	Items  []Value // a list
	Plain  any     // a json.Number, a bool or nil; an empty map or list
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

// eachText calls each for every text of the value.
func (v *Value) eachText(each func(*Text)) {
	if v.Text != nil {
		each(v.Text)
	}
	for i := range v.Fields {
		v.Fields[i].Value.eachText(each)
	}
	for i := range v.Items {
		v.Items[i].eachText(each)
	}
}

// ReadsBody reports whether the expectation judges the body, which is then read whole.
func (e *Expect) ReadsBody() bool { return e.Body != nil || len(e.Equals) > 0 }

// Resolve returns the expectation with its values, for [scenarios.Judge]. Messages have the values of shown instead.
func (e *Expect) Resolve(values, shown Values) (scenarios.Expect, error) {
	out := scenarios.Expect{Response: e.Response, Status: e.Status, Within: e.Within, NoBody: e.NoBody}
	if e.Body != nil {
		out.Body = e.Body
	}
	for _, h := range e.Headers {
		pattern, err := h.Value.Resolve(values)
		if err != nil {
			return out, err
		}
		p := scenarios.HeaderPattern{Name: h.Name, Pattern: pattern}
		if h.Value.usesEnv() {
			if p.Shown, err = h.Value.Resolve(shown); err != nil {
				return out, err
			}
		}
		out.Headers = append(out.Headers, p)
	}
	for i := range e.Equals {
		value, err := e.Equals[i].Value.Resolve(values)
		if err != nil {
			return out, err
		}
		equal := scenarios.Equal{Pointer: e.Equals[i].Pointer, Value: value}
		env := false
		e.Equals[i].Value.eachText(func(t *Text) { env = env || t.usesEnv() })
		if env {
			if equal.Shown, err = e.Equals[i].Value.Resolve(shown); err != nil {
				return out, err
			}
		}
		out.Equals = append(out.Equals, equal)
	}
	return out, nil
}
