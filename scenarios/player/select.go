package player

import (
	"fmt"
	"slices"
	"strings"

	"semblance/scenarios/script"
)

// Selection says which steps of a scenario are played. The zero value plays all.
type Selection struct {
	Tags  []string // steps with one of these tags, and all inside them
	Until string   // the path or name of the last step to be played
	Only  string   // the path or name of the one step to be played
}

// selected is a selection for one scenario.
type selected struct {
	paths  map[string]bool // nil: all
	last   string          // path of the step after which the scenario stops, or ""
	reason string          // why a step that is not selected is skipped
}

// resolve finds the selected steps of a scenario.
func (x Selection) resolve(scenario *script.Scenario) (selected, error) {
	var s selected
	if x.Until != "" {
		step, err := scenario.Find(x.Until)
		if err != nil {
			return s, fmt.Errorf("--until: %w", err)
		}
		s.last = script.Of(step).Path
	}
	switch {
	case x.Only != "":
		step, err := scenario.Find(x.Only)
		if err != nil {
			return s, fmt.Errorf("--only: %w", err)
		}
		s.last = script.Of(step).Path
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

// plays reports whether the step with the path is selected, itself or by a step that it is inside of.
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

// below reports whether a step inside the one with the path is selected.
func (s *selected) below(path string) bool {
	for p := range s.paths {
		if strings.HasPrefix(p, path+".") {
			return true
		}
	}
	return false
}
