package script

import (
	"fmt"
	"iter"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// All returns every step of the scenario in the order of the file. The steps inside a step follow it.
func (s *Scenario) All() iter.Seq[Step] {
	return func(yield func(Step) bool) { walk(s.Steps, yield) }
}

func walk(steps []Step, yield func(Step) bool) bool {
	for _, step := range steps {
		if !yield(step) || !walk(Children(step), yield) {
			return false
		}
	}
	return true
}

// Env returns the references of a step to environment variables, without those of the steps inside it.
func Env(step Step) []*Ref {
	var refs []*Ref
	eachText(step, func(t *Text, _ site) {
		for _, ref := range t.Refs() {
			if ref.Kind == RefEnv {
				refs = append(refs, ref)
			}
		}
	})
	return refs
}

// Find returns the step with a path such as 8.2, or with a name. A name of the scenario itself comes before one of a
// scenario that it plays.
func (s *Scenario) Find(name string) (Step, error) {
	var known []string
	var inner Step
	for step := range s.All() {
		c := step.common()
		switch {
		case c.Path == name, c.Name == name && name != "" && c.File == s.File:
			return step, nil
		case c.Name == name && name != "" && inner == nil:
			inner = step
		case c.Name != "":
			known = append(known, c.Name)
		}
	}
	if inner != nil {
		return inner, nil
	}
	hint := naming.Hint(name, known)
	switch {
	case hint == "":
		hint = fmt.Sprintf("; use the name of a step, or a number from 1 to %d", len(s.Steps))
	case naming.Nearest(name, known) == "":
		hint += fmt.Sprintf(", or a number from 1 to %d", len(s.Steps))
	}
	return nil, fmt.Errorf("%s has no step %s%s", s.File, human.Quoted(name), hint)
}

// Info describes a step for reports.
func Info(step Step) scenarios.Step {
	c := step.common()
	return scenarios.Step{
		Path: c.Path, Kind: c.Kind, Title: human.Excerpt(describe(step), maxDescription), Name: c.Name, Description: c.Description, Fix: c.Fix, Tags: c.Tags,
		File: c.File, Line: c.Line, Column: c.Column,
	}
}

// Info describes the steps for [scenarios.Recorder.Scenario].
func (s *Scenario) Info() []scenarios.Step {
	var steps []scenarios.Step
	for step := range s.All() {
		steps = append(steps, Info(step))
	}
	return steps
}

// maxDescription is the largest number of characters in the description of a step.
const maxDescription = 300

// describe returns a step as one line for people.
func describe(step Step) string {
	switch s := step.(type) {
	case *Send:
		name := "an event"
		if s.Type != nil {
			name = s.Type.Name
		} else if s.TypeText != nil {
			name = s.TypeText.String()
		}
		return "send " + name + describeAbout(s.About) + describeChanges(step)
	case *Resend:
		return "resend " + s.Of + " as " + string(s.As) + describeChanges(step)
	case *Do:
		return "do " + s.Action + describeAbout(s.About) + describeChanges(step)
	case *Await:
		return "await " + s.Type.Name + describeChanges(step)
	case *Wait:
		return "wait " + human.Duration(s.For)
	case *Probe:
		if s.Method == "" {
			return "probe: run " + s.Exec[0].String()
		}
		return "probe: " + s.Method + " " + s.URL.String()
	case *APIFault:
		return s.describe()
	case *Queried:
		return s.describe()
	case *Shuffle:
		return "shuffle " + human.Count(len(s.Steps), "step")
	case *Repeat:
		line := "repeat " + human.Count(len(s.Steps), "step")
		if s.Times == 1 {
			return line + " once"
		}
		return line + " " + human.Count(s.Times, "time")
	case *Parallel:
		return human.Count(len(s.Steps), "step") + " in parallel"
	case *Traffic:
		return "traffic: " + human.Count(s.Events, "event")
	case *Play:
		return "play " + s.File
	case *Responses:
		return "examine " + map[scenarios.Which]string{scenarios.WhichAll: "all responses", scenarios.WhichRefusals: "the refusals", scenarios.WhichHTML: "the HTML responses"}[s.Which]
	case *Request:
		return "request: " + s.Method
	}
	return Of(step).Kind
}

// describeChanges names the fault or the layers of a step, and the names of its values.
func describeChanges(step Step) string {
	text := ""
	if d := DeliveringOf(step); d.Fault != nil {
		text = " with " + d.Fault.String()
	} else if names := d.Layers.names(); len(names) > 0 {
		text = " with changed " + human.And(names)
	}
	if each := step.common().Each; len(each) > 0 {
		text += " for each " + human.And(naming.List(each, func(e Each) string { return e.Name }))
	}
	return text
}

// describeAbout names the records that a step concerns.
func describeAbout(about []About) string {
	if len(about) == 0 {
		return ""
	}
	return " about " + human.And(naming.List(about, func(a About) string {
		if a.Role != "" {
			return a.Name + " (" + a.Role + ")"
		}
		return a.Name
	}))
}
