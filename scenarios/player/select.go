package player

import (
	"fmt"
	"slices"
	"strings"

	"semblance/scenarios/script"
)

// Selection says which steps of a scenario are played. The zero value selects all.
type Selection struct {
	Tags  []string // steps with one of these tags, and the steps inside them
	Until string   // path or name of the last step to play
	Only  string   // path or name of the only step to play
}

// selected is a selection, resolved for one scenario.
type selected struct {
	paths  map[string]bool // nil selects all
	last   string          // path of the step after which the scenario stops, or ""
	reason string          // why the other steps are skipped
}

func (x Selection) resolve(scenario *script.Scenario) (selected, error) {
	var s selected
	var err error
	if x.Until != "" {
		if s.last, err = find(scenario, "--until", x.Until); err != nil {
			return s, err
		}
	}
	switch {
	case x.Only != "":
		if s.last, err = find(scenario, "--only", x.Only); err != nil {
			return s, err
		}
		s.paths = map[string]bool{s.last: true}
		s.reason = "not selected by --only " + x.Only
	case len(x.Tags) > 0:
		s.paths = map[string]bool{}
		for _, step := range scenario.Info() {
			if slices.ContainsFunc(step.Tags, func(tag string) bool { return slices.Contains(x.Tags, tag) }) {
				s.paths[step.Path] = true
			}
		}
		s.reason = "not selected by --tag " + strings.Join(x.Tags, ", ")
	}
	return s, nil
}

// find returns the path of the step that a flag names.
func find(scenario *script.Scenario, flag, word string) (string, error) {
	step, err := scenario.Find(word)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return script.Of(step).Path, nil
}

// plays reports whether the step or a block around it is selected.
func (s *selected) plays(path string) bool {
	if s.paths == nil {
		return true
	}
	for {
		if s.paths[path] {
			return true
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return false
		}
		path = path[:i]
	}
}

// playsInside reports whether a step inside the block is selected.
func (s *selected) playsInside(path string) bool {
	for p := range s.paths {
		if strings.HasPrefix(p, path+".") {
			return true
		}
	}
	return false
}
