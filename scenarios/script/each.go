package script

import (
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/human"
)

// Each is a name for which a step is played once with every value.
type Each struct {
	Pos
	Name   string
	Values []Value              // literal values; nil for those of the catalogue
	From   Catalogue            // "": Values
	types  []*schemas.EventType // the types of EachSubscribed
}

// Catalogue is a list of values that the catalogue of event types holds.
type Catalogue string

// The lists of the catalogue.
const (
	EachSubscribed Catalogue = "subscribed" // the event types of the subscription, in each of their forms
	EachOptional   Catalogue = "optional"   // the optional identifiers of the event type of the step
)

// Binding is one round of a step with `each`: a value for every name.
type Binding struct {
	Type        *schemas.EventType // of the event, if the binding decides it; otherwise nil
	Alternative string             // of the identifiers of Type of which an event has exactly one; "" leaves the choice to the clinic
	names       []string
	values      []Value
}

// Value returns the value of a name.
func (b *Binding) Value(name string) (*Value, bool) {
	if b == nil {
		return nil, false
	}
	i := slices.Index(b.names, name)
	if i < 0 {
		return nil, false
	}
	return &b.values[i], true
}

// String returns the values for people, such as "type patient.created, omit phone".
func (b *Binding) String() string {
	if b == nil {
		return ""
	}
	words := make([]string, len(b.names))
	for i := range words {
		words[i] = b.names[i] + " " + b.values[i].describe()
	}
	return strings.Join(words, ", ")
}

// describe returns the value as a file would contain it.
func (v *Value) describe() string {
	if v.Text != nil {
		if text := v.Text.String(); text != "" {
			return human.Excerpt(text, maxExcerpt)
		}
		return `""`
	}
	plain, err := v.Resolve(nil)
	if err != nil {
		return "…"
	}
	return human.Excerpt(scenarios.EncodeJSON(plain), maxExcerpt)
}

// with returns the binding with one more value.
func (b Binding) with(name string, v Value) Binding {
	b.names, b.values = append(slices.Clone(b.names), name), append(slices.Clone(b.values), v)
	return b
}

func textValue(text string) Value {
	return Value{Text: &Text{Parts: []Part{{Literal: text}}}}
}

// Bindings returns the rounds of a step: every combination of the values of `each`, or one binding without values. subscribed
// are the event types of the subscription; nil stands for all.
func Bindings(step Step, subscribed []*schemas.EventType) []*Binding {
	bindings := []Binding{{}}
	if send, ok := step.(*Send); ok && send.Type != nil {
		bindings[0].Type = send.Type
	}
	for i := range step.common().Each {
		e := &step.common().Each[i]
		var next []Binding
		for _, b := range bindings {
			next = append(next, e.expand(b, subscribed)...)
		}
		bindings = next
	}
	out := make([]*Binding, len(bindings))
	for i := range bindings {
		bindings[i].decide(step)
		out[i] = &bindings[i]
	}
	return slices.Repeat(out, max(1, step.common().Samples))
}

// expand returns a binding with each value of the name.
func (e *Each) expand(b Binding, subscribed []*schemas.EventType) []Binding {
	var all []Binding
	switch e.From {
	case EachSubscribed:
		for _, t := range e.types {
			if subscribed != nil && !slices.Contains(subscribed, t) {
				continue
			}
			next := b.with(e.Name, textValue(t.Name))
			next.Type = t
			for _, alternative := range alternatives(t) {
				next.Alternative = alternative
				all = append(all, next)
			}
		}
	case EachOptional:
		if b.Type == nil {
			return nil
		}
		for _, name := range b.Type.Optional {
			all = append(all, b.with(e.Name, textValue(name)))
		}
		for _, c := range b.Type.OptionalWith {
			if b.Alternative == "" || b.Alternative == c.With {
				next := b
				next.Alternative = c.With
				for _, name := range c.Optional {
					all = append(all, next.with(e.Name, textValue(name)))
				}
			}
		}
	default:
		for _, v := range e.Values {
			all = append(all, b.with(e.Name, v))
		}
	}
	return all
}

// alternatives returns the identifiers of which an event of the type has exactly one, or "" if there are none.
func alternatives(t *schemas.EventType) []string {
	if len(t.OneOf) == 0 {
		return []string{""}
	}
	return t.OneOf
}

// decide sets the event type that the literal values decide.
func (b *Binding) decide(step Step) {
	send, ok := step.(*Send)
	if !ok || b.Type != nil || send.TypeText == nil {
		return
	}
	if v, ok := b.Value(send.typeName()); ok && v.Text != nil {
		if name, literal := v.Text.Literal(); literal {
			b.Type, _ = schemas.Lookup(name) // an unknown name was reported when the file was read
		}
	}
}

// typeName returns the name in send: "${name}", or "".
func (s *Send) typeName() string {
	if s.TypeText == nil || len(s.TypeText.Parts) != 1 || s.TypeText.Parts[0].Ref == nil {
		return ""
	}
	return s.TypeText.Parts[0].Ref.Name
}

