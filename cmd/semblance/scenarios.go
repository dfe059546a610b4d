package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/scenarios/library"
	"semblance/scenarios/script"
	"semblance/schemas/naming"
)

// readStories reads all scenarios that the words name. What is wrong with them is printed, of every file, and nothing is
// played then.
func (a *app) readScenarios(words []string) ([]*script.Scenario, error) {
	if len(words) == 0 {
		return nil, usagef("no scenario; name a file, or one that comes with Semblance, such as first-visit (`semblance scenario list` shows them)")
	}
	names, err := a.findScenarios(words)
	if err != nil {
		return nil, usageError(err)
	}
	scenarios := make([]*script.Scenario, 0, len(names))
	wrong := 0
	for _, name := range names {
		scenario, problems := loadScenario(name)
		a.printProblems(problems)
		if scenario == nil {
			wrong++
			continue
		}
		scenarios = append(scenarios, scenario)
	}
	if wrong > 0 {
		return nil, usagef("%s cannot be played; nothing was sent", count(wrong, "scenario"))
	}
	return scenarios, nil
}

// loadStory reads a scenario. Without one, the problems say why.
func loadScenario(name string) (*script.Scenario, script.Problems) {
	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, name)
	if err == nil {
		return scenario, scenario.Warnings
	}
	var problems script.Problems
	if !errors.As(err, &problems) {
		problems = script.Problems{{Pos: script.Pos{File: name}, Severity: script.Error, Message: err.Error()}}
	}
	return nil, problems
}

// printProblems prints what is wrong with scenarios, each with its line and a caret.
func (a *app) printProblems(problems script.Problems) {
	for _, p := range problems {
		place, colour := p.Pos.String(), a.err.red
		if p.Severity == script.Warning {
			colour = a.err.yellow
		}
		fmt.Fprintf(a.err, "%s%s\n%s", colour(place), strings.TrimPrefix(p.String(), place), p.Excerpt())
	}
}

// findStories returns the names of scenarios that the words stand for: a folder for the scenarios in it, a pattern for
// those of the library that fit, and anything else for itself.
func (a *app) findScenarios(words []string) ([]string, error) {
	var names []string
	for _, word := range words {
		found := []string{word}
		if info, err := os.Stat(word); err == nil && info.IsDir() {
			if found, err = scenariosIn(word); err != nil {
				return nil, err
			}
		} else if err != nil && strings.Contains(word, "*") {
			if found, err = scenariosLike(word); err != nil {
				return nil, err
			}
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// storiesIn returns the YAML files of a folder, sorted. JSON files are not among them: most of those beside scenarios are
// schemas.
func scenariosIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder %s: %w", folder, withoutPath(err))
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, filepath.Join(folder, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no .yaml file", folder)
	}
	return names, nil
}

// storiesLike returns the scenarios of the library whose names fit a pattern.
func scenariosLike(pattern string) ([]string, error) {
	var names []string
	for _, name := range library.Names() {
		if naming.Match(pattern, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no scenario that comes with Semblance fits %q; `semblance scenario list` shows them", pattern)
	}
	return names, nil
}

// knownTags refuses a tag that no step has: a scenario of which nothing is played passes.
func knownTags(scenarios []*script.Scenario, tags []string) error {
	var known []string
	for _, scenario := range scenarios {
		for step := range scenario.All() {
			known = append(known, script.Of(step).Tags...)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, tag := range tags {
		if slices.Contains(known, tag) {
			continue
		}
		if near := naming.Nearest(tag, known); near != "" {
			return fmt.Errorf("--tag %s: no step has that tag; did you mean %q?", tag, near)
		}
		if len(known) == 0 {
			return fmt.Errorf("--tag %s: no step has a tag", tag)
		}
		return fmt.Errorf("--tag %s: no step has that tag; there are %s", tag, strings.Join(known, ", "))
	}
	return nil
}

// completeStories completes the names of the library's scenarios, and files.
func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return library.Names(), cobra.ShellCompDirectiveDefault
}
