package script

import (
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// Level is the requirement of a step at one level, before its references are resolved. See [scenarios.Requirement].
type Level struct {
	Pos
	Level  scenarios.Level
	Any    []Expect
	One    []Expect
	Others []Expect
	Not    []Expect
	Effect scenarios.Effect
	Shows  Expect // its Equals: values in the response of the probe
	Each   time.Duration
	Median time.Duration

	// Of a responses step.
	Lack   []Text
	AtMost int
	Alike  bool
}

// Resolve returns the requirement with its values. Messages have the values of shown instead.
func (l *Level) Resolve(values, shown Values) (scenarios.Requirement, error) {
	out := scenarios.Requirement{Level: l.Level, Effect: l.Effect, Each: l.Each, Median: l.Median, AtMost: int64(l.AtMost), Alike: l.Alike}
	if err := l.resolveLack(values, &out); err != nil {
		return out, err
	}
	shows, err := l.Shows.Resolve(values, shown)
	if err != nil {
		return out, err
	}
	out.Shows = shows.Equals
	for _, part := range []struct {
		from []Expect
		to   *[]scenarios.Expect
	}{{l.Any, &out.Any}, {l.One, &out.One}, {l.Others, &out.Others}, {l.Not, &out.Not}} {
		for i := range part.from {
			e, err := part.from[i].Resolve(values, shown)
			if err != nil {
				return out, err
			}
			*part.to = append(*part.to, e)
		}
	}
	return out, nil
}

// expects returns the expectations of the level.
func (l *Level) expects() []*Expect {
	var all []*Expect
	for _, list := range [][]Expect{l.Any, l.One, l.Others, l.Not} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// ReadsBodies reports whether a level of the step judges the body of a response.
func ReadsBodies(step Step) bool {
	for _, l := range step.common().Levels {
		if slices.ContainsFunc(l.expects(), (*Expect).ReadsBody) {
			return true
		}
	}
	return false
}

// levelKeys returns the keys must, should and may, and effect.
func levelKeys(c *Common) []key {
	return []key{
		{"must", "The required result, in place of expect: a word, a status, a list of which one is enough, or a map.", false, level(c, scenarios.Must)},
		{"should", "The result that the responses should have; a failure is a warning.", false, level(c, scenarios.Should)},
		{"may", "The result that the responses may have; a failure is a remark.", false, level(c, scenarios.May)},
		{"effect", "How often the event takes effect. A probe counts; without one this is ignored.", false, effect(&c.Effect)},
	}
}

func effect(into *scenarios.Effect) value {
	return oneOf(into, scenarios.EffectOnce, scenarios.EffectNone, scenarios.EffectPresent)
}

func level(c *Common, l scenarios.Level) value {
	return value{
		shape: func() shape { return ref("requirement") },
		read: func(p *parser, n *node, _ string) {
			parsed := Level{Pos: n.pos, Level: l}
			if n.kind == object {
				construct := levelConstruct(&parsed)
				construct.name = string(l)
				construct.read(p, n)
			} else {
				parsed.Any = p.wants(n, string(l))
			}
			c.Levels = append(c.Levels, parsed)
		}}
}

func levelConstruct(l *Level) construct {
	var e Expect
	c := construct{name: "level", about: "The result that the responses of a step must, should or may have.", keys: []key{
		{"one", "What at least one of the copies gets.", false, wants(&l.One)},
		{"others", "What each of the other copies gets.", false, wants(&l.Others)},
		{"not", "What no response is.", false, wants(&l.Not)},
		{"effect", "How often the event takes effect, at this level.", false, effect(&l.Effect)},
		{"shows", "Values in the response of the probe about the event's record, by RFC 6901 pointer; ignored without a probe.", false, equals(&l.Shows.Equals)},
		{"each", "The longest time of a response.", false, duration(&l.Each, time.Millisecond)},
		{"median", "The largest median of the times of the responses.", false, duration(&l.Median, time.Millisecond)},
	}}
	own := slices.Clone(c.keys)
	for _, k := range expectKeys(&e) {
		k.value.read = func(*parser, *node, string) {} // check reads them together
		c.keys = append(c.keys, k)
	}
	c.check = func(p *parser, n *node) {
		for _, k := range c.keys[len(own):] {
			if n.get(k.name) != nil {
				l.Any = []Expect{p.expectation(withoutKeys(n, own), Expect{Within: p.expect.Within})}
				break
			}
		}
		switch {
		case len(n.keys) == 0:
			p.fail(n, "%s requires nothing; write a word such as accepted", l.Level)
		case (len(l.One) > 0) != (len(l.Others) > 0):
			p.fail(n, "one and others belong together")
		case len(l.One) > 0 && len(l.Any) > 0:
			p.fail(n, "one and others replace the other expectations")
		}
	}
	return c
}

// withoutKeys returns a map without some keys.
func withoutKeys(n *node, keys []key) *node {
	rest := *n
	rest.keys, rest.items = nil, nil
	for i, k := range n.keys {
		if !slices.ContainsFunc(keys, func(known key) bool { return known.name == k.text }) {
			rest.keys, rest.items = append(rest.keys, k), append(rest.items, n.items[i])
		}
	}
	return &rest
}

// wants is a word, a status, an expectation, or a list of these of which one is enough.
func wants(into *[]Expect) value {
	return value{shape: func() shape { return ref("wants") }, read: func(p *parser, n *node, key string) { *into = p.wants(n, key) }}
}

// wantsShape is the definition of the results of which one is enough.
func wantsShape() shape {
	one := anyOf(statusShape(), enum([]string{string(scenarios.Closed)}), ref("expect"))
	return anyOf(one, listOf(one))
}

// wants reads expectations of which one must be met. Words and statuses become one expectation.
func (p *parser) wants(n *node, key string) []Expect {
	items := n.all()
	if len(items) == 0 {
		p.fail(n, "%s is an empty list; write a word such as accepted", key)
	}
	statuses := Expect{Pos: n.pos, Within: p.expect.Within}
	var all []Expect
	for _, item := range items {
		switch {
		case item.kind == object:
			all = append(all, p.expectation(item, Expect{Within: p.expect.Within}))
		case item.kind != scalar || item.isNull():
			p.fail(item, "%s must be a word such as accepted, a status or a map; got %s", key, item.describe())
		case item.text == string(scenarios.Closed):
			all = append(all, Expect{Pos: item.pos, Response: scenarios.ResponseClosed, Within: p.expect.Within})
		default:
			r, err := scenarios.ParseStatus(item.text)
			if err != nil {
				p.fail(item, "%s%s", err, naming.Hint(item.text, append(statusWords(), string(scenarios.Closed))))
				continue
			}
			statuses.Status = append(statuses.Status, r)
		}
	}
	if len(statuses.Status) > 0 {
		all = append([]Expect{statuses}, all...)
	}
	return all
}

// statusWords returns the words that are sets of statuses.
func statusWords() []string {
	return wordsOf(scenarios.StatusWords())
}

// checkExpectation checks that a step states its expectation once.
func (p *parser) checkExpectation(n *node, c *Common) {
	if n.get("expect") != nil && len(c.Levels) > 0 {
		p.fail(n.key("expect"), "expect and %s cannot be combined", c.Levels[0].Level)
	}
	for i := range c.Levels {
		l := &c.Levels[i]
		switch {
		case l.Median > 0:
			p.failAt(l.Pos, 1, "median needs several requests: it belongs to a repeat")
		case l.Each > 0 && c.Kind == "traffic":
			p.failAt(l.Pos, 1, "each belongs to single events and to a repeat; write within: %s", l.Each)
		case len(l.One) > 0 && n.get("again") == nil:
			p.failAt(l.Pos, 1, "one and others need copies: add again")
		}
	}
}

// maxTimedRounds is the largest number of rounds of a repeat whose times are judged together.
const maxTimedRounds = 100_000

// checkRepeat checks the requirements of a repeat, which concern the times of all its responses.
func (p *parser) checkRepeat(s *Repeat) {
	if len(s.Levels) > 0 && s.Times > maxTimedRounds {
		p.failAt(s.Levels[0].Pos, 1, "times are judged together for at most %s", human.Count(maxTimedRounds, "round"))
	}
	for _, l := range s.Levels {
		if len(l.expects()) > 0 || len(l.Shows.Equals) > 0 || l.Effect != "" || s.Effect != "" {
			p.failAt(l.Pos, 1, "a repeat takes each and median; its steps take the rest")
		}
	}
}
