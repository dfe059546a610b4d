package script

import (
	"slices"
	"strings"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator/fault"
)

// MaxCopies bounds `again: {copies: …}`.
const MaxCopies = 1000

// deliveringKeys are the keys of the steps that send events. expect is read last: what it inherits depends on the fault.
func deliveringKeys[T any](of func(*T) *Delivering) []key[T] {
	return []key[T]{
		{"again", "Sends it more than once.", ref("again"), false, func(p *parser, n *node, s *T) {
			again := &Again{Copies: 1, As: AsReplay}
			againTable().read(p, n, again)
			of(s).Again = again
		}},
		{"deliver", "once, or with-retries: the provider's ladder, its waits compressed a thousand times; the last attempt is judged.", words(deliverWords()), false,
			func(p *parser, n *node, s *T) { of(s).Deliver = p.deliver(n) }},
		{"fault", "Spoils what is sent. The step states what it expects.", ref("fault"), false, func(p *parser, n *node, s *T) { of(s).Fault = p.fault(n) }},
		{"capture", "Values of the answer, by RFC 6901 pointer, for later steps.", captureShape(), false, func(p *parser, n *node, s *T) { of(s).Captures = p.captures(n) }},
		{"expect", "What the answer must be, over what the file says.", ref("expect"), false, func(p *parser, n *node, s *T) {
			inherited := p.expect
			if of(s).Fault != nil {
				inherited = inherited.faulty()
			}
			of(s).Expect = p.expectation(n, inherited)
		}},
	}
}

// delivering checks what the keys of a step that sends say together, and gives it what the file says for all.
func (p *parser) delivering(n *node, d *Delivering) {
	if d.Deliver == "" {
		d.Deliver = p.given
	}
	if n.get("expect") == nil {
		d.Expect = p.expect
	}
	if n.get("fault") != nil && n.get("expect") == nil {
		p.fail(n.key("fault"), "a step with a fault states what it expects, such as expect: {status: 4xx} or expect: {answer: none}")
	}
	if d.Again != nil && d.Deliver == DeliverWithRetries {
		p.fail(n.key("again"), "again and deliver: with-retries do not go together: the ladder decides what is sent again")
	}
}

// key returns the node of a key itself, or the object.
func (n *node) key(name string) *node {
	for _, k := range n.keys {
		if k.text == name {
			return k
		}
	}
	return n
}

func againTable() *table[Again] {
	as := []string{string(AsReplay), string(AsRetry)}
	return &table[Again]{what: "again", about: "Sends an event more than once.", keys: []key[Again]{
		{"copies", "How many, besides the first; 1 unless told otherwise.", count(1, MaxCopies), false, func(p *parser, n *node, a *Again) {
			a.Copies, _ = p.count(n, "copies", 1, MaxCopies)
		}},
		{"as", "replay: the same bytes and headers; retry: a new eventId, signed anew.", words(as), false, func(p *parser, n *node, a *Again) {
			word, _ := p.oneOf(n, "as", as)
			a.As = As(word)
		}},
		{"together", "Sends them all at once.", truth(), false, func(p *parser, n *node, a *Again) { a.Together = p.truth(n, "together") }},
	}}
}

func deliverWords() []string { return []string{string(DeliverOnce), string(DeliverWithRetries)} }

func (p *parser) deliver(n *node) Deliver {
	word, _ := p.oneOf(n, "deliver", deliverWords())
	return Deliver(word)
}

// fault reads {signature: stale} or {signature: {name: stale, age: 400s}}.
func (p *parser) fault(n *node) *fault.Fault {
	if n.kind != object || len(n.keys) != 1 {
		p.fail(n, "a fault is one family and one name, such as {signature: tampered} or {transport: {name: slow-body}}; got %s", n.describe())
		return nil
	}
	family, value := n.keys[0].text, n.items[0]
	attributes := map[string]string{}
	called, at := value.text, value
	if value.kind == object {
		called = ""
		p.pairs(value, "a fault", func(k, v *node) {
			if v.kind != scalar {
				p.fail(v, "the attribute %s of a fault is a text or a number; got %s", shorten(k.text), v.describe())
			} else if strings.Contains(v.text, "${") {
				p.fail(v, "a fault cannot hold ${…}")
			} else if k.text == "name" {
				called, at = v.text, v
			} else {
				attributes[k.text] = v.text
			}
		})
	}
	if called == "" {
		p.fail(value, "a fault has a name, such as {signature: {name: stale, age: 400s}}; got %s", value.describe())
		return nil
	}
	f, err := fault.New(family, called, attributes)
	if err != nil {
		p.fail(at, "%s", err)
		return nil
	}
	return f
}

