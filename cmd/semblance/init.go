package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"semblance/scenarios/report"
	"semblance/schemas"
)

// firstScenario is what init writes: a scenario that runs as it is, and the tutorial of the language.
//
//go:embed first-scenario.yaml
var firstScenario string

const (
	firstName  = "first-scenario.yaml"
	schemaName = "scenario.schema.json" // as the first line of the scenario names it
)

// initCommand writes a first scenario.
func (a *app) initCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:     "init [FILE]",
		Short:   "Write a first scenario, ready to play and to edit",
		GroupID: groupScenarios,
		Long: `Init writes a commented scenario that plays at once and explains the language as it goes, and beside it the JSON Schema
that its first line names: an editor with the YAML language server completes and explains every key, without a network.`,
		Example: `  semblance init                     writes ` + firstName + `
  semblance init scenarios/booking.yaml
  semblance play ` + firstName,
		RunE: func(_ *cobra.Command, args []string) error { return a.init(args, force) },
	}
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return c
}

// init writes the scenario and its schema. What is there stays, unless it is the same.
func (a *app) init(args []string, force bool) error {
	if err := atMostOne(args); err != nil {
		return usageError(err)
	}
	name := firstName
	if len(args) == 1 {
		name = args[0]
	}
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return usagef("%s: a scenario that people write is YAML; call it %s", name, strings.TrimSuffix(name, ext)+".yaml")
	}
	schema := filepath.Join(filepath.Dir(name), schemaName)
	files := []newFile{
		{name, []byte(strings.ReplaceAll(firstScenario, firstName, filepath.ToSlash(name))), ""},
		{schema, schemas.ScenarioSchema(), `"$id": "semblance:scenario"`}, // of another version of Semblance
	}
	for _, f := range files {
		if err := f.check(force); err != nil {
			return usageError(err)
		}
	}
	for _, f := range files {
		if err := f.write(); err != nil {
			return usageError(err)
		}
	}
	fmt.Fprintf(a.out, "wrote %s, and %s for your editor\n\n", name, schema)
	fmt.Fprintf(a.out, "  semblance play %s                      at the built-in receiver\n", report.Shell(name))
	fmt.Fprintf(a.out, "  semblance play %s --to 3000/webhooks   at yours\n", report.Shell(name))
	return nil
}

// newFile is a file that init writes.
type newFile struct {
	name string
	data []byte
	ours string // what a file of that name holds that is ours to replace
}

// check refuses to write over what somebody else wrote.
func (f *newFile) check(force bool) error {
	there, err := os.ReadFile(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", f.name, withoutPath(err))
	case force, bytes.Equal(there, f.data), f.ours != "" && bytes.Contains(there, []byte(f.ours)):
		return nil
	}
	return fmt.Errorf("%s is there already; choose another name, or write over it with --force", f.name)
}

func (f *newFile) write() error {
	err := writeWhole(f.name, func(w io.Writer) error {
		_, err := w.Write(f.data)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", f.name, withoutPath(err))
	}
	return nil
}
