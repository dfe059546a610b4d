package script

import (
	"slices"
	"strings"
	"unicode/utf8"

	"semblance/schemas/lazy"

	"semblance/schemas"
	"semblance/schemas/human"
)

// Head is the head of a check: a scenario that states how a correct receiver behaves, with the reason, the fix and the
// sources. Its level is the strongest level of its steps.
type Head struct {
	Pos
	ID         string // group letters, a dash and two digits, such as SIG-18
	Group      string // one of [Groups]
	Why        string
	Fix        string
	Sources    []string // URLs, contract or own
	After      []string // ids of checks; if one of them failed, this check is not judged
	Needs      []Need   // properties of the run without which the check is skipped
	Subscribed []string // patterns of event types of which one must be subscribed, or the check is skipped
	Alone      Alone
	Then       Then
}

// Alone says whether a check runs while no other does.
type Alone string

// The values of [Head.Alone].
const (
	AloneNo   Alone = ""
	AloneYes  Alone = "true"
	AloneLast Alone = "last" // and after all others
)

// Then is what follows a check.
type Then string

// ThenControl marks a check after which a valid event must be accepted.
const ThenControl Then = "control"

// Groups returns the groups of checks, in the order of reports.
func Groups() []string {
	return []string{"control", "signature", "freshness", "payload", "delivery", "transport", "leaks"}
}

// MaxFix is the largest number of characters of a fix. Lint warns about a longer one.
const MaxFix = 160

var checkID = lazy.Regexp(`^[A-Z]{2,6}-[0-9]{2}$`)

// headKeys returns the keys of the head. why, fix and sources are required in a file with check and forbidden without.
func headKeys(h *Head) []key {
	return []key{
		{"check", "The id of a check, such as SIG-18. A file with this key is a check for `semblance check`.", false, value{
			shape: func() shape { return shape{"type": "string", "pattern": checkID().String()} },
			read:  func(p *parser, n *node, key string) { h.Pos, h.ID = n.pos, p.checkID(n, key) }}},
		{"group", "The group of the check in reports.", false, oneOf(&h.Group, Groups()...)},
		{"why", "Why the check matters, in one or two sentences.", false, prose(&h.Why, true)},
		{"fix", "What to change in the receiver, in one imperative sentence.", false, fix(&h.Fix)},
		{"sources", "Where the requirement comes from: URLs, contract (the provider's documentation) or own.", false, sources(&h.Sources)},
		{"after", "Ids of checks: if one of them failed, this one is not judged.", false, oneOrMore(textShape, func(p *parser, n *node, key string) {
			if id := p.checkID(n, key); id != "" {
				h.After = append(h.After, id)
			}
		})},
		{"needs", "probe, hook, read-back, timing or {subscribed: TYPE}, or a list of these: without it the check is skipped.", false, needs(h)},
		{"alone", "true: no other check runs meanwhile; last: it also runs after all others.", false,
			oneOf(&h.Alone, AloneYes, AloneLast).shaped(func() shape { return shape{"enum": []any{true, string(AloneLast)}} })},
		{"then", "control: a valid event must be accepted directly after the check.", false, oneOf(&h.Then, ThenControl)},
	}
}

// checkHead checks the head of a file, and sets s.Check if the file is a check.
func (p *parser) checkHead(n *node, s *Scenario, h *Head) {
	if n.get("check") != nil {
		s.Check = h
		for _, key := range []string{"group", "why", "fix", "sources"} {
			if n.get(key) == nil {
				p.fail(n.key("check"), "a check needs the key %q", key)
			}
		}
		return
	}
	for _, k := range headKeys(h) {
		if n.get(k.name) != nil {
			p.fail(n.key(k.name), "%s belongs to a check; add check: ID, or remove it", k.name)
		}
	}
}

func (p *parser) checkID(n *node, key string) string {
	if n.kind != scalar || !checkID().MatchString(n.text) {
		p.fail(n, "%s must be the id of a check, such as SIG-18; got %s", key, n.describe())
		return ""
	}
	return n.text
}

// fix is what to change in the receiver.
func fix(into *string) value {
	v := prose(into, false)
	read := v.read
	v.read = func(p *parser, n *node, key string) {
		read(p, n, key)
		if length := utf8.RuneCountInString(n.text); n.kind == scalar && length > MaxFix {
			p.warn(n.pos, n.width, "the fix has %s; write one sentence of at most %d", human.Count(length, "character"), MaxFix)
		}
	}
	return v
}

func sources(into *[]string) value {
	return value{shape: func() shape { return listOf(textShape()) }, read: func(p *parser, n *node, key string) {
		if n.kind == list && len(n.items) == 0 {
			p.fail(n, "%s is an empty list; add a URL, contract or own", key)
		}
		for _, item := range p.items(n, key, true) {
			word, ok := p.word(item, "a source")
			switch {
			case !ok:
			case word == "contract" || word == "own" || strings.HasPrefix(word, "https://"):
				*into = append(*into, word)
			default:
				p.fail(item, "a source must be an https URL, contract or own; got %s", item.describe())
			}
		}
	}}
}

// runNeeds returns the properties that a run of checks may lack.
func runNeeds() []Need { return []Need{NeedProbe, NeedHook, NeedReadBack, NeedTiming} }

func needs(h *Head) value {
	words := wordsOf(runNeeds())
	return value{
		shape: func() shape {
			one := anyOf(enum(words), shape{"type": "object", "required": []string{"subscribed"}, "properties": map[string]any{"subscribed": textShape()}, "additionalProperties": false})
			return anyOf(one, listOf(one))
		},
		read: func(p *parser, n *node, key string) {
			for _, item := range n.all() {
				if item.kind != object {
					if word, ok := p.oneOf(item, key, words); ok {
						h.Needs = append(h.Needs, Need(word))
					}
					continue
				}
				p.checkKeys(item, key, []string{"subscribed"})
				pattern, ok := p.word(item.find("/subscribed"), "subscribed")
				if !ok {
					continue
				}
				if _, err := schemas.Match(pattern); err != nil {
					p.fail(item.find("/subscribed"), "%s", err)
					continue
				}
				h.Subscribed = append(h.Subscribed, pattern)
			}
		}}
}

// requiresLevels reports whether a step of a check lacks its requirements. A step that only waits or contains others needs
// none.
func requiresLevels(step Step) bool {
	_, handmade := step.(*Request)
	return (handmade || DeliveringOf(step) != nil) && len(step.common().Levels) == 0
}

// checkLevels reports the steps of a check without a requirement, and the files that it plays.
func (p *parser) checkLevels(steps []Step) {
	for _, step := range steps {
		if requiresLevels(step) {
			p.failAt(step.common().Pos, 1, "a %s step of a check needs must, should or may, such as must: accepted", step.common().Kind)
		}
		if _, plays := step.(*Play); plays {
			p.failAt(step.common().Pos, 1, "a check cannot play another scenario")
		}
		p.checkLevels(slices.Clone(Children(step)))
	}
}
