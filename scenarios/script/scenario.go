package script

import (
	"slices"
	"strconv"
	"strings"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/naming"
)

// DefaultSeed decides what is drawn where neither the file nor a flag says so.
const DefaultSeed = 1

func scenarioTable() *table[Scenario] {
	return &table[Scenario]{what: "a scenario", about: "One scenario, played against a receiver.", keys: []key[Scenario]{
		{"$schema", "The schema of the language, for editors.", text(), false, func(p *parser, n *node, s *Scenario) { p.word(n, "$schema") }},
		{"name", "What the scenario is called in reports.", text(), true, func(p *parser, n *node, s *Scenario) { s.Name = p.prose(n, "the name") }},
		{"description", "What the scenario teaches.", text(), false, func(p *parser, n *node, s *Scenario) { s.Description = p.prose(n, "the description") }},
		{"seed", "Decides everything that is drawn; 1 unless told otherwise.", shape{"type": "integer"}, false, func(p *parser, n *node, s *Scenario) { p.seed(n, s) }},
		{"cast", "Records of the clinic, by the names that this scenario gives them. They exist from the start and have sent nothing.", mapOf(castShape()), false, func(p *parser, n *node, s *Scenario) { p.cast(n, s) }},
		{"expect", "What every send expects unless it says otherwise.", ref("expect"), false, func(p *parser, n *node, _ *Scenario) { p.expect = p.expectation(n, p.expect) }},
		{"deliver", "How every send is delivered unless it says otherwise.", words(deliverWords()), false, func(p *parser, n *node, _ *Scenario) { p.given = p.deliver(n) }},
		{"steps", "What happens, in order.", ref("steps"), true, func(p *parser, n *node, s *Scenario) { s.Steps = p.steps(n, p.path) }},
	}}
}

func castShape() shape {
	roles := map[string]any{"kind": words(schemas.Kinds())}
	for _, kind := range schemas.Kinds() {
		for _, r := range fixtures.Relations(kind) {
			roles[r.Role] = called()
		}
	}
	return shape{"type": "object", "required": []string{"kind"}, "properties": roles, "additionalProperties": false}
}

// prose reads a text for people, in which a ${…} is what it is.
func (p *parser) prose(n *node, what string) string {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "%s is a text; got %s", what, n.describe())
		return ""
	}
	return n.text
}

// scenario reads the root of a file.
func (p *parser) scenario(root *node) *Scenario {
	s := &Scenario{Pos: root.pos, Seed: DefaultSeed}
	p.expect = defaultExpect()
	p.given = DeliverOnce
	p.load.root.read(p, root, s)
	return s
}

func defaultExpect() Expect {
	d := scenarios.Default()
	return Expect{Status: d.Status, Within: d.Within}
}

func (p *parser) seed(n *node, s *Scenario) {
	if n.kind == scalar && !n.quoted {
		if seed, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			s.Seed = seed
			return
		}
	}
	p.fail(n, "a seed is a whole number; got %s", n.describe())
}

// reserved are the words that ${…} gives a meaning of their own.
func reserved() []string { return []string{"request", "env", "target", "run", "sign"} }

func (p *parser) cast(n *node, s *Scenario) {
	p.pairs(n, "the cast", func(k, v *node) {
		called, ok := p.called(k, "a record")
		if !ok {
			return
		}
		if slices.Contains(reserved(), called) {
			p.fail(k, "a record cannot be called %s: ${%s.…} means something else", called, called)
			return
		}
		c := Cast{Pos: k.pos, Name: called}
		p.member(v, &c)
		s.Cast = append(s.Cast, c)
	})
	p.related(s)
}

