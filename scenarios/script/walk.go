package script

import (
	"fmt"
	"iter"

	"semblance/scenarios"
	"semblance/schemas/naming"
)

// All returns every step of the scenario in the order of the file, those inside a step after it.
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

// Env returns the references of a step to variables of the environment, without those of the steps inside it.
func Env(step Step) []*Ref {
	var refs []*Ref
	texts(step, func(t *Text, _ place) {
		for _, ref := range t.Refs() {
			if ref.Kind == RefEnv {
				refs = append(refs, ref)
			}
		}
	})
	return refs
}

// Info returns what reports say of a step.
func Info(step Step) scenarios.Step {
	c := step.common()
	return scenarios.Step{
		Path: c.Path, Kind: c.Kind, Title: describe(step), Name: c.Name, Tags: c.Tags,
		File: c.File, Line: c.Line, Column: c.Column,
	}
}

// Info returns what reports say of the steps, for [scenarios.Recorder.Scenario].
func (s *Scenario) Info() []scenarios.Step {
	var steps []scenarios.Step
	for step := range s.All() {
		steps = append(steps, Info(step))
	}
	return steps
}

// Find returns the step with a path such as 8.2, or with a name: of the scenario itself, or else of one that it plays. The
// error names the nearest.
func (s *Scenario) Find(word string) (Step, error) {
	var known []string
	var played Step
	for step := range s.All() {
		c := step.common()
		switch {
		case c.Path == word, c.Name == word && word != "" && c.File == s.File:
			return step, nil
		case c.Name == word && word != "" && played == nil:
			played = step
		case c.Name != "":
			known = append(known, c.Name)
		}
	}
	if played != nil {
		return played, nil
	}
	if near := naming.Nearest(word, known); near != "" {
		return nil, fmt.Errorf("%s has no step %q; did you mean %q?", s.File, shorten(word), near)
	}
	return nil, fmt.Errorf("%s has no step %q; a step is named by its path, such as 8 or 8.2, or by its name", s.File, shorten(word))
}
