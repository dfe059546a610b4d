package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"semblance/schemas"
	"semblance/schemas/naming"
)

// word is a kind of step: the key that a step of the kind begins with.
type word struct {
	name  string
	about string
	read  func(p *parser, n *node, path string) Step
	keys  func() []keyInfo // for editors
}

// keyInfo is what editors are told of a key.
type keyInfo struct {
	name  string
	about string
	shape shape
	must  bool
}

func infos[T any](t *table[T]) func() []keyInfo {
	return func() []keyInfo {
		var out []keyInfo
		for _, k := range t.keys {
			out = append(out, keyInfo{k.name, k.about, k.shape, k.must})
		}
		return out
	}
}

// step returns the word of a kind of step whose keys a table lists.
func step[T any, S interface {
	*T
	Step
}](name, about string, t *table[T]) word {
	return word{name: name, about: about, keys: infos(t), read: func(p *parser, n *node, path string) Step {
		into := S(new(T))
		c := into.common()
		c.Pos, c.Path, c.Kind = n.pos, path, name
		t.read(p, n, into)
		return into
	}}
}

// stepWords is the one table of the kinds of steps.
func stepWords() []word {
	return []word{
		step("send", "States one event, whatever the clinic's state.", sendTable()),
		step("do", "Performs an action of the clinic and sends each event that it gives.", doTable()),
		step("wait", "Lets time pass.", waitTable()),
		step("probe", "Asks the receiver's own application what it did.", probeTable()),
		step("shuffle", "Runs its steps one by one in an order drawn from the seed.", shuffleTable()),
		step("repeat", "Runs its steps several times.", repeatTable()),
		step("parallel", "Runs its steps at once and ends when all have ended.", parallelTable()),
		step("traffic", "Lets the clinic go about its day.", trafficTable()),
		step("play", "Plays another scenario inside this one.", playTable()),
		step("request", "Sends any bytes, signed any way.", requestTable()),
	}
}

// commonKeys are the keys that every kind of step has.
func commonKeys[T any](of func(*T) *Common) []key[T] {
	return []key[T]{
		{"name", "A name for --until and --only, unique in the file.", called(), false, func(p *parser, n *node, s *T) {
			of(s).Name, _ = p.called(n, "a step")
		}},
		{"tags", "What --tag selects the step by.", listOf(called()), false, func(p *parser, n *node, s *T) {
			for _, item := range p.items(n, "tags", true) {
				if tag, ok := p.called(item, "a tag"); ok {
					of(s).Tags = append(of(s).Tags, tag)
				}
			}
		}},
		{"needs", "What the receiver must be, or the step is skipped.", words([]string{string(NeedReference)}), false, func(p *parser, n *node, s *T) {
			need, _ := p.oneOf(n, "needs", []string{string(NeedReference)})
			of(s).Needs = Need(need)
		}},
	}
}

// steps reads a list of steps; prefix is what their paths begin with.
func (p *parser) steps(n *node, prefix string) []Step {
	var steps []Step
	items := p.items(n, "steps", false)
	if n.kind == list && len(items) == 0 {
		p.fail(n, "there is no step")
	}
	for i, item := range items {
		p.load.steps++
		if p.load.steps > MaxSteps {
			p.fail(item, "the scenario has more than %d steps, with those of the files that it plays; repeat or traffic say much in few", MaxSteps)
			return steps
		}
		if s := p.step(item, prefix+strconv.Itoa(i+1)); s != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

func (p *parser) step(n *node, path string) Step {
	known := p.load.words
	names := make([]string, len(known))
	for i, w := range known {
		names[i] = w.name
	}
	if n.kind != object {
		p.fail(n, "a step is a map that begins with one of %s; got %s", listed(names), n.describe())
		return nil
	}
	var found []word
	for _, w := range known {
		if n.get(w.name) != nil {
			found = append(found, w)
		}
	}
	switch {
	case len(found) == 1:
		return found[0].read(p, n, path)
	case len(found) > 1:
		p.fail(n, "a step is one of %s and %s, not both; write two steps", found[0].name, found[1].name)
	case len(n.keys) > 0 && naming.Nearest(n.keys[0].text, names) != "":
		p.fail(n.keys[0], "unknown step %q; did you mean %q?", shorten(n.keys[0].text), naming.Nearest(n.keys[0].text, names))
	default:
		p.fail(n, "this is no step: it has none of the keys %s", listed(names))
	}
	return nil
}

// eventType reads the exact name of an event type.
func (p *parser) eventType(n *node) *schemas.EventType {
	text, ok := p.word(n, "an event type")
	if !ok {
		return nil
	}
	if strings.Contains(text, "*") {
		p.fail(n, "send states one event: %q is a pattern; a pattern goes into the types of traffic", shorten(text))
		return nil
	}
	t, err := schemas.Lookup(text)
	if err != nil {
		p.fail(n, "%s", err)
		return nil
	}
	return t
}

// about reads who an event or an action concerns: one name, or a name for each role.
func (p *parser) about(n *node) []About {
	if n.kind == scalar {
		if called, ok := p.word(n, "about"); ok {
			return []About{{Pos: n.pos, Name: called}}
		}
		return nil
	}
	var about []About
	p.pairs(n, "about", func(k, v *node) {
		if called, ok := p.word(v, "the "+k.text); ok {
			about = append(about, About{Pos: k.pos, Role: k.text, Name: called})
		}
	})
	return about
}

func aboutShape() shape { return anyOf(called(), mapOf(called())) }

func (p *parser) captures(n *node) []Capture {
	var captures []Capture
	p.pairs(n, "capture", func(k, v *node) {
		called, ok := p.called(k, "a capture")
		if ok && slices.Contains(reserved(), called) {
			p.fail(k, "a capture cannot be called %s: ${%s.…} means something else", called, called)
			return
		}
		if at, valid := p.pointer(v); ok && valid {
			captures = append(captures, Capture{Pos: k.pos, Name: called, Pointer: at})
		}
	})
	return captures
}

func captureShape() shape { return mapOf(pointer()) }

// describeAbout says in words who a step is about.
func describeAbout(about []About) string {
	words := make([]string, len(about))
	for i, a := range about {
		words[i] = a.Name
		if a.Role != "" {
			words[i] = fmt.Sprintf("%s (%s)", a.Name, a.Role)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " about " + listed(words)
}