func sendTable() *table[Send] {
	keys := []key[Send]{
		{"send", "The event type.", eventTypes(), true, func(p *parser, n *node, s *Send) { s.Type = p.eventType(n) }},
		{"about", "The record of the cast that it concerns, or one for each role; without it the clinic makes a fitting one.", aboutShape(), false, func(p *parser, n *node, s *Send) { s.About = p.about(n) }},
		{"identifiers", "Identifiers to override; they are texts.", mapOf(text()), false, func(p *parser, n *node, s *Send) {
			p.pairs(n, "identifiers", func(k, v *node) {
				if value, ok := p.text(v, "the identifier "+k.text); ok {
					s.Identifiers = append(s.Identifiers, Named{Pos: k.pos, Name: k.text, Value: value})
				}
			})
		}},
		{"omit", "Identifiers to leave out, or all: every one that is optional.", anyOf(text(), listOf(text())), false, func(p *parser, n *node, s *Send) {
			for _, item := range p.items(n, "omit", true) {
				if word, ok := p.word(item, "an identifier"); ok {
					s.Omit, s.omitted = append(s.Omit, word), append(s.omitted, item.pos)
				}
			}
		}},
		{"invalid", "on-purpose: the payload may break its schema.", words([]string{"on-purpose"}), false, func(p *parser, n *node, s *Send) {
			_, s.Invalid = p.oneOf(n, "invalid", []string{"on-purpose"})
		}},
	}
	keys = append(keys, deliveringKeys(func(s *Send) *Delivering { return &s.Delivering })...)
	return &table[Send]{what: "a send step", keys: append(keys, commonKeys(func(s *Send) *Common { return &s.Common })...),
		then: func(p *parser, n *node, s *Send) { p.delivering(n, &s.Delivering) }}
}

func doTable() *table[Do] {
	keys := []key[Do]{
		{"do", "The action.", words(actionNames()), true, func(p *parser, n *node, s *Do) { s.Action = p.action(n) }},
		{"about", "The record of the cast that it concerns, or one for each role.", aboutShape(), false, func(p *parser, n *node, s *Do) { s.About = p.about(n) }},
	}
	keys = append(keys, deliveringKeys(func(s *Do) *Delivering { return &s.Delivering })...)
	return &table[Do]{what: "a do step", keys: append(keys, commonKeys(func(s *Do) *Common { return &s.Common })...),
		then: func(p *parser, n *node, s *Do) { p.delivering(n, &s.Delivering) }}
}

func (p *parser) action(n *node) string {
	known := actionNames()
	text, ok := p.word(n, "an action")
	switch near := naming.Nearest(text, known); {
	case !ok || slices.Contains(known, text):
		return text
	case near != "":
		p.fail(n, "the clinic has no action %q; did you mean %q?", shorten(text), near)
	default:
		p.fail(n, "the clinic has no action %q; it has %d, such as %s", shorten(text), len(known), listed(known[:min(6, len(known))]))
	}
	return ""
}

// MaxEvents bounds the events of one traffic step.
const MaxEvents = 1_000_000_000

// MaxInFlight bounds how many events of a traffic may wait for their answer at once.
const MaxInFlight = 1000

// volumeTable is the map under the key traffic.
func volumeTable() *table[Traffic] {
	return &table[Traffic]{what: "traffic", about: "The clinic goes about its day, with records of its own.", keys: []key[Traffic]{
		{"events", "How many.", count(1, MaxEvents), true, func(p *parser, n *node, s *Traffic) { s.Events, _ = p.count(n, "events", 1, MaxEvents) }},
		{"rate", "How many a time; without it as fast as answers come.", rate(), false, func(p *parser, n *node, s *Traffic) { s.Rate = p.rate(n, "rate") }},
		{"in-flight", "How many may wait for their answer at once; 16 unless told otherwise.", count(1, MaxInFlight), false, func(p *parser, n *node, s *Traffic) {
			s.InFlight, _ = p.count(n, "in-flight", 1, MaxInFlight)
		}},
		{"types", "Names and patterns of event types; all that the clinic's day gives unless told otherwise.", anyOf(text(), listOf(text())), false, func(p *parser, n *node, s *Traffic) { s.Types = p.types(n) }},
	}}
}

func (p *parser) types(n *node) []*schemas.EventType {
	var patterns []string
	for _, item := range p.items(n, "types", true) {
		pattern, ok := p.word(item, "a pattern of event types")
		if !ok {
			continue
		}
		if _, err := schemas.Match(pattern); err != nil {
			p.fail(item, "%s", err)
			continue
		}
		if strings.Trim(pattern, "*") == "" { // all that the day gives
			return nil
		}
		patterns = append(patterns, pattern)
	}
	types, err := schemas.MatchAny(patterns)
	if err != nil {
		p.fail(n, "%s", err)
	}
	if n.kind == list && len(n.items) == 0 {
		p.fail(n, "an empty list of types leaves nothing to send")
	}
	return types
}

func trafficTable() *table[Traffic] {
	keys := []key[Traffic]{
		{"traffic", "The clinic goes about its day, with records of its own.", ref("traffic"), true, func(p *parser, n *node, s *Traffic) {
			s.InFlight = DefaultInFlight
			volumeTable().read(p, n, s)
		}},
	}
	for _, k := range deliveringKeys(func(s *Traffic) *Delivering { return &s.Delivering }) {
		if k.name == "expect" || k.name == "fault" || k.name == "deliver" {
			keys = append(keys, k)
		}
	}
	return &table[Traffic]{what: "a traffic step", keys: append(keys, commonKeys(func(s *Traffic) *Common { return &s.Common })...),
		then: func(p *parser, n *node, s *Traffic) { p.delivering(n, &s.Delivering) }}
}
