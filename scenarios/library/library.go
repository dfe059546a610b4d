// Package library holds the stories that come with Semblance, as files: each mirrors how the real thing goes right or
// wrong, and says in its description what it teaches. They judge answers alone, so they pass at any correct receiver;
// what only the reference receiver can show is a step of its own, skipped elsewhere.
//
//	stories, err := library.Stories()
//	scenario, err := script.Load(script.Files{Library: library.Files()}, "first-visit")
package library

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"semblance/scenarios/script"
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

// Stories reads all stories, sorted by name.
func Stories() ([]Story, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	stories := make([]Story, len(names))
	for i, file := range names {
		stories[i].Name = strings.TrimSuffix(file, ".yaml")
		if stories[i].Scenario, err = script.Load(script.Files{Library: files}, stories[i].Name); err != nil {
			return nil, fmt.Errorf("reading the story %s: %w", stories[i].Name, err)
		}
	}
	return stories, nil
}
