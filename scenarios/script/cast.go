package script

import (
	"strings"

	"semblance/fixtures"
)

// person is a record of the cast as the checks know it: made in a clinic that is thrown away, so that what the clinic
// itself would refuse is refused when the file is read.
type person struct {
	kind   string           // "" where it was wrong, which has been said
	record *fixtures.Record // nil where the clinic refused to make it
}

// record makes the cast in the clinic of the checks. In a scenario that another plays, some are the other's.
func (p *parser) record(s *Scenario) {
	p.people = map[string]person{}
	for i := range s.Cast {
		c := &s.Cast[i]
		if outer, ok := p.guests[c.Name]; ok && outer.person.kind == c.Kind {
			c.Outer = outer.name
			p.people[c.Name] = outer.person
			continue
		}
		relations := map[string]*fixtures.Record{}
		complete := true
		for _, r := range c.Relations {
			relations[r.Role] = p.people[r.Name].record
			complete = complete && relations[r.Role] != nil
		}
		one := person{kind: c.Kind}
		if complete && c.Kind != "" {
			record, err := p.load.clinic.At(p.path+c.Name).Add(c.Kind, relations)
			if err != nil {
				p.failAt(c.Pos, len(c.Name), "%s: %s", c.Name, p.inNames(err))
			}
			one.record = record
		}
		p.people[c.Name] = one
	}
}

// inNames says an error of the clinic with the names of the cast for the ids of its records.
func (p *parser) inNames(err error) string {
	message := err.Error()
	if p.load.full() {
		return message
	}
	for name, one := range p.people {
		if one.record != nil {
			message = strings.ReplaceAll(message, one.record.ID(), name)
		}
	}
	return message
}

// guest is a record of the outer cast that stands for one of an inner scenario's.
type guest struct {
	name   string
	person person
}

// guests finds the records that a play step gives to the scenario that it plays.
func (p *parser) guestsOf(list []with) map[string]guest {
	guests := map[string]guest{}
	for _, w := range list {
		one, ok := p.people[w.outer]
		if !ok {
			p.fail(w.value, "%s", p.notCast(w.outer))
			continue
		}
		guests[w.inner] = guest{name: w.outer, person: one}
	}
	return guests
}

// met checks that the scenario that was read has the records that guests stand for.
func (p *parser) met(inner *Scenario, list []with) {
	for _, w := range list {
		one, known := p.people[w.outer]
		if !known {
			continue
		}
		found := false
		for _, c := range inner.Cast {
			if c.Name == w.inner {
				found = true
				if c.Kind != one.kind && c.Kind != "" && one.kind != "" {
					p.fail(w.value, "%s is %s there, and %s is %s", w.inner, an(c.Kind), w.outer, an(one.kind))
				}
			}
		}
		if !found {
			p.fail(w.key, "in the scenario that is played, %s", notCast(w.inner, inner.Cast))
		}
	}
}

// notCast says that no record of the cast has a name, and which is near.
func (p *parser) notCast(name string) string {
	if p.load.full() { // nobody reads it, and the nearest name takes time to find
		return ""
	}
	var cast []Cast
	for called := range p.people {
		cast = append(cast, Cast{Name: called})
	}
	return notCast(name, cast)
}