// member reads one record of the cast. One whose kind is wrong is in the cast all the same, without a kind, so that nothing
// else is said of it.
func (p *parser) member(n *node, c *Cast) {
	if n.kind != object || n.get("kind") == nil {
		p.fail(n, "a record of the cast says its kind: {kind: patient}; got %s", n.describe())
		return
	}
	kind, ok := p.oneOfKinds(n.get("kind"))
	if !ok {
		return
	}
	c.Kind = kind
	relations := fixtures.Relations(kind)
	known := []string{"kind"}
	for _, r := range relations {
		known = append(known, r.Role)
	}
	p.keys(n, "a "+kind, known)
	for _, r := range relations {
		if v := n.get(r.Role); v != nil {
			if other, ok := p.word(v, "the "+r.Role); ok {
				c.Relations = append(c.Relations, Relation{Pos: v.pos, Role: r.Role, Name: other})
			}
		}
	}
}

func (p *parser) oneOfKinds(n *node) (string, bool) {
	kinds := schemas.Kinds()
	text, ok := p.word(n, "a kind")
	if !ok || slices.Contains(kinds, text) {
		return text, ok
	}
	if near := naming.Nearest(text, kinds); near != "" {
		p.fail(n, "unknown kind of record %q; did you mean %q?", shorten(text), near)
	} else {
		p.fail(n, "unknown kind of record %q; there is %s", shorten(text), listed(kinds))
	}
	return "", false
}

// related checks the relations of the cast and puts each record after those that it is related to.
func (p *parser) related(s *Scenario) {
	byName := map[string]*Cast{}
	for i := range s.Cast {
		byName[s.Cast[i].Name] = &s.Cast[i]
	}
	var sorted []Cast
	state := map[string]int{} // 1 while its relations are placed, 2 when it is
	var place func(c *Cast)
	place = func(c *Cast) {
		state[c.Name] = 1
		kept := c.Relations[:0:0]
		for _, r := range c.Relations {
			other := byName[r.Name]
			switch {
			case other == nil:
				if !p.load.full() { // the nearest name takes time to find
					p.failAt(r.Pos, len(r.Name), "%s", notCast(r.Name, s.Cast))
				}
				continue
			case r.Name == c.Name:
				p.failAt(r.Pos, len(r.Name), "%s cannot be its own %s", c.Name, r.Role)
				continue
			case state[r.Name] == 1:
				p.failAt(r.Pos, len(r.Name), "%s and %s cannot each be made before the other", c.Name, r.Name)
				continue
			case state[r.Name] == 0:
				place(other)
			}
			if want := relationKind(c.Kind, r.Role); other.Kind != want && other.Kind != "" {
				p.failAt(r.Pos, len(r.Name), "the %s of %s is %s, and %s is %s", r.Role, an(c.Kind), an(want), r.Name, an(other.Kind))
				continue
			}
			kept = append(kept, r)
		}
		c.Relations = kept
		state[c.Name] = 2
		sorted = append(sorted, *c)
	}
	for i := range s.Cast {
		if state[s.Cast[i].Name] == 0 {
			place(&s.Cast[i])
		}
	}
	s.Cast = sorted
	p.record(s)
}

func relationKind(kind, role string) string {
	for _, r := range fixtures.Relations(kind) {
		if r.Role == role {
			return r.Kind
		}
	}
	return ""
}

// notCast says that no record has a name, and which is near.
func notCast(called string, cast []Cast) string {
	names := make([]string, len(cast))
	for i, c := range cast {
		names[i] = c.Name
	}
	if near := naming.Nearest(called, names); near != "" {
		return `"` + shorten(called) + `" is not in the cast; did you mean "` + near + `"?`
	}
	if len(names) == 0 {
		return `"` + shorten(called) + `" is not in the cast, which is empty; add it: cast: {` + strings.TrimSpace(shorten(called)) + `: {kind: …}}`
	}
	if len(names) > 12 { // nobody reads them all
		return `"` + shorten(called) + `" is not in the cast of ` + strconv.Itoa(len(names))
	}
	slices.Sort(names)
	return `"` + shorten(called) + `" is not in the cast, which has ` + listed(names)
}
