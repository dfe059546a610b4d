package script

import (
	"maps"
	"slices"
	"unicode/utf8"

	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// checker checks the steps of one file: references, names, and the records that events concern.
type checker struct {
	*parser
	captures     map[string]Pos   // the first position of each capture of the file
	names        map[string]Pos   // positions of the named steps
	sends        map[string]*Send // the named send steps before this one
	isCheck      bool             // the file is a check
	stateUnknown bool             // the scratch clinic may differ from the scenario's, so no further actions are performed in it
}

// scope is the set of values that a step can refer to.
type scope struct {
	captures map[string]bool // taken earlier, in every order that a shuffle may draw
	sent     bool            // an event was sent earlier
}

func (s scope) clone() scope { return scope{captures: maps.Clone(s.captures), sent: s.sent} }

// check checks the meaning of the steps of a file. Their form was checked when they were read.
func (p *parser) check(s *Scenario) {
	c := &checker{parser: p, captures: map[string]Pos{}, names: map[string]Pos{}, sends: map[string]*Send{}, isCheck: s.Check != nil, stateUnknown: len(p.substitutes) > 0}
	c.collect(s.Steps)
	c.sequence(s.Steps, &scope{captures: map[string]bool{}})
}

// collect notes the captures of the file and the names of its steps.
func (c *checker) collect(steps []Step) {
	for _, step := range steps {
		common := step.common()
		if first, duplicate := c.names[common.Name]; duplicate && common.Name != "" {
			c.failAt(common.Pos, 1, "two steps are called %q; the first is on line %d", common.Name, first.Line)
		}
		c.names[common.Name] = common.Pos
		for _, capture := range capturesOf(step) {
			if _, duplicate := c.captures[capture.Name]; !duplicate {
				c.captures[capture.Name] = capture.Pos
			}
			if _, record := c.cast[capture.Name]; record {
				c.failAt(capture.Pos, len(capture.Name), "%q is a record of the cast; give the capture another name", capture.Name)
			}
		}
		if _, otherFile := step.(*Play); !otherFile {
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

// unordered checks steps that run in any order or at once. The captures of each are invisible to the others.
func (c *checker) unordered(steps []Step, s *scope) {
	after := s.clone()
	for _, step := range steps {
		own := s.clone()
		c.step(step, &own)
		maps.Copy(after.captures, own.captures)
		after.sent = after.sent || own.sent
	}
	*s = after
}

func (c *checker) step(step Step, s *scope) {
	eachText(step, func(t *Text, at site) {
		for _, ref := range t.Refs() {
			c.reference(step.common(), ref, at, s)
		}
	})
	c.checkEach(step)
	c.checkBodies(step)
	switch step := step.(type) {
	case *Send:
		c.send(step)
		if step.Name != "" {
			c.sends[step.Name] = step
		}
	case *Resend:
		c.resend(step)
	case *Do:
		c.do(step)
	case *Await:
		c.stateUnknown = true // the mutation changed the clinic
	case *Traffic:
		c.traffic(step)
	case *Repeat:
		c.sequence(step.Steps, s)
		c.stateUnknown = c.stateUnknown || step.Times > 1 && hasAction(step.Steps)
	case *Shuffle:
		c.stateUnknown = c.stateUnknown || hasAction(step.Steps)
		c.unordered(step.Steps, s)
	case *Play:
		c.stateUnknown = c.stateUnknown || step.Scenario != nil && hasSubstitute(step.Scenario) && hasAction(step.Scenario.Steps)
	case *Parallel:
		c.unordered(step.Steps, s)
	}
	for _, capture := range capturesOf(step) {
		s.captures[capture.Name] = true
	}
	s.sent = s.sent || sends(step)
}

// sends reports whether a step sends an event, whose id is then ${request.eventId}.
func sends(step Step) bool {
	return DeliveringOf(step) != nil || slices.ContainsFunc(Children(step), sends)
}

func capturesOf(step Step) []Capture {
	if d := DeliveringOf(step); d != nil {
		return d.Captures
	}
	switch s := step.(type) {
	case *Probe:
		return s.Captures
	case *Request:
		return s.Captures
	}
	return nil
}

// reference checks one ${…} and records the capture that the step reads.
func (c *checker) reference(step *Common, ref *Ref, at site, s *scope) {
	fail := func(format string, arguments ...any) {
		c.failAt(ref.Pos, utf8.RuneCountInString(ref.Text)+3, format, arguments...)
	}
	switch ref.Kind {
	case RefCast:
		c.castReference(ref, fail)
	case RefRequest:
		if !s.sent && at != siteExpect {
			fail("${request.eventId} is unknown, because no earlier step sends an event")
		}
	case RefSign:
		if at != siteRequest {
			fail("${sign.…} is only known in the headers and the url of a request")
		}
	case RefSecret:
		if at != siteSecret && at != siteLack {
			fail("${%s} is only known in sign: {secret: …} and in lack", ref.Text)
		}
	case RefRight:
		if at != siteLack {
			fail("${right.v1} is only known in lack")
		}
	case RefCapture:
		if slices.ContainsFunc(step.Each, func(e Each) bool { return e.Name == ref.Name }) {
			ref.Kind = RefEach
			return
		}
		if at == siteOver && (ref.Name == "t" || ref.Name == "body") {
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

// castReference checks that a record and its relations exist.
func (c *checker) castReference(ref *Ref, fail func(string, ...any)) {
	m, ok := c.cast[ref.Name]
	if !ok {
		fail("%s", c.unknownRecord(ref.Name))
		return
	}
	record, path := m.record, ref.Name
	for _, role := range ref.Path {
		if record == nil { // reported already
			return
		}
		next := record.Related(role)
		known := relationRoles(record.Kind())
		switch {
		case next != nil:
			record, path = next, path+"."+role
			continue
		case slices.Contains(known, role):
			fail("%s has no %s", path, role)
		case len(known) == 0:
			fail("%s has no relations", article(record.Kind()))
		default:
			fail("%s has no %s%s", article(record.Kind()), human.Quoted(role), hint(role, known))
		}
		return
	}
}

// notCaptured reports why a capture cannot be read.
func (c *checker) notCaptured(ref *Ref, step *Common, fail func(string, ...any)) {
	if c.load.full() {
		return
	}
	if _, record := c.cast[ref.Name]; record {
		fail("the only value of a record is its id: write ${%s.id}", ref.Name)
		return
	}
	first, captured := c.captures[ref.Name]
	switch {
	case !captured:
		hint := naming.Hint(ref.Name, slices.Sorted(maps.Keys(c.captures)))
		if hint == "" {
			hint = "; add capture: {" + ref.Name + ": /pointer/into/the/response} to an earlier step"
		}
		fail("no step captures %q%s", ref.Name, hint)
	case first.Line >= step.Line:
		fail("${%s} is captured later, on line %d", ref.Name, first.Line)
	default:
		fail("${%s} is captured on line %d by a step that may run after this one; a capture is visible after its block", ref.Name, first.Line)
	}
}

// site is the kind of place where a text is used. It decides which references the text may contain.
type site int

const (
	siteStep    site = iota
	siteExpect       // judged after the send: ${request.eventId} is that of the attempt
	siteRequest      // headers and URL of a request: also ${sign.…}
	siteOver         // signed content: also ${t} and ${body}
	siteSecret       // the key of a signature: also ${secret}
	siteLack         // what responses must not contain: also ${secret} and ${right.v1}
)

// eachText calls each for every text of a step, without the steps inside it.
func eachText(step Step, each func(t *Text, at site)) {
	named := func(list []Named, at site) {
		for i := range list {
			each(&list[i].Value, at)
		}
	}
	value := func(v *Value, at site) { v.eachText(func(t *Text) { each(t, at) }) }
	expect := func(e *Expect, at site) {
		named(e.Headers, at)
		for i := range e.Equals {
			value(&e.Equals[i].Value, at)
		}
	}
	optional := func(t *Text, at site) {
		if t != nil {
			each(t, at)
		}
	}
	levels := step.common().Levels
	judged := siteExpect
	if _, handmade := step.(*Request); handmade {
		judged = siteStep
	}
	for i := range levels {
		for _, e := range levels[i].expects() {
			expect(e, judged)
		}
		expect(&levels[i].Shows, siteStep)
		for k := range levels[i].Lack {
			each(&levels[i].Lack[k], siteLack)
		}
	}
	for i := range step.common().Each {
		for k := range step.common().Each[i].Values {
			value(&step.common().Each[i].Values[k], siteRequest)
		}
	}
	if d := DeliveringOf(step); d != nil {
		d.Layers.eachText(each)
		expect(&d.Expect, siteExpect)
	}
	switch s := step.(type) {
	case *Send:
		optional(s.TypeText, siteStep)
		for i := range s.OmitTexts {
			each(&s.OmitTexts[i], siteStep)
		}
		named(s.Identifiers, siteStep)
	case *Probe:
		each(&s.URL, siteStep)
		for i := range s.Exec {
			each(&s.Exec[i], siteStep)
		}
		named(s.Headers, siteStep)
		if s.Body != nil {
			value(s.Body, siteStep)
		}
		expect(&s.Until.Expect, siteStep)
		optional(s.Until.Output, siteStep)
	case *Queried:
		optional(s.Record, siteStep)
	case *Request:
		optional(s.URL, siteRequest)
		named(s.Headers, siteRequest)
		each(&s.Body, siteStep)
		s.Sign.eachText(each)
		expect(&s.Expect, siteStep)
	}
}
