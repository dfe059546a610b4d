package script

import (
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// placeholder replaces an identifier that is known only during the play.
const placeholder = "692597070fe21cfa5e6a010f"

// maxChanged bounds the bytes of the changed payloads that are checked. The others are not.
const maxChanged = 16 << 20

// send creates the event of a send in the scratch clinic, and checks its records and its payload.
func (c *checker) send(s *Send) {
	if s.Type == nil {
		c.checkNames(s.About)
		if len(s.About) > 0 && s.TypeText != nil {
			c.failAt(s.About[0].Pos, len(s.About[0].Name), "about needs one event type; name the type instead of a value of each")
		}
		return
	}
	about, ok := c.roles(s.About, fixtures.Subject(s.Type), s.Type.Name)
	if !ok {
		return
	}
	clinic := c.load.clinic.Place(s.Path)
	if _, err := clinic.Event(fixtures.FirstDay(), s.Type, fixtures.EventOptions{About: about}); err != nil {
		c.failAt(aboutPos(s.About, s.Pos), 1, "%s", c.withNames(err))
		return
	}
	options := fixtures.EventOptions{About: about, Set: map[string]string{}}
	var extra []schemas.Identifier
	unresolved := map[string]bool{} // identifiers with a placeholder
	for _, i := range s.Identifiers {
		value, literal := i.Value.Literal()
		if !literal {
			value, unresolved[i.Name] = placeholder, true
		}
		switch {
		case s.Type.Allows(i.Name):
			options.Set[i.Name] = value
		case s.Invalid:
			extra = append(extra, schemas.Identifier{Name: i.Name, Value: value})
		default:
			c.failAt(i.Pos, len(i.Name), "%s; to send it anyway, add invalid: on-purpose", unknownIdentifier(s.Type, i.Name))
		}
	}
	for i, name := range s.Omit {
		if name != fixtures.All && !s.Type.Allows(name) {
			c.failAt(s.omitAt[i], len(name), "%s", unknownIdentifier(s.Type, name))
			continue
		}
		options.Omit = append(options.Omit, name)
	}
	event, err := clinic.Event(fixtures.FirstDay(), s.Type, options)
	if err != nil {
		c.failAt(s.Pos, 1, "%s", c.withNames(err))
		return
	}
	event.Identifiers = append(event.Identifiers, extra...)
	c.payload(s, &event, unresolved)
}

// aboutPos returns the position of the records that a step concerns, or of the step.
func aboutPos(about []About, step Pos) Pos {
	if len(about) > 0 {
		return about[0].Pos
	}
	return step
}

func unknownIdentifier(t *schemas.EventType, name string) string {
	return t.Name + " has no identifier " + human.Quoted(name) + hint(name, t.Keys())
}

// payload reports violations of the event type's schema.
func (c *checker) payload(s *Send, event *schemas.Event, unresolved map[string]bool) {
	payload := simulator.AppendPayload(nil, placeholder, placeholder, event)
	if s.Layers != nil && s.Layers.Body != nil {
		if c.isCheck || len(s.Each) > 0 {
			return // a check may break the schema; the values of each are not known here
		}
		if c.load.changed > maxChanged {
			return
		}
		change, err := s.Layers.Body.Resolve(placeholders{})
		if err == nil {
			change.Pad, change.Nest = 0, min(change.Nest, 1) // white space breaks no schema, and any unknown member does
			payload, err = change.Apply(payload)
			c.load.changed += len(payload)
		}
		if err != nil {
			c.failAt(s.Layers.Body.Pos, 1, "%s", err)
			return
		}
	}
	violations := validate.PayloadViolations(s.Type, payload)
	violations = slices.DeleteFunc(violations, func(v validate.Violation) bool {
		return unresolved[strings.TrimPrefix(v.Pointer, "/identifiers/")]
	})
	if s.Invalid {
		if len(violations) == 0 && len(unresolved) == 0 {
			c.warn(s.Pos, 1, "the payload is valid; remove `invalid: on-purpose`")
		}
		return
	}
	for _, v := range violations {
		pos := s.Pos
		for _, i := range s.Identifiers {
			if v.Pointer == "/identifiers/"+i.Name {
				pos = i.Pos
			}
		}
		c.failAt(pos, 1, "the payload violates its schema: %s; to send it anyway, add invalid: on-purpose", v)
	}
}

// checkNames checks that records are in the cast, where their roles are unknown.
func (c *checker) checkNames(about []About) {
	for _, a := range about {
		if _, ok := c.cast[a.Name]; !ok {
			c.failAt(a.Pos, len(a.Name), "%s", c.unknownRecord(a.Name))
		}
	}
}

// do checks the records of an action and performs it in the scratch clinic. A refused action changes nothing there, as in
// the play.
func (c *checker) do(s *Do) {
	actions := fixtures.Actions()
	i := slices.IndexFunc(actions, func(a fixtures.Action) bool { return a.Name == s.Action })
	if i < 0 { // reported already
		c.checkNames(s.About)
		c.stateUnknown = true
		return
	}
	about, ok := c.roles(s.About, actions[i].Roles, s.Action)
	c.stateUnknown = c.stateUnknown || !ok
	if c.stateUnknown || c.load.full() || !inNewerSystem(actions[i]) {
		return
	}
	if _, err := c.load.clinic.Place(s.Path).Do(fixtures.FirstDay(), s.Action, about); err != nil {
		width := 1
		if len(s.About) > 0 {
			width = len(s.About[0].Name)
		}
		c.failAt(aboutPos(s.About, s.Pos), width, "impossible action: %s", c.withNames(err))
	}
}

// inNewerSystem reports whether an action exists in a practice with the newer appointment system, as in the scratch
// clinic. The system of the scenario's clinic is known during the play.
func inNewerSystem(a fixtures.Action) bool {
	for _, name := range a.Events {
		if t, err := schemas.Lookup(name); err == nil {
			if system, ok := fixtures.SystemOf(t); ok && system != fixtures.NewerAppointments {
				return false
			}
		}
	}
	return true
}

// hasAction reports whether one of the steps, or a step inside it, is an action.
func hasAction(steps []Step) bool {
	return slices.ContainsFunc(steps, func(step Step) bool {
		_, ok := step.(*Do)
		return ok || hasAction(Children(step))
	})
}

// hasSubstitute reports whether a played scenario uses records of the outer cast. Its actions then change those records at
// a time that differs from the order of reading.
func hasSubstitute(s *Scenario) bool {
	return slices.ContainsFunc(s.Cast, func(c Cast) bool { return c.Outer != "" })
}

// traffic checks that a clinic with the right appointment system produces the event types.
func (c *checker) traffic(s *Traffic) {
	options := fixtures.Options{Seed: DefaultSeed}
	systems := map[fixtures.System]string{}
	for _, t := range s.Types {
		if system, ok := fixtures.SystemOf(t); ok {
			options.System = system
			systems[system] = t.Name
		}
	}
	if len(systems) > 1 {
		c.failAt(s.Pos, 1, "a practice has one appointment system, so it cannot send both %s and %s; write two traffic steps",
			systems[fixtures.NewerAppointments], systems[fixtures.OlderAppointments])
		return
	}
	if _, err := fixtures.New(options).Traffic(fixtures.FirstDay(), fixtures.TrafficOptions{Types: s.Types, Profile: s.Profile}); err != nil {
		c.failAt(s.Pos, 1, "%s", err)
	}
}

// roles returns the records that a step concerns, by role. It reports records without a suitable role.
func (c *checker) roles(about []About, roles []fixtures.Role, what string) (map[string]*fixtures.Record, bool) {
	records := map[string]*fixtures.Record{}
	ok := true
	for _, a := range about {
		m, known := c.cast[a.Name]
		problem := ""
		switch {
		case !known:
			problem = c.unknownRecord(a.Name)
		case m.kind != "":
			problem = unsuitable(a, m.kind, roles, what)
		}
		if problem != "" || !known {
			c.failAt(a.Pos, len(a.Name), "%s", problem)
		}
		ok = ok && problem == "" && m.record != nil // without a record, another problem was reported
		records[a.Role] = m.record
	}
	return records, ok
}

// unsuitable says why a record of a kind cannot have the role that a step gives it, or returns "".
func unsuitable(a About, kind string, roles []fixtures.Role, what string) string {
	i := slices.IndexFunc(roles, func(r fixtures.Role) bool { return r.Name == a.Role })
	switch {
	case len(roles) == 0:
		return what + " concerns no record"
	case a.Role == "":
		return unsuitableAlone(a.Name, kind, roles, what)
	case i < 0:
		return what + " has no role " + human.Quoted(a.Role) + hint(a.Role, naming.List(roles, func(r fixtures.Role) string { return r.Name }))
	case roles[i].Kind != kind:
		return "the " + a.Role + " of " + what + " must be " + article(roles[i].Kind) + ", but " + a.Name + " is " + article(kind)
	}
	return ""
}

// unsuitableAlone says why a record cannot be given without its role, or returns "".
func unsuitableAlone(name, kind string, roles []fixtures.Role, what string) string {
	var alone []string // kinds that need no role
	needsRole := ""
	for _, r := range roles {
		switch {
		case r.Alone && r.Kind == kind:
			return ""
		case r.Alone:
			alone = append(alone, article(r.Kind))
		}
		if r.Kind == kind && needsRole == "" {
			needsRole = r.Name
		}
	}
	switch {
	case needsRole != "":
		return name + " is " + article(kind) + ", which needs its role: about: {" + needsRole + ": " + name + "}"
	case len(alone) == 0:
		return what + " needs roles: about: {" + roles[0].Name + ": …}"
	}
	return name + " is " + article(kind) + ", but " + what + " concerns " + human.Or(alone)
}

// placeholders replaces every value that is known only during the play.
type placeholders struct{}

// Value returns an id, or for ${now} a time.
func (placeholders) Value(*Ref) (any, error) { return placeholder, nil }

// checkBodies checks the hand-made bodies of a step: they need no values of the environment, which reports would show, and
// no id that is the same in every request.
func (c *checker) checkBodies(step Step) {
	var layers *Layers
	if d := DeliveringOf(step); d != nil {
		layers = d.Layers
	}
	if s, ok := step.(*Request); ok {
		c.sharedID(&s.Body)
	}
	layers.eachText(func(t *Text, _ site) {
		if t.usesEnv() {
			c.failAt(t.Pos, 1, "the layers of an event cannot contain ${env.…}; use a request")
		}
	})
	if layers == nil {
		return
	}
	for _, change := range []*Change{layers.Body, layers.Alter} {
		if change == nil {
			continue
		}
		if change.Raw != nil {
			c.sharedID(change.Raw)
		}
		for i := range change.Set {
			set := &change.Set[i]
			if t := set.Value.Text; set.Pointer == "/eventId" && t != nil {
				for _, ref := range t.Refs() {
					c.runID(ref)
				}
			}
		}
	}
}

// sharedID reports ${run.id} as the eventId of a body.
func (c *checker) sharedID(raw *Text) {
	for i, part := range raw.Parts {
		if part.Ref == nil || i == 0 {
			continue
		}
		before := strings.Join(strings.Fields(raw.Parts[i-1].Literal), "")
		if strings.HasSuffix(before, `"eventId":"`) {
			c.runID(part.Ref)
		}
	}
}

// runID reports a reference to ${run.id}.
func (c *checker) runID(ref *Ref) {
	if ref.Kind == RefRun && ref.Name == "id" {
		c.failAt(ref.Pos, len(ref.Text)+3, "${run.id} is the same in every request of a run, so the second is a duplicate; use ${new.id}")
	}
}
