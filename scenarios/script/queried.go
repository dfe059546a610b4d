package script

import (
	"fmt"
	"time"

	"semblance/schemas"
)

// DefaultQueriedWithin is the default time limit of a queried step.
const DefaultQueriedWithin = 5 * time.Second

// Queried checks the requests to the provider's API: that a record was queried since the last event about it, or that a
// mutation was called.
type Queried struct {
	Common
	Record   *Text  // the id of a record of the cast; nil for a mutation
	About    string // the name of the record
	Mutation string // a root field, such as "createBooking"
	Times    int    // the exact number of requests at the end of Within; -1: at least one within Within
	Within   time.Duration
}

// queriedStep reads `queried: {booking: visit, within: 5s}`. The key of the record is its kind.
func queriedStep(_ *parser, s *Queried) construct {
	s.Within, s.Times = DefaultQueriedWithin, -1
	return construct{keys: []key{{"queried", "The record that the receiver must have read, or the mutation that was called.", true, nested(queriedConstruct(s))}}}
}

func queriedConstruct(s *Queried) construct {
	c := construct{name: "queried", about: "What was asked of the provider's API, which needs `api: true` in the scenario."}
	asked := 0
	for _, kind := range schemas.Kinds() {
		c.keys = append(c.keys, key{kind, "A record of the cast of this kind, which was read since the last event about it.", false,
			value{shape: nameShape, read: func(p *parser, n *node, key string) {
				asked++
				if name, ok := p.name(n, key); ok {
					ref := &Ref{Pos: n.pos, Kind: RefCast, Name: name, Text: name + ".id"}
					s.Record, s.About = &Text{Pos: n.pos, Parts: []Part{{Ref: ref}}}, name
					p.checkKind(n, name, key)
				}
			}}})
	}
	c.keys = append(c.keys, []key{
		{"mutation", "A mutation that an application called since the scenario began, such as createBooking.", false,
			value{shape: nameShape, read: func(p *parser, n *node, key string) {
				asked++
				s.Mutation, _ = p.name(n, key)
			}}},
		{"times", "The exact number of requests, 0 for none; default: at least one.", false, count(&s.Times, 0, MaxTimes)},
		{"within", "The time limit; with times, all of it is waited. Default " + DefaultQueriedWithin.String() + ".", false, duration(&s.Within, 0)},
	}...)
	c.check = func(p *parser, n *node) {
		if asked != 1 {
			p.fail(n, "queried needs one record, such as {booking: visit}, or one mutation")
		}
	}
	return c
}

// checkKind reports a record of the cast that has another kind.
func (p *parser) checkKind(n *node, name, kind string) {
	if m, ok := p.cast[name]; ok && m.kind != "" && m.kind != kind {
		p.fail(n, "%s is a %s, not a %s; write {%s: %s}", name, m.kind, kind, m.kind, name)
	}
}

// describe returns what was asked, for reports.
func (s *Queried) describe() string {
	what := s.Mutation
	if s.Record != nil {
		what = s.About
	}
	if s.Times >= 0 {
		return fmt.Sprintf("queried: %s, %d times", what, s.Times)
	}
	return "queried: " + what
}

// NeedsAPI reports whether a step needs the provider's API.
func NeedsAPI(step Step) bool {
	switch step.(type) {
	case *Queried, *Await, *APIFault:
		return true
	}
	needs := false
	eachText(step, func(t *Text, _ site) {
		for _, ref := range t.Refs() {
			needs = needs || ref.Kind == RefAPI
		}
	})
	return needs
}
