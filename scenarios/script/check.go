package script

import (
	"slices"
	"unicode/utf8"

	"semblance/schemas/naming"
)

// scope is what a step can refer to at its place in the scenario.
type scope struct {
	captures map[string]bool // taken before, whatever the order that a shuffle draws
	sent     bool            // something was sent before
}

func (s scope) clone() scope {
	captures := make(map[string]bool, len(s.captures))
	for name := range s.captures {
		captures[name] = true
	}
	return scope{captures: captures, sent: s.sent}
}

// checker walks the tree of one file and says which references lead nowhere.
type checker struct {
	*parser
	taken map[string]Pos // where each capture of the file is taken first
	names map[string]Pos // of steps
	lost  bool           // the clinic of the checks is no longer where the scenario's will be: no action is rehearsed
}

// check says all that is wrong with the steps of a file beyond their form.
func (p *parser) check(s *Scenario) {
	c := &checker{parser: p, taken: map[string]Pos{}, names: map[string]Pos{}, lost: len(p.guests) > 0}
	c.collect(s.Steps)
	c.sequence(s.Steps, &scope{captures: map[string]bool{}})
}

// collect finds the captures of the file, and the names of its steps.
func (c *checker) collect(steps []Step) {
	for _, step := range steps {
		common := step.common()
		if first, twice := c.names[common.Name]; twice && common.Name != "" {
			c.failAt(common.Pos, 1, "two steps are called %q; the first is on line %d", common.Name, first.Line)
		}
		c.names[common.Name] = common.Pos
		for _, capture := range capturesOf(step) {
			if _, twice := c.taken[capture.Name]; !twice {
				c.taken[capture.Name] = capture.Pos
			}
			if _, cast := c.people[capture.Name]; cast {
				c.failAt(capture.Pos, len(capture.Name), "%q is a record of the cast; give the capture another name", capture.Name)
			}
		}
		if _, other := step.(*Play); !other {
			c.collect(Children(step))
		}
	}
}

// sequence checks steps that run one after the other.
func (c *checker) sequence(steps []Step, s *scope) {
	for _, step := range steps {
		c.step(step, s)
	}
}

// beside checks steps that run in any order or at once: what one captures, the others do not see.
func (c *checker) beside(steps []Step, s *scope) {
	after := s.clone()
	for _, step := range steps {
		own := s.clone()
		c.step(step, &own)
		for name := range own.captures {
			after.captures[name] = true
		}
		after.sent = after.sent || own.sent
	}
	*s = after
}

func (c *checker) step(step Step, s *scope) {
	texts(step, func(t *Text, at place) {
		for _, ref := range t.Refs() {
			c.reference(step.common(), ref, at, s)
		}
	})
	switch step := step.(type) {
	case *Send:
		c.send(step)
	case *Do:
		c.do(step)
	case *Traffic:
		c.traffic(step)
	case *Repeat:
		c.sequence(step.Steps, s)
		c.lost = c.lost || step.Times > 1 && acts(step.Steps)
	case *Shuffle:
		c.lost = c.lost || acts(step.Steps)
		c.beside(step.Steps, s)
	case *Play:
		c.lost = c.lost || step.Scenario != nil && invites(step.Scenario) && acts(step.Scenario.Steps)
	case *Parallel:
		c.beside(step.Steps, s)
	}
	for _, capture := range capturesOf(step) {
		s.captures[capture.Name] = true
	}
	s.sent = s.sent || sends(step)
}

// sends reports whether a step sends an event of which ${request.eventId} is the id.
func sends(step Step) bool {
	switch step.(type) {
	case *Send, *Do, *Traffic:
		return true
	}
	return slices.ContainsFunc(Children(step), sends)
}

func capturesOf(step Step) []Capture {
	switch s := step.(type) {
	case *Send:
		return s.Captures
	case *Do:
		return s.Captures
	case *Probe:
		return s.Captures
	case *Request:
		return s.Captures
	}
	return nil
}

// place is where a text stands, which decides what it may refer to.
type place int

const (
	inStep    place = iota
	inExpect        // judged after the send: ${request.eventId} is the attempt's own
	inRequest       // headers and URL: ${sign.…} too
	inOver          // ${t} and ${body} too
)

