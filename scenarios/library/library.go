// Package library holds the stories that come with Semblance, as files: each mirrors how the real thing goes right or
// wrong, and says in its description what it teaches. They judge answers alone, so they pass at any correct receiver;
// what only the reference receiver can show is a step of its own, skipped elsewhere.
//
//	stories, err := library.Stories()
//	scenario, err := script.Load(script.Files{Stories: library.Files()}, "first-visit")
package library

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"semblance/scenarios/script"
	"semblance/schemas"
)

//go:embed *.yaml
var files embed.FS

// Files returns the stories as files, NAME.yaml each.
func Files() fs.FS { return files }

// Story is one story of the library.
type Story struct {
	Name     string // what play takes: the file's name without .yaml
	Scenario *script.Scenario
}

// Names returns the names of all stories, sorted: what play takes.
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

// Read returns the file of a story.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name + ".yaml")
	if err == nil {
		return data, nil
	}
	if near := schemas.Suggest(name, Names()); near != "" {
		return nil, fmt.Errorf("the library has no story %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("the library has no story %q", name)
}

// Stories reads all stories, sorted by name.
func Stories() ([]Story, error) {
	names := Names()
	stories := make([]Story, len(names))
	for i, name := range names {
		scenario, err := script.Load(script.Files{Stories: files}, name)
		if err != nil {
			return nil, fmt.Errorf("reading the story %s: %w", name, err)
		}
		stories[i] = Story{Name: name, Scenario: scenario}
	}
	return stories, nil
}
