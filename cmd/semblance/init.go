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

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/files"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas"
	"semblance/simulator/capture"
)

// firstScenario is the scenario that init writes: a tutorial of the language that plays unchanged.
//
//go:embed first.semblance.yaml
var firstScenario string

const (
	// scenarioSuffix is the recommended end of a scenario's file name: schemas/schemastore.json has editors apply the schema to
	// these files.
	scenarioSuffix = ".semblance.yaml"

	firstName  = "first" + scenarioSuffix
	schemaName = "scenario.schema.json" // as the first line of the scenario names it
)

// initCommand writes a first scenario.
func (a *app) initCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:     "init [FILE]",
		Short:   "Write a first scenario, ready to play and edit",
		GroupID: groupScenarios,
		Long: `Init writes a commented scenario that plays unchanged and explains the language. Beside it, init writes the JSON Schema
that the scenario's first line names: with it, an editor with the YAML language server completes and explains every key.
Names that end in ` + scenarioSuffix + ` are recommended: one setting of the editor then applies the schema to all of them.`,
		Example: `  semblance init                     writes ` + firstName + `
  semblance init scenarios/booking.semblance.yaml
  semblance play ` + firstName,
		Args: flags.AtMostOne("one file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.init(args, force) },
	}
	c.Flags().BoolVar(&force, "force", false, "overwrite existing files")
	return c
}

// init writes the scenario and its schema. It does not overwrite files with other content.
func (a *app) init(args []string, force bool) error {
	name := firstName
	if len(args) == 1 {
		name = args[0]
	}
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return exit.Usagef("%s: a scenario is a YAML file; call it %s", name, strings.TrimSuffix(name, ext)+scenarioSuffix)
	}
	schema := filepath.Join(filepath.Dir(name), schemaName)
	created := []newFile{
		{name, []byte(strings.ReplaceAll(firstScenario, firstName, filepath.ToSlash(name))), ""},
		{schema, schemas.ScenarioSchema(), `"$id": "semblance:scenario"`}, // perhaps from another version of Semblance
	}
	for _, f := range created {
		if err := f.check(force); err != nil {
			return exit.Usage(err)
		}
	}
	for _, f := range created {
		if err := f.write(); err != nil {
			return exit.Usage(err)
		}
	}
	fmt.Fprintf(a.out, "wrote %s, and %s for your editor\n\n", name, schema)
	fmt.Fprintf(a.out, "  semblance play %s                      play it at the built-in receiver\n", capture.Shell(name))
	fmt.Fprintf(a.out, "  semblance play %s --to 3000/webhooks   play it at your receiver\n", capture.Shell(name))
	return nil
}

// newFile is a file that init writes.
type newFile struct {
	name string
	data []byte
	mark string // text of a file that init may replace
}

// check returns an error if the file exists with content that init must not replace.
func (f *newFile) check(force bool) error {
	existing, err := os.ReadFile(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", f.name, files.WithoutPath(err))
	case force, bytes.Equal(existing, f.data), f.mark != "" && bytes.Contains(existing, []byte(f.mark)):
		return nil
	}
	return fmt.Errorf("%s already exists; choose another name, or overwrite it with --force", f.name)
}

func (f *newFile) write() error {
	err := files.Write(f.name, func(w io.Writer) error {
		_, err := w.Write(f.data)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", f.name, files.WithoutPath(err))
	}
	return nil
}