// texts calls each for every text of the step itself, not of those inside it.
func texts(step Step, each func(t *Text, at place)) {
	named := func(list []Named, at place) {
		for i := range list {
			each(&list[i].Value, at)
		}
	}
	value := func(v *Value, at place) { v.texts(func(t *Text) { each(t, at) }) }
	expect := func(e *Expect, at place) {
		named(e.Headers, at)
		for i := range e.Equals {
			value(&e.Equals[i].Value, at)
		}
	}
	switch s := step.(type) {
	case *Send:
		named(s.Identifiers, inStep)
		expect(&s.Expect, inExpect)
	case *Do:
		expect(&s.Expect, inExpect)
	case *Traffic:
		expect(&s.Expect, inExpect)
	case *Probe:
		each(&s.URL, inStep)
		for i := range s.Exec {
			each(&s.Exec[i], inStep)
		}
		named(s.Headers, inStep)
		if s.Body != nil {
			value(s.Body, inStep)
		}
		expect(&s.Until.Expect, inStep)
		if s.Until.Output != nil {
			each(s.Until.Output, inStep)
		}
	case *Request:
		if s.URL != nil {
			each(s.URL, inRequest)
		}
		named(s.Headers, inRequest)
		each(&s.Body, inStep)
		each(&s.Sign.Over, inOver)
		for _, t := range []*Text{s.Sign.Time.Literal, s.Sign.Secret} {
			if t != nil {
				each(t, inStep)
			}
		}
		expect(&s.Expect, inStep)
	}
}

// reference checks one ${…}, and notes the capture that a step reads.
func (c *checker) reference(step *Common, ref *Ref, at place, s *scope) {
	fail := func(format string, arguments ...any) {
		c.failAt(ref.Pos, utf8.RuneCountInString(ref.Text)+3, format, arguments...)
	}
	switch ref.Kind {
	case RefCast:
		c.castReference(ref, fail)
	case RefRequest:
		if !s.sent && at != inExpect {
			fail("nothing is sent before this step, so there is no ${request.eventId} yet")
		}
	case RefSign:
		if at != inRequest {
			fail("${sign.…} is known in the headers and the url of a request alone")
		}
	case RefCapture:
		if at == inOver && (ref.Name == "t" || ref.Name == "body") {
			ref.Kind = RefOver
			return
		}
		if !slices.Contains(step.Uses, ref.Name) {
			step.Uses = append(step.Uses, ref.Name)
		}
		if !s.captures[ref.Name] {
			c.notCaptured(ref, step, fail)
		}
	}
}

// castReference checks that a record and the records it is reached through exist.
func (c *checker) castReference(ref *Ref, fail func(string, ...any)) {
	one, ok := c.people[ref.Name]
	if !ok {
		fail("%s", c.notCast(ref.Name))
		return
	}
	record, way := one.record, ref.Name
	for _, role := range ref.Path {
		if record == nil { // said already
			return
		}
		next := record.Related(role)
		if next == nil {
			known := relationNames(record.Kind())
			near := naming.Nearest(role, known)
			switch {
			case slices.Contains(known, role):
				fail("%s has no %s, so there is no id of one", way, role)
			case near != "":
				fail("a %s has no %q; did you mean %q?", record.Kind(), role, near)
			default:
				fail("a %s has no %q; its relations are %s", record.Kind(), role, listed(known))
			}
			return
		}
		record, way = next, way+"."+role
	}
}

// notCaptured says why a capture cannot be read, or what may have been meant.
func (c *checker) notCaptured(ref *Ref, step *Common, fail func(string, ...any)) {
	if c.load.full() {
		return
	}
	if _, cast := c.people[ref.Name]; cast {
		fail("%s is a record, which has no value but its id: write ${%s.id}", ref.Name, ref.Name)
		return
	}
	at, taken := c.taken[ref.Name]
	switch {
	case !taken:
		var known []string
		for name := range c.taken {
			known = append(known, name)
		}
		if near := naming.Nearest(ref.Name, known); near != "" {
			fail("no step captures %q; did you mean %q?", ref.Name, near)
		} else {
			fail("no step captures %q; capture: {%s: /pointer/into/the/answer} does", ref.Name, ref.Name)
		}
	case at.Line >= step.Line:
		fail("${%s} is captured only later, on line %d", ref.Name, at.Line)
	default:
		fail("${%s} is captured on line %d by a step that may run after this one; a capture is visible when its block has ended", ref.Name, at.Line)
	}
}
