package script

import (
	"maps"
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// member is a record of the cast in the scratch clinic. The parser creates it, so that a record that the clinic would
// refuse is an error of the file.
type member struct {
	kind   string           // "" after an error
	record *fixtures.Record // nil after an error
}

// substitute is a record of an outer cast that replaces one of the played scenario's.
type substitute struct {
	name   string // in the outer cast
	member member
}

// cast is the records of a scenario.
func cast(into *[]Cast) value {
	return value{shape: castShape, read: func(p *parser, n *node, key string) {
		var records []Cast
		p.pairs(n, key, func(k, v *node) {
			if name, ok := p.newName(k, "a record"); ok {
				c := Cast{Pos: k.pos, Name: name}
				p.castRecord(v, &c)
				records = append(records, c)
			}
		})
		*into = p.sortCast(records)
		p.createCast(*into)
	}}
}

// castRecord reads one record. After an error it has no kind, which prevents further errors about it.
func (p *parser) castRecord(n *node, c *Cast) {
	if n.kind != object || n.get("kind") == nil {
		p.fail(n, "a record of the cast needs a kind, such as {kind: patient}; got %s", n.describe())
		return
	}
	kind, ok := p.word(n.get("kind"), "kind")
	if !ok {
		return
	}
	if known := schemas.Kinds(); !slices.Contains(known, kind) {
		p.fail(n.get("kind"), "unknown kind %s%s", human.Quoted(kind), hint(kind, known))
		return
	}
	c.Kind = kind
	known := append([]string{"kind"}, relationRoles(kind)...)
	p.checkKeys(n, article(kind), known)
	for _, role := range known[1:] {
		if v := n.get(role); v != nil {
			if name, ok := p.word(v, "the "+role); ok {
				c.Relations = append(c.Relations, Relation{Pos: v.pos, Role: role, Name: name})
			}
		}
	}
}

// sortCast checks the relations of the records and puts each record after its relations.
func (p *parser) sortCast(records []Cast) []Cast {
	byName, names := map[string]*Cast{}, castNames(records)
	for i := range records {
		byName[records[i].Name] = &records[i]
	}
	var sorted []Cast
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(c *Cast)
	visit = func(c *Cast) {
		state[c.Name] = visiting
		c.Relations = slices.DeleteFunc(c.Relations, func(r Relation) bool {
			other := byName[r.Name]
			fail := func(format string, arguments ...any) bool {
				p.failAt(r.Pos, len(r.Name), format, arguments...)
				return true
			}
			switch {
			case other == nil:
				return fail("%s", p.notInCast(r.Name, names))
			case r.Name == c.Name:
				return fail("%s cannot be its own %s", c.Name, r.Role)
			case state[r.Name] == visiting:
				return fail("%s and %s cannot refer to each other", c.Name, r.Name)
			case state[r.Name] != done:
				visit(other)
			}
			want := relationKind(c.Kind, r.Role)
			if other.Kind != want && other.Kind != "" {
				return fail("the %s of %s must be %s, but %s is %s", r.Role, article(c.Kind), article(want), r.Name, article(other.Kind))
			}
			return false
		})
		state[c.Name] = done
		sorted = append(sorted, *c)
	}
	for i := range records {
		if state[records[i].Name] != done {
			visit(&records[i])
		}
	}
	return sorted
}

// createCast creates the records in the scratch clinic, except those that the outer cast replaces.
func (p *parser) createCast(records []Cast) {
	for i := range records {
		c := &records[i]
		if outer, ok := p.substitutes[c.Name]; ok && outer.member.kind == c.Kind {
			c.Outer = outer.name
			p.cast[c.Name] = outer.member
			continue
		}
		relations := map[string]*fixtures.Record{}
		complete := c.Kind != ""
		for _, r := range c.Relations {
			relations[r.Role] = p.cast[r.Name].record
			complete = complete && relations[r.Role] != nil
		}
		m := member{kind: c.Kind}
		if complete {
			record, err := p.load.clinic.Place(p.path+c.Name).Add(fixtures.FirstDay(), c.Kind, relations)
			if err != nil {
				p.failAt(c.Pos, len(c.Name), "%s: %s", c.Name, p.withNames(err))
			}
			m.record = record
		}
		p.cast[c.Name] = m
	}
}

// withNames returns an error of the clinic with the names of the records in place of their ids.
func (p *parser) withNames(err error) string {
	message := err.Error()
	if p.load.full() {
		return message
	}
	for name, m := range p.cast {
		if m.record != nil {
			message = strings.ReplaceAll(message, m.record.ID(), name)
		}
	}
	return message
}

// unknownRecord reports that the cast has no record of a name.
func (p *parser) unknownRecord(name string) string {
	return p.notInCast(name, slices.Collect(maps.Keys(p.cast)))
}

func castNames(records []Cast) []string {
	return naming.List(records, func(c Cast) string { return c.Name })
}

// notInCast is unknownRecord for a cast with other names.
func (p *parser) notInCast(name string, known []string) string {
	if p.load.full() { // the message is not listed, and the nearest name takes time to find
		return ""
	}
	slices.Sort(known)
	hint := naming.Hint(name, known)
	if len(known) == 0 {
		hint = "; add it: cast: {" + excerpt(name) + ": {kind: …}}"
	}
	return human.Quoted(name) + " is not in the cast" + hint
}

func relationRoles(kind string) []string {
	return naming.List(fixtures.Relations(kind), func(r fixtures.Relation) string { return r.Role })
}

func relationKind(kind, role string) string {
	for _, r := range fixtures.Relations(kind) {
		if r.Role == role {
			return r.Kind
		}
	}
	return ""
}

// article puts the indefinite article before a kind of record.
func article(kind string) string {
	if strings.IndexAny(kind, "aeio") == 0 {
		return "an " + kind
	}
	return "a " + kind
}
