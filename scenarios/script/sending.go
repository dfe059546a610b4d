package script

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/fault"
)

// deliveringKeys returns the keys of the steps that send events. expect is last, because a fault changes its defaults.
func deliveringKeys(p *parser, c *Common, d *Delivering) []key {
	d.Deliver, d.Expect = p.deliver, p.expect
	return append(append([]key{
		{"again", "Sends copies of each event.", false, optional(&d.Again, Again{Copies: 1, As: AsReplay}, againConstruct)},
		{"deliver", "once, or with-retries: the provider's retry policy with waits divided by 1000; the last attempt is judged.", false,
			oneOf(&d.Deliver, DeliverOnce, DeliverWithRetries)},
		{"fault", "Injects a fault. The step must have an expect.", false, value{
			shape: func() shape { return ref("fault") }, read: func(p *parser, n *node, _ string) { d.Fault = p.fault(n) }}},
	}, append(layerKeys(&d.Layers), []key{
		{"capture", "Values of the response, by RFC 6901 pointer, for later steps.", false, captures(&d.Captures)},
		{"expect", "The expected response; it overrides the expect of the file.", false, expect(&d.Expect, func() Expect {
			if d.Fault != nil {
				return Expect{Within: p.expect.Within}
			}
			return p.expect
		})},
	}...)...), levelKeys(c)...)
}

// checkDelivering checks the combination of keys of a step that sends events.
func (p *parser) checkDelivering(n *node, c *Common, d *Delivering) {
	p.checkExpectation(n, c)
	p.checkLayers(n, d, n.get("expect") != nil || len(c.Levels) > 0)
	if n.get("fault") != nil && n.get("expect") == nil && len(c.Levels) == 0 {
		p.fail(n.key("fault"), "a step with a fault needs an expectation, such as expect: {status: 4xx} or expect: {response: none}")
	}
	if d.Again != nil && d.Deliver == DeliverWithRetries {
		p.fail(n.key("again"), "again and deliver: with-retries cannot be combined")
	}
}

func againConstruct(a *Again) construct {
	return construct{name: "again", about: "Sends copies of an event.", keys: []key{
		{"copies", "The number of copies, in addition to the first event; default 1.", false, count(&a.Copies, 1, MaxCopies)},
		{"as", "replay: the same bytes and headers; resigned: the same eventId with a new time and signature; retry: a new eventId and a new signature.", false,
			oneOf(&a.As, AsReplay, AsResigned, AsRetry)},
		{"after", "Wait before each copy.", false, duration(&a.After, time.Millisecond)},
		{"together", "Send all at once.", false, boolean(&a.Together)},
	}, check: func(p *parser, n *node) {
		if a.Together && a.After > 0 {
			p.fail(n.key("after"), "after and together cannot be combined")
		}
	}}
}

// fault reads a fault: {signature: stale} or {signature: {name: stale, age: 400s}}.
func (p *parser) fault(n *node) *fault.Fault {
	if n.kind != object || len(n.keys) != 1 {
		got := n.describe()
		if n.kind == object {
			got = human.Count(len(n.keys), "family")
		}
		p.fail(n, "a fault must be a map of one family to one name, such as {signature: tampered} or {transport: {name: slow-body}}; got %s", got)
		return nil
	}
	family, value := n.keys[0].text, n.items[0]
	name, at := value.text, value
	attributes := map[string]string{}
	if value.kind == object {
		p.pairs(value, "a fault", func(k, v *node) {
			switch {
			case v.kind != scalar:
				p.fail(v, "the attribute %s of a fault must be a string or a number; got %s", excerpt(k.text), v.describe())
			case strings.Contains(v.text, "${"):
				p.fail(v, "a fault cannot contain ${…}")
			case k.text == "name":
				name, at = v.text, v
			default:
				attributes[k.text] = v.text
			}
		})
	}
	if name == "" {
		p.fail(value, "a fault needs a name, such as {signature: {name: stale, age: 400s}}; got %s", value.describe())
		return nil
	}
	f, err := fault.New(family, name, attributes)
	if err != nil {
		p.fail(at, "%s", err)
		return nil
	}
	return f
}

func sendStep(p *parser, s *Send) construct {
	return construct{check: func(p *parser, n *node) { p.checkDelivering(n, &s.Common, &s.Delivering) }, keys: append([]key{
		{"send", "The event type, or a value of each.", true, sendType(s)},
		eachKey(&s.Common), compareKey(&s.Common),
		{"about", "The record of the cast that the event concerns, or a map of roles to records; default: a new record.", false, about(&s.About)},
		{"identifiers", "Identifiers that replace those of the records.", false, named(&s.Identifiers, "the identifier")},
		{"omit", "Identifiers to omit, or all: every optional one.", false,
			oneOrMore(textShape, func(p *parser, n *node, _ string) {
				if n.kind == scalar && strings.Contains(n.text, "${") {
					s.OmitTexts = append(s.OmitTexts, p.scan(n))
				} else if name, ok := p.word(n, "an identifier"); ok {
					s.Omit, s.omitAt = append(s.Omit, name), append(s.omitAt, n.pos)
				}
			})},
		{"invalid", "on-purpose: the payload may violate its schema.", false,
			value{shape: func() shape { return enum([]string{"on-purpose"}) }, read: func(p *parser, n *node, key string) {
				_, s.Invalid = p.oneOf(n, key, []string{"on-purpose"})
			}}},
		{"hook", "fail, or a time such as 15s: make the receiver's work on the event fail or wait once. The step is skipped without semblance check --hook.", false, hook(s)},
	}, deliveringKeys(p, &s.Common, &s.Delivering)...)}
}