// eachKey is the key `each`: a map of names to lists of values, or to lists of the catalogue.
func eachKey(c *Common) key {
	return key{"each", "Play the step once for each value, which is then ${name}; with two names, for all pairs.", false, value{
		shape: func() shape {
			return mapOf(anyOf(enum([]string{string(EachSubscribed), string(EachOptional)}), listOf(shape{}),
				shape{"type": "object", "properties": map[string]any{"subscribed": anyOf(textShape(), listOf(textShape())), "except": anyOf(textShape(), listOf(textShape()))}, "additionalProperties": false}))
		},
		read: func(p *parser, n *node, key string) {
			p.pairs(n, key, func(k, v *node) {
				name, ok := p.newName(k, "a value")
				if !ok {
					return
				}
				e := Each{Pos: k.pos, Name: name}
				p.eachValues(v, &e)
				c.Each = append(c.Each, e)
			})
			if n.kind == object && len(n.keys) == 0 {
				p.fail(n, "%s has no values; add a name with a list", key)
			}
		}}}
}

// compareKey is the key `compare-times`: `each` with many rounds, whose times are compared.
func compareKey(c *Common) key {
	return key{"compare-times", "Whether responses to the last value take longer than those to the first: each, and the number of samples.", false, value{
		shape: func() shape { return ref("compare-times") },
		read: func(p *parser, n *node, _ string) {
			compare := compareConstruct(c)
			compare.read(p, n)
		}}}
}

func compareConstruct(c *Common) construct {
	each := eachKey(c)
	each.required = true
	return construct{name: "compare-times", about: "A comparison of the times of responses.", keys: []key{each,
		{"samples", "The number of requests for each value.", true, count(&c.Samples, 2, MaxRounds/2)}}}
}

func (p *parser) eachValues(n *node, e *Each) {
	switch {
	case n.kind == list && len(n.items) > 0:
		for _, item := range n.items {
			e.Values = append(e.Values, p.value(item))
		}
	case n.kind == object:
		e.From = EachSubscribed
		p.checkKeys(n, "each", []string{"subscribed", "except"})
		var only, except []*schemas.EventType
		if types := n.get("subscribed"); types != nil {
			v := eventTypes(&only)
			v.read(p, types, "subscribed")
		}
		if types := n.get("except"); types != nil {
			v := eventTypes(&except)
			v.read(p, types, "except")
		}
		for _, t := range schemas.All() {
			if (only == nil || slices.Contains(only, t)) && !slices.Contains(except, t) {
				e.types = append(e.types, t)
			}
		}
	case n.kind == scalar && n.text == string(EachSubscribed):
		e.From, e.types = EachSubscribed, schemas.All()
	case n.kind == scalar && n.text == string(EachOptional):
		e.From = EachOptional
	default:
		p.fail(n, "%s must have a list of values, subscribed (event types) or optional (identifiers); got %s", e.Name, n.describe())
	}
}

// MaxRounds is the largest number of rounds of a step with each.
const MaxRounds = 10_000

// checkEach checks the combination of the values of a step.
func (c *checker) checkEach(step Step) {
	each := step.common().Each
	if len(each) == 0 {
		return
	}
	rounds := 1
	for i := range each {
		e := &each[i]
		if _, record := c.cast[e.Name]; record {
			c.failAt(e.Pos, len(e.Name), "%q is a record of the cast; give the value another name", e.Name)
		}
		switch e.From {
		case EachOptional:
			rounds *= 8
			send, isSend := step.(*Send)
			if !isSend || send.Type == nil && !slices.ContainsFunc(each[:i], func(e Each) bool { return e.From == EachSubscribed }) {
				c.failAt(e.Pos, len(e.Name), "optional needs the event type of a send, or type: subscribed before it")
			}
		case EachSubscribed:
			rounds *= len(e.types)
		default:
			rounds *= len(e.Values)
		}
	}
	if s := step.common(); s.Samples > 0 {
		rounds *= s.Samples
		switch d := DeliveringOf(step); {
		case d.Again != nil || d.Deliver != DeliverOnce:
			c.failAt(s.Pos, 1, "compare-times sends each event once: remove again and deliver")
		case len(each) > 1 || len(each[0].Values) < 2:
			c.failAt(each[0].Pos, len(each[0].Name), "compare-times compares two values or more of one name")
		case slices.ContainsFunc(s.Levels, func(l Level) bool { return l.Level != scenarios.May }):
			c.failAt(s.Pos, 1, "times can differ by chance: a step with compare-times has may, and neither must nor should")
		}
	}
	if rounds > MaxRounds {
		c.failAt(each[0].Pos, len(each[0].Name), "the values of each give more than %s", human.Count(MaxRounds, "round"))
	}
	if send, ok := step.(*Send); ok && send.TypeText != nil {
		c.eachType(send)
	}
}

// eachType checks that the event type of a send is one of the values of each.
func (c *checker) eachType(s *Send) {
	name := s.typeName()
	i := slices.IndexFunc(s.Each, func(e Each) bool { return e.Name == name })
	if i < 0 {
		c.failAt(s.TypeText.Pos, 1, "the event type must be a name, or exactly one value of each")
		return
	}
	for _, v := range s.Each[i].Values {
		if v.Text == nil {
			c.failAt(v.Pos, 1, "the event type must be a string")
		} else if text, literal := v.Text.Literal(); literal {
			if _, err := schemas.Lookup(text); err != nil {
				c.failAt(v.Pos, len(text), "%s", err)
			}
		} else {
			c.failAt(v.Pos, 1, "an event type in each cannot contain ${…}")
		}
	}
}
