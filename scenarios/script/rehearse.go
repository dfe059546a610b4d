package script

import (
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
)

// placeholder stands for an identifier whose value is known only when the scenario is played.
const placeholder = "692597070fe21cfa5e6a010f"

// send rehearses a send in the clinic of the checks: whom it is about, and whether its payload fits its schema.
func (c *checker) send(s *Send) {
	if s.Type == nil {
		c.known(s.About)
		return
	}
	about, ok := c.roles(s.About, fixtures.Subject(s.Type), s.Type.Name)
	if !ok {
		return
	}
	at := c.load.clinic.At(s.Path)
	if _, err := at.Event(s.Type, fixtures.EventOptions{About: about}); err != nil {
		c.failAt(s.aboutPos(), 1, "%s", c.inNames(err))
		return
	}
	ask := fixtures.EventOptions{About: about, Set: map[string]string{}}
	var extra []schemas.Identifier
	open := map[string]bool{} // identifiers whose value is not known yet
	for _, i := range s.Identifiers {
		value, literal := i.Value.Literal()
		if !literal {
			value, open[i.Name] = placeholder, true
		}
		switch {
		case s.Type.Allows(i.Name):
			ask.Set[i.Name] = value
		case s.Invalid:
			extra = append(extra, schemas.Identifier{Name: i.Name, Value: value})
		default:
			c.failAt(i.Pos, len(i.Name), "%s (to send it all the same, say invalid: on-purpose)", unknownIdentifier(s.Type, i.Name))
		}
	}
	for i, name := range s.Omit {
		if name != fixtures.All && !s.Type.Allows(name) {
			c.failAt(s.omitted[i], len(name), "%s", unknownIdentifier(s.Type, name))
			continue
		}
		ask.Omit = append(ask.Omit, name)
	}
	change, err := at.Event(s.Type, ask)
	if err != nil {
		c.failAt(s.Pos, 1, "%s", c.inNames(err))
		return
	}
	change.Identifiers = append(change.Identifiers, extra...)
	c.payload(s, &change, open)
}

// aboutPos is where a step says whom it is about.
func (s *Send) aboutPos() Pos { return firstOf(s.About, s.Pos) }
func (s *Do) aboutPos() Pos   { return firstOf(s.About, s.Pos) }

func firstOf(about []About, otherwise Pos) Pos {
	if len(about) > 0 {
		return about[0].Pos
	}
	return otherwise
}

func unknownIdentifier(t *schemas.EventType, name string) string {
	if near := naming.Nearest(name, t.Keys()); near != "" {
		return t.Name + " has no identifier \"" + shorten(name) + "\"; did you mean \"" + near + "\"?"
	}
	return t.Name + " has no identifier \"" + shorten(name) + "\"; it has " + listed(t.Keys())
}

// payload says what the schema of the event type has against what will be sent.
func (c *checker) payload(s *Send, change *schemas.Event, open map[string]bool) {
	schema, err := validate.Payload(s.Type)
	if err != nil {
		c.failAt(s.Pos, 1, "%s", err)
		return
	}
	identifiers := map[string]any{}
	for _, i := range change.Identifiers {
		identifiers[i.Name] = i.Value
	}
	document := map[string]any{"subscriptionId": placeholder, "eventId": placeholder, "eventType": s.Type.Name, "identifiers": identifiers}
	if len(change.Metadata) > 0 {
		metadata := map[string]any{}
		for _, m := range change.Metadata {
			metadata[m.Name] = m.Value
		}
		document["metadata"] = metadata
	}
	violations := schema.ValidateValue(document)
	violations = slices.DeleteFunc(violations, func(v validate.Violation) bool {
		return open[strings.TrimPrefix(v.Pointer, "/identifiers/")]
	})
	switch {
	case s.Invalid && len(violations) == 0 && len(open) == 0:
		c.warnAt(s.Pos, "the payload is valid all the same; invalid: on-purpose says otherwise")
	case s.Invalid:
	default:
		for _, v := range violations {
			c.failAt(s.identifierPos(v.Pointer), 1, "the payload breaks its schema: %s; if that is meant, say invalid: on-purpose", v)
		}
	}
}

// identifierPos is where the step overrides an identifier, or where it begins.
func (s *Send) identifierPos(pointer string) Pos {
	for _, i := range s.Identifiers {
		if pointer == "/identifiers/"+i.Name {
			return i.Pos
		}
	}
	return s.Pos
}

// known says which records are not in the cast, where more cannot be said.
func (c *checker) known(about []About) {
	for _, a := range about {
		if _, ok := c.people[a.Name]; !ok {
			c.failAt(a.Pos, len(a.Name), "%s", c.notCast(a.Name))
		}
	}
}

// do checks whom an action is about, and rehearses it.
func (c *checker) do(s *Do) {
	actions := fixtures.Actions()
	i := slices.IndexFunc(actions, func(a fixtures.Action) bool { return a.Name == s.Action })
	if i < 0 { // said already
		c.known(s.About)
		c.lost = true
		return
	}
	about, ok := c.roles(s.About, actions[i].Roles, s.Action)
	c.lost = c.lost || !ok
	if c.lost || c.load.full() || !ofNewer(actions[i]) {
		return
	}
	if _, err := c.load.clinic.At(s.Path).Do(s.Action, about); err != nil {
		width := 1
		if len(s.About) > 0 {
			width = len(s.About[0].Name)
		}
		c.failAt(s.aboutPos(), width, "this cannot happen: %s", c.inNames(err)) // nor does it when it is played: all is as it was
	}
}

