package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// override distributes the identifiers of the options over the types. An identifier that some of the types have applies
// to these. One that no type has is an error, unless the payload may be invalid: then every event gets it.
func (p *Plan) override() error {
	o := &p.options
	p.events = make([]fixtures.EventOptions, len(o.Types))
	if len(o.Set)+len(o.With)+len(o.Omit) == 0 {
		return nil
	}
	if err := p.checkIdentifiers(); err != nil {
		return err
	}
	for k, t := range o.Types {
		unknown := func(name string) bool { return name != fixtures.All && !t.Allows(name) }
		e := fixtures.EventOptions{Set: maps.Clone(o.Set), With: slices.DeleteFunc(slices.Clone(o.With), unknown), Omit: slices.DeleteFunc(slices.Clone(o.Omit), unknown)}
		maps.DeleteFunc(e.Set, func(name, _ string) bool { return !t.Allows(name) })
		p.events[k] = e
	}
	if o.Invalid {
		for _, name := range slices.Sorted(maps.Keys(o.Set)) {
			if !p.has(name) {
				p.extra = append(p.extra, schemas.Identifier{Name: name, Value: o.Set[name]})
			}
		}
		return nil
	}
	return p.checkPayloads()
}

// checkIdentifiers returns an error for identifiers that contradict each other or belong to none of the types.
func (p *Plan) checkIdentifiers() error {
	o := &p.options
	for _, name := range o.Omit {
		if _, set := o.Set[name]; name != fixtures.All && (set || slices.Contains(o.With, name)) {
			return fmt.Errorf("the identifier %s is both included and omitted", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Set)) {
		if !p.has(name) && !o.Invalid {
			return p.unknownIdentifier(name)
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
	message := naming.Unknown("identifier", name, p.identifiers())
	if len(p.options.Types) == 1 {
		message = p.options.Types[0].Name + ": " + message
	}
	return errors.New(message)
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
		event, err := p.newClinic(system).Event(p.now(), t, p.events[k])
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
