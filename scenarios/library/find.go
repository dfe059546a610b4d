package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// Find returns the names of the scenarios that words stand for, each once: a folder stands for the YAML files in it, a
// pattern with * for scenarios of the library, and any other word for itself.
func Find(words []string) ([]string, error) {
	var names []string
	for _, word := range words {
		if word == "" {
			return nil, errors.New("a scenario has an empty name; `semblance scenario list` shows those of the library")
		}
		found := []string{word}
		info, err := os.Stat(word)
		switch {
		case err == nil && info.IsDir():
			found, err = inFolder(word)
		case err != nil && strings.Contains(word, "*"):
			found, err = matching(word)
		default:
			err = nil
		}
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// inFolder returns the YAML files of a folder, sorted. It leaves out schemas, and JSON files: most of those beside scenarios
// are schemas.
func inFolder(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = at.Err
		}
		return nil, fmt.Errorf("cannot read the folder %s: %w", folder, err)
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") && !isSchema(strings.TrimSuffix(e.Name(), ext)) {
			names = append(names, filepath.Join(folder, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no .yaml file", folder)
	}
	return names, nil
}

// isSchema reports whether a file beside scenarios is a schema by its name, such as ack.schema.yaml or openapi.yaml.
func isSchema(name string) bool {
	return strings.HasSuffix(name, ".schema") || name == "openapi" || name == "asyncapi" || name == "swagger"
}

// matching returns the scenarios of the library whose names match a pattern.
func matching(pattern string) ([]string, error) {
	names := slices.DeleteFunc(Names(), func(name string) bool { return !naming.Match(pattern, name) })
	if len(names) == 0 {
		return nil, fmt.Errorf("no scenario of the library matches %q; `semblance scenario list` shows them", pattern)
	}
	return names, nil
}

// LoadAll reads the scenarios that words stand for, see [Find]. The problems are those of all of them; the error says how many
// scenarios cannot be played.
func LoadAll(words []string) ([]*script.Scenario, script.Problems, error) {
	names, err := Find(words)
	if err != nil {
		return nil, nil, err
	}
	var all []*script.Scenario
	var problems script.Problems
	for _, name := range names {
		scenario, found := Load(name)
		problems = append(problems, found...)
		if scenario != nil {
			all = append(all, scenario)
		}
	}
	if unplayable := len(names) - len(all); unplayable > 0 {
		err = fmt.Errorf("%s cannot be played; nothing was sent", human.Count(unplayable, "scenario"))
	}
	return all, problems, err
}

// Load reads a scenario: a file, or a scenario of the library. If the scenario is nil, the problems say why; otherwise
// they are warnings.
func Load(name string) (*script.Scenario, script.Problems) {
	scenario, err := script.Load(script.Files{Scenarios: files}, name)
	if err == nil {
		return scenario, scenario.Warnings
	}
	problems, ok := errors.AsType[script.Problems](err)
	if !ok {
		problems = script.Problems{{Pos: script.Pos{File: name}, Severity: script.Error, Message: err.Error()}}
	}
	return nil, problems
}