// hook is fail, or a time that the receiver's work takes once.
func hook(s *Send) value {
	return value{shape: func() shape { return anyOf(enum([]string{"fail"}), durationShape()) }, read: func(p *parser, n *node, key string) {
		s.Needs = NeedHook
		if n.kind == scalar && n.text == "fail" {
			s.Hook.Fail = true
			return
		}
		s.Hook.Delay = p.duration(n, key, time.Millisecond)
	}}
}

// sendType is the event type of a send.
func sendType(s *Send) value {
	v := eventType(&s.Type)
	return value{shape: func() shape { return anyOf(eventTypeShape(), shape{"type": "string", "pattern": `^\$\{[^}]+\}$`}) }, read: func(p *parser, n *node, key string) {
		if n.kind == scalar && strings.HasPrefix(n.text, "${") {
			t := p.scan(n)
			s.TypeText = &t
			return
		}
		v.read(p, n, key)
	}}
}

// eventType is the exact name of an event type.
func eventType(into **schemas.EventType) value {
	return value{shape: eventTypeShape, read: func(p *parser, n *node, key string) {
		name, ok := p.word(n, key)
		if !ok {
			return
		}
		t, err := schemas.Lookup(name)
		switch {
		case strings.Contains(name, "*"):
			p.fail(n, "%s needs one event type; use the pattern %s in the types of a traffic step", key, human.Quoted(name))
		case err != nil:
			p.fail(n, "%s", err)
		default:
			*into = t
		}
	}}
}

func doStep(p *parser, s *Do) construct {
	return construct{check: func(p *parser, n *node) { p.checkDelivering(n, &s.Common, &s.Delivering) }, keys: append([]key{
		{"do", "The action.", true, action(&s.Action)},
		eachKey(&s.Common),
		{"about", "The record of the cast that the action concerns, or a map of roles to records.", false, about(&s.About)},
	}, deliveringKeys(p, &s.Common, &s.Delivering)...)}
}

// action is the name of an action of the clinic.
func action(into *string) value {
	return value{shape: func() shape { return enum(actionNames()) }, read: func(p *parser, n *node, key string) {
		name, ok := p.word(n, key)
		known := actionNames()
		switch near := naming.Hint(name, known); {
		case !ok:
		case slices.Contains(known, name):
			*into = name
		case near != "":
			p.fail(n, "unknown action %s%s", human.Quoted(name), near)
		default:
			p.fail(n, "unknown action %s; use an action such as %s", human.Quoted(name), human.Or(known[:6]))
		}
	}}
}

func actionNames() []string {
	return naming.List(fixtures.Actions(), func(a fixtures.Action) string { return a.Name })
}

func trafficStep(p *parser, s *Traffic) construct {
	s.InFlight, s.Profile = DefaultInFlight, fixtures.Everything
	delivering := slices.DeleteFunc(deliveringKeys(p, &s.Common, &s.Delivering), func(k key) bool {
		return !slices.Contains([]string{"deliver", "fault", "expect", "must", "should", "may", "effect"}, k.name)
	})
	return construct{check: func(p *parser, n *node) { p.checkDelivering(n, &s.Common, &s.Delivering) }, keys: append([]key{
		{"traffic", "The events of a clinic's day, with its own records.", true, nested(trafficConstruct(s))},
	}, delivering...)}
}

func trafficConstruct(s *Traffic) construct {
	return construct{name: "traffic", about: "The events of a clinic's day, with its own records.", keys: []key{
		{"events", "The number of events.", true, count(&s.Events, 1, MaxEvents)},
		{"rate", "Start events at this rate; default: as fast as responses arrive.", false, rate(&s.Rate)},
		{"in-flight", "The largest number of events without a response; default " + strconv.Itoa(DefaultInFlight) + ".", false, count(&s.InFlight, 1, MaxInFlight)},
		{"types", "Names and patterns of event types; default: all types of a clinic's day.", false, eventTypes(&s.Types)},
		{"profile", "The mix of the events: everything has each type soon, everyday the proportions of a practice; default everything.", false,
			oneOf(&s.Profile, fixtures.Everything, fixtures.Everyday)},
	}}
}

// eventTypes is a list of names and patterns of event types; nil stands for all.
func eventTypes(into *[]*schemas.EventType) value {
	return value{shape: func() shape { return anyOf(textShape(), listOf(textShape())) }, read: func(p *parser, n *node, key string) {
		var patterns []string
		for _, item := range p.items(n, key, true) {
			pattern, ok := p.word(item, "an event type")
			if !ok {
				continue
			}
			if _, err := schemas.Match(pattern); err != nil {
				p.fail(item, "%s", err)
				continue
			}
			if strings.Trim(pattern, "*") == "" {
				return
			}
			patterns = append(patterns, pattern)
		}
		if n.kind == list && len(n.items) == 0 {
			p.fail(n, "%s is an empty list; add a type or remove the key", key)
		}
		types, err := schemas.MatchAny(patterns)
		if err != nil {
			p.fail(n, "%s", err)
		}
		*into = types
	}}
}
