package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// scenarioCommand checks, lists and shows scenarios; it plays none.
func (a *app) scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "scenario",
		Short:   "Check scenario files; list and show the scenarios of the library",
		GroupID: groupScenarios,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.lintCommand(), a.listScenariosCommand(), a.showScenarioCommand())
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		message := naming.Unknown("command", args[0], []string{"lint", "list", "show"})
		return fmt.Errorf("%s; to play a scenario: `semblance play %s`", message, args[0])
	}
	return c
}

func (a *app) lintCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "lint SCENARIO...",
		Short: "Check scenarios without playing them",
		Long: `Lint reads scenarios as play does and prints every problem that can be found before the first request, with its line. A
SCENARIO is a file, a folder (all .yaml files in it), or a scenario of the library.

Exit code: 0 the scenarios can be played, with or without warnings; 2 one of them cannot.`,
		Example: `  semblance scenario lint first.semblance.yaml
  semblance scenario lint scenarios/
  semblance scenario lint scenarios/ --format json   for an editor or a script`,
		ValidArgsFunction: flags.Scenarios,
		RunE:              func(_ *cobra.Command, args []string) error { return a.lint(args, format) },
	}
	flags.AddFormat(c, &format, "output format; json is one problem per line")
	return c
}

// problemJSON is a problem as an object.
type problemJSON struct {
	File     string          `json:"file"`
	Line     int             `json:"line,omitempty"`
	Column   int             `json:"column,omitempty"`
	Severity script.Severity `json:"severity"`
	Message  string          `json:"message"`
}

func (a *app) lint(words []string, format string) error {
	if len(words) == 0 {
		return exit.Usagef("no scenario; name the files or the folder to check")
	}
	names, err := library.Find(words)
	if err != nil {
		return exit.Usage(err)
	}
	errors, warnings, unplayable := 0, 0, 0
	for _, name := range names {
		scenario, problems := library.Load(name)
		if scenario == nil {
			unplayable++
		}
		e, w := problems.Count()
		errors, warnings = errors+e, warnings+w
		if format == "text" {
			a.err.problems(problems)
			continue
		}
		for _, p := range problems {
			if err := report.Line(a.out, problemJSON{p.File, p.Pos.Line, p.Column, p.Severity, p.Message}); err != nil {
				return err
			}
		}
	}
	if format == "text" {
		count := human.Count(errors, "error")
		if errors > 0 {
			count = a.out.red(count)
		}
		fmt.Fprintf(a.out, "%s: %s, %s\n", human.Count(len(names), "file"), count, human.Count(warnings, "warning"))
	}
	if unplayable > 0 {
		return exit.Silent(scenarios.ExitUsage)
	}
	return nil
}

func (a *app) listScenariosCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list [NAME...]",
		Short: "List the scenarios of the library, or say what some of them teach",
		Example: `  semblance scenario list
  semblance scenario list duplicates 'secret-*'   what these teach
  semblance scenario list --format json`,
		ValidArgsFunction: flags.Scenarios,
		RunE:              func(_ *cobra.Command, args []string) error { return a.listScenarios(args, format) },
	}
	flags.AddFormat(c, &format, "output format")
	return c
}

// scenarioJSON is a scenario of the library as an object.
type scenarioJSON struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Steps       int      `json:"steps"`
	EventTypes  []string `json:"eventTypes"` // of its send steps
}

// listScenarios prints a line for each scenario of the library, or a paragraph for each one that a word matches.
func (a *app) listScenarios(words []string, format string) error {
	all, err := library.Scenarios()
	if err != nil {
		return err
	}
	if len(words) > 0 {
		names, err := library.Find(words)
		if err != nil {
			return exit.Usage(err)
		}
		for _, name := range names {
			if _, err := library.Read(name); err != nil {
				return exit.Usage(err)
			}
		}
		all = slices.DeleteFunc(all, func(s library.Scenario) bool { return !slices.Contains(names, s.Name) })
	}
	if format == "json" {
		list := make([]scenarioJSON, len(all))
		for i, s := range all {
			list[i] = scenarioJSON{Name: s.Name, Title: s.Scenario.Name, Description: s.Scenario.Description, EventTypes: sentTypes(s.Scenario)}
			for range s.Scenario.All() {
				list[i].Steps++
			}
		}
		return a.out.json(list)
	}
	for _, s := range all {
		if len(words) == 0 {
			fmt.Fprintf(a.out, "%-31s %s\n", s.Name, s.Scenario.Name)
			continue
		}
		fmt.Fprintf(a.out, "%s  %s\n    %s\n\n", a.out.bold(s.Name), a.out.faint(s.Scenario.Name), report.Wrap(s.Scenario.Description, 96, 4))
	}
	if len(words) == 0 {
		fmt.Fprint(a.out, `
semblance scenario list first-visit              what it teaches
semblance play first-visit --to 3000/webhooks    play it at your receiver; '*' plays all
semblance scenario show first-visit > my.yaml    start your own from it
`)
	}
	return nil
}

// sentTypes returns the event types of a scenario's send steps, each once, in the order of the file.
func sentTypes(scenario *script.Scenario) []string {
	names, seen := []string{}, map[string]bool{}
	for step := range scenario.All() {
		if _, sends := step.(*script.Send); !sends {
			continue
		}
		for _, b := range script.Bindings(step, nil) {
			if !seen[b.Type.Name] {
				seen[b.Type.Name] = true
				names = append(names, b.Type.Name)
			}
		}
	}
	return names
}

func (a *app) showScenarioCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a scenario of the library, to read or copy",
		Example: `  semblance scenario show first-visit
  semblance scenario show first-visit > my.yaml`,
		ValidArgsFunction: flags.Scenarios,
		RunE:              func(_ *cobra.Command, args []string) error { return a.showScenario(args) },
	}
}

// showScenario prints the file. Its first line names the schema beside the copy, where init writes it.
func (a *app) showScenario(args []string) error {
	if len(args) != 1 {
		return exit.Usagef("name one scenario; `semblance scenario list` shows them")
	}
	data, err := library.Read(args[0])
	if err != nil {
		return exit.Usage(err)
	}
	_, err = a.out.Write(bytes.Replace(data, []byte("$schema=../../schemas/"), []byte("$schema="), 1))
	return err
}