// ofNewer reports whether an action is one of a practice with the newer appointment system, as the clinic of the checks
// is. Which one the scenario's has is decided when it is played.
func ofNewer(a fixtures.Action) bool {
	for _, name := range a.Events {
		if t, err := schemas.Lookup(name); err == nil {
			if system, ok := fixtures.SystemOf(t); ok && system != fixtures.NewerAppointments {
				return false
			}
		}
	}
	return true
}

// acts reports whether one of the steps is an action of the clinic.
func acts(steps []Step) bool {
	return slices.ContainsFunc(steps, func(step Step) bool {
		_, ok := step.(*Do)
		return ok || acts(Children(step))
	})
}

// invites reports whether a scenario has records of the one that plays it. Its actions happen to them when their turn
// comes, and it is read before that.
func invites(s *Scenario) bool {
	return slices.ContainsFunc(s.Cast, func(c Cast) bool { return c.Outer != "" })
}

// traffic asks a clinic of the right appointment system whether its day gives the types.
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
		c.failAt(s.Pos, 1, "a practice has one appointment system: it sends %s or %s, never both; write two traffic steps",
			systems[fixtures.NewerAppointments], systems[fixtures.OlderAppointments])
		return
	}
	if _, err := fixtures.New(options).Traffic(fixtures.TrafficOptions{Types: s.Types}); err != nil {
		c.failAt(s.Pos, 1, "%s", err)
	}
}

// roles finds the records that a step is about, by role, and says which of them cannot be that.
func (c *checker) roles(about []About, roles []fixtures.Role, what string) (map[string]*fixtures.Record, bool) {
	records := map[string]*fixtures.Record{}
	ok := true
	fail := func(a About, format string, arguments ...any) {
		ok = false
		c.failAt(a.Pos, len(a.Name), format, arguments...)
	}
	for _, a := range about {
		one, known := c.people[a.Name]
		if !known {
			fail(a, "%s", c.notCast(a.Name))
			continue
		}
		if one.kind == "" { // said already
			ok = false
			continue
		}
		fitting := slices.DeleteFunc(slices.Clone(roles), func(r fixtures.Role) bool {
			return r.Kind != one.kind || a.Role == "" && !r.Alone || a.Role != "" && r.Name != a.Role
		})
		switch {
		case len(fitting) == 1:
		case a.Role == "" && len(roles) == 0:
			fail(a, "%s concerns no record of the clinic", what)
		case a.Role == "":
			fail(a, "%s", notAlone(a.Name, one.kind, what, roles))
		case !slices.ContainsFunc(roles, func(r fixtures.Role) bool { return r.Name == a.Role }):
			fail(a, "%s", unknownRole(what, a.Role, roles))
		default:
			fail(a, "%s is %s, and the %s of %s is %s", a.Name, an(one.kind), a.Role, what, an(kindOfRole(roles, a.Role)))
		}
		if one.record == nil { // said already
			ok = false
		}
		records[a.Role] = one.record
	}
	return records, ok
}

// an puts the indefinite article before a kind of record.
func an(kind string) string {
	if strings.IndexAny(kind, "aeio") == 0 {
		return "an " + kind
	}
	return "a " + kind
}

// notAlone says that a record cannot be what an event is about without saying in which role.
func notAlone(called, kind, what string, roles []fixtures.Role) string {
	alone := slices.DeleteFunc(slices.Clone(roles), func(r fixtures.Role) bool { return !r.Alone })
	for _, r := range roles {
		if r.Kind == kind {
			return called + " is " + an(kind) + "; " + what + " takes it by its role: about: {" + r.Name + ": " + called + "}"
		}
	}
	if len(alone) == 0 {
		alone = roles
	}
	return called + " is " + an(kind) + ", and " + what + " is about " + roleWords(alone)
}

func roleNames(roles []fixtures.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return names
}

// roleWords lists roles for a message: "source (a patient) and target (a patient)".
func roleWords(roles []fixtures.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = r.Name
		if r.Name != r.Kind {
			words[i] += " (a " + r.Kind + ")"
		}
	}
	return listed(words)
}

func unknownRole(what, role string, roles []fixtures.Role) string {
	if near := naming.Nearest(role, roleNames(roles)); near != "" {
		return what + " has no role \"" + shorten(role) + "\"; did you mean \"" + near + "\"?"
	}
	return what + " has no role \"" + shorten(role) + "\"; it is about " + roleWords(roles)
}

func kindOfRole(roles []fixtures.Role, name string) string {
	for _, r := range roles {
		if r.Name == name {
			return r.Kind
		}
	}
	return ""
}

func relationNames(kind string) []string {
	var names []string
	for _, r := range fixtures.Relations(kind) {
		names = append(names, r.Role)
	}
	return names
}
