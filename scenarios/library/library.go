// Package library holds the scenarios that come with Semblance, as files: each mirrors how the real thing goes right or
// wrong, and says in its description what it teaches. They judge answers alone, so they pass at any correct receiver;
// what only the reference receiver can show is a step of its own, skipped elsewhere.
//
//	scenarios, err := library.Scenarios()
//	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, "first-visit")
package library

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"semblance/scenarios/script"
	"semblance/schemas/naming"
)

//go:embed *.yaml
var files embed.FS

// Files returns the scenarios as files, NAME.yaml each.
func Files() fs.FS { return files }

// Scenario is one scenario of the library.
type Scenario struct {
	Name     string // what play takes: the file's name without .yaml
	Scenario *script.Scenario
}

// Names returns the names of all scenarios, sorted: what play takes.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil { // it is embedded
		panic("library: " + err.Error())
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Read returns the file of a scenario.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name + ".yaml")
	if err == nil {
		return data, nil
	}
	if near := naming.Nearest(name, Names()); near != "" {
		return nil, fmt.Errorf("the library has no scenario %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("the library has no scenario %q", name)
}

// Scenarios reads all scenarios, sorted by name.
func Scenarios() ([]Scenario, error) {
	names := Names()
	scenarios := make([]Scenario, len(names))
	for i, name := range names {
		scenario, err := script.Load(script.Files{Scenarios: files}, name)
		if err != nil {
			return nil, fmt.Errorf("reading the scenario %s: %w", name, err)
		}
		scenarios[i] = Scenario{Name: name, Scenario: scenario}
	}
	return scenarios, nil
}
