package script

import "semblance/scenarios"

// DefaultSeed is the random seed of a scenario without a seed, if the run does not draw a fresh one.
const DefaultSeed = 1

// scenario reads the root of a file.
func (p *parser) scenario(root *node) *Scenario {
	s := &Scenario{Pos: root.pos, Seed: DefaultSeed}
	defaults := scenarios.Default()
	p.expect = Expect{Status: defaults.Status, Within: defaults.Within}
	p.deliver = DeliverOnce
	c := scenarioConstruct(p, s)
	c.read(p, root)
	if s.Check != nil {
		p.checkLevels(s.Steps)
	}
	return s
}

func scenarioConstruct(p *parser, s *Scenario) construct {
	var schema string
	var head Head
	c := construct{name: "a scenario", about: "A scenario, played against a receiver.", keys: []key{
		{"$schema", "The JSON Schema of the language, for editors.", false, prose(&schema, false)},
		{"name", "The name of the scenario in reports.", true, prose(&s.Name, false)},
		{"description", "The situation and its lesson.", false, prose(&s.Description, true)},
		{"seed", "The random seed; default fresh in each run.", false, seed(&s.Seed)},
		{"cast", "Records of the clinic, by their names in this scenario. They exist from the start, but no event about them has been sent.", false, cast(&s.Cast)},
		{"expect", "The expectation of every event; the keys of a step override it.", false, expect(&p.expect, func() Expect { return p.expect })},
		{"deliver", "How every event is delivered; the deliver of a step overrides it.", false, oneOf(&p.deliver, DeliverOnce, DeliverWithRetries)},
		{"api", "Serve the provider's API over the records of the scenario while it is played; ${api.url} and ${api.token} name it.", false, boolean(&s.API)},
		{"steps", "The steps, in order.", true, steps(&s.Steps, p.path)},
	}}
	c.keys = append(headKeys(&head), c.keys...)
	c.check = func(p *parser, n *node) {
		s.HasSeed = n.get("seed") != nil
		p.checkHead(n, s, &head)
	}
	return c
}
