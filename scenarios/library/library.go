// Package library contains the scenarios that come with Semblance, one file each. Their descriptions name the situation and
// its lesson. They judge responses only and pass at any correct receiver; steps that need the reference receiver are
// skipped at others.
//
//	scenarios, err := library.Scenarios()
//	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, "first-visit")
package library

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

//go:embed *.yaml
var files embed.FS

// Files returns the scenarios as files: NAME.yaml is the scenario NAME.
func Files() fs.FS { return files }

// Scenario is a scenario of the library.
type Scenario struct {
	Name     string // the name for `semblance play`: that of the file without .yaml
	Scenario *script.Scenario
}

// Names returns the names of all scenarios, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil { // it is embedded
		panic("library: " + err.Error())
	}
	return naming.List(entries, func(e fs.DirEntry) string { return strings.TrimSuffix(e.Name(), ".yaml") })
}

// Read returns the file of a scenario.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("unknown scenario %s%s", human.Quoted(name), cmp.Or(naming.Hint(name, Names()), "; `semblance scenario list` shows them"))
	}
	return data, nil
}

// Scenarios loads all scenarios, sorted by name.
func Scenarios() ([]Scenario, error) {
	names := Names()
	scenarios := make([]Scenario, len(names))
	for i, name := range names {
		scenario, err := script.Load(script.Files{Scenarios: files}, name)
		if err != nil {
			return nil, fmt.Errorf("loading the scenario %s: %w", name, err)
		}
		scenarios[i] = Scenario{Name: name, Scenario: scenario}
	}
	return scenarios, nil
}
