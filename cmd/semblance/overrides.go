package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// overrides are what --set, --with and --omit change of an event.
type overrides struct {
	set        []schemas.Identifier
	with, omit []string
}

func (o *overrides) none() bool { return len(o.set)+len(o.with)+len(o.omit) == 0 }

func readOverrides(f *sendFlags) (*overrides, error) {
	o := &overrides{with: listed(f.with), omit: listed(f.omit)}
	for _, text := range f.set {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--set %q: expected NAME=VALUE, such as patientId=507f191e810c19729de860ea", text)
		}
		if slices.ContainsFunc(o.set, func(i schemas.Identifier) bool { return i.Name == name }) {
			return nil, fmt.Errorf("--set gives %s a value twice", name)
		}
		o.set = append(o.set, schemas.Identifier{Name: name, Value: value})
	}
	for _, name := range o.omit {
		if name != fixtures.All && (slices.Contains(o.with, name) || slices.ContainsFunc(o.set, func(i schemas.Identifier) bool { return i.Name == name })) {
			return nil, fmt.Errorf("%s cannot be there and be left out: choose --omit, or --with or --set", name)
		}
	}
	return o, nil
}

// listed returns the words of a list as people write it: 'patientId, doctorId'.
func listed(words []string) []string {
	var list []string
	for _, word := range words {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list
}

// override says what to ask of the clinic for each type. An identifier that only some of the types carry is for those; one
// that none carries is a mistake, or, with --invalid, one that is added on purpose.
func (p *plan) override(o *overrides, invalid bool) error {
	p.asks = make([]fixtures.EventOptions, len(p.types))
	p.extra = make([][]schemas.Identifier, len(p.types))
	if o.none() {
		return nil
	}
	for _, name := range slices.Concat(o.with, o.omit) {
		if name != fixtures.All && !p.carries(name) {
			return p.unknownIdentifier(name, "")
		}
	}
	for _, i := range o.set {
		if !p.carries(i.Name) && !invalid {
			return p.unknownIdentifier(i.Name, "; --invalid sends it all the same")
		}
	}
	for k, t := range p.types {
		carried := func(name string) bool { return name == fixtures.All || t.Allows(name) }
		p.asks[k].With = keep(o.with, carried)
		p.asks[k].Omit = keep(o.omit, carried)
		for _, i := range o.set {
			switch {
			case t.Allows(i.Name):
				if p.asks[k].Set == nil {
					p.asks[k].Set = map[string]string{}
				}
				p.asks[k].Set[i.Name] = i.Value
			case !p.carries(i.Name):
				p.extra[k] = append(p.extra[k], i)
			}
		}
	}
	if invalid {
		return nil
	}
	return p.checkOnce()
}

// carries reports whether any of the types may carry the identifier.
func (p *plan) carries(identifier string) bool {
	return slices.ContainsFunc(p.types, func(t *schemas.EventType) bool { return t.Allows(identifier) })
}

func keep(names []string, ok func(string) bool) []string {
	var kept []string
	for _, name := range names {
		if ok(name) {
			kept = append(kept, name)
		}
	}
	return kept
}

// unknownIdentifier says which identifiers there are. The mend is for those who mean it.
func (p *plan) unknownIdentifier(name, fix string) error {
	problem := "none of these event types has an identifier"
	switch len(p.types) {
	case 0:
		problem = "a raw body has no identifier"
	case 1:
		problem = p.types[0].Name + " has no identifier"
	}
	known := p.identifiers()
	if near := naming.Nearest(name, known); near != "" {
		return fmt.Errorf("%s %q; did you mean %q?", problem, name, near)
	}
	return fmt.Errorf("%s %q; there are %s%s", problem, name, strings.Join(known, ", "), fix)
}

// identifiers returns all that the types carry, each once.
func (p *plan) identifiers() []string {
	var known []string
	for _, t := range p.types {
		for _, key := range t.Keys() {
			if !slices.Contains(known, key) {
				known = append(known, key)
			}
		}
	}
	return known
}

// checkOnce validates the first payload of each type that the flags have changed. Unchanged ones are right by test.
func (p *plan) checkOnce() error {
	for k, t := range p.types {
		system, _ := fixtures.SystemOf(t)
		change, err := p.newClinic(system).Event(t, p.asks[k])
		if err != nil {
			return err
		}
		schema, err := validate.Payload(t)
		if err != nil {
			return err
		}
		id := strings.Repeat("0", 24)
		body := simulator.AppendPayload(nil, id, id, &change)
		if violations := schema.Validate(body); len(violations) > 0 {
			return fmt.Errorf("this %s breaks its schema: %w; --invalid sends it all the same", t.Name, errors.New(violations[0].String()))
		}
	}
	return nil
}
