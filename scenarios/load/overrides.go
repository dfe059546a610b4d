package load

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

// changes are the identifiers of one event type that the options change.
type changes struct {
	options fixtures.EventOptions
	extra   []schemas.Identifier // not part of the type
}

// override distributes the identifiers of the options over the types. An identifier that some of the types have applies
// to these. One that no type has is an error, unless the payload may be invalid: then every event gets it.
func (p *Plan) override() error {
	o := &p.options
	p.changes = make([]changes, len(o.Types))
	if len(o.Set)+len(o.With)+len(o.Omit) == 0 {
		return nil
	}
	if err := p.checkIdentifiers(); err != nil {
		return err
	}
	for k, t := range o.Types {
		unknown := func(name string) bool { return name != fixtures.All && !t.Allows(name) }
		c := &p.changes[k]
		c.options.With = slices.DeleteFunc(slices.Clone(o.With), unknown)
		c.options.Omit = slices.DeleteFunc(slices.Clone(o.Omit), unknown)
		for _, i := range o.Set {
			switch {
			case t.Allows(i.Name):
				if c.options.Set == nil {
					c.options.Set = map[string]string{}
				}
				c.options.Set[i.Name] = i.Value
			case !p.has(i.Name):
				c.extra = append(c.extra, i)
			}
		}
	}
	if o.Invalid {
		return nil
	}
	return p.checkPayloads()
}

// checkIdentifiers returns an error for identifiers that contradict each other or belong to none of the types.
func (p *Plan) checkIdentifiers() error {
	o := &p.options
	set := map[string]bool{}
	for _, i := range o.Set {
		if set[i.Name] {
			return fmt.Errorf("two values for the identifier %s", i.Name)
		}
		set[i.Name] = true
		if !p.has(i.Name) && !o.Invalid {
			return p.unknownIdentifier(i.Name)
		}
	}
	for _, name := range o.Omit {
		if name != fixtures.All && (set[name] || slices.Contains(o.With, name)) {
			return fmt.Errorf("the identifier %s is both included and omitted", name)
		}
	}
	for _, name := range slices.Concat(o.With, o.Omit) {
		if name != fixtures.All && !p.has(name) {
			return p.unknownIdentifier(name)
		}
	}
	return nil
}

// has reports whether one of the types may have the identifier.
func (p *Plan) has(identifier string) bool {
	return slices.ContainsFunc(p.options.Types, func(t *schemas.EventType) bool { return t.Allows(identifier) })
}

func (p *Plan) unknownIdentifier(name string) error {
	switch len(p.options.Types) {
	case 0:
		return fmt.Errorf("unknown identifier %q: a raw body has no identifiers", name)
	case 1:
		return fmt.Errorf("%s: %s", p.options.Types[0].Name, naming.Unknown("identifier", name, p.identifiers()))
	}
	return errors.New(naming.Unknown("identifier", name, p.identifiers()))
}

// identifiers returns the identifiers of all types, each once.
func (p *Plan) identifiers() []string {
	var known []string
	for _, t := range p.options.Types {
		for _, key := range t.Keys() {
			if !slices.Contains(known, key) {
				known = append(known, key)
			}
		}
	}
	return known
}

// checkPayloads validates the first payload of each type.
func (p *Plan) checkPayloads() error {
	for k, t := range p.options.Types {
		system, _ := fixtures.SystemOf(t)
		event, err := p.newClinic(system).Event(p.now(), t, p.changes[k].options)
		if err != nil {
			return err
		}
		id := strings.Repeat("0", 24)
		if err := validate.CheckPayload(t, simulator.AppendPayload(nil, id, id, &event)); err != nil {
			return fmt.Errorf("%w; use --invalid to send it", err)
		}
	}
	return nil
}
