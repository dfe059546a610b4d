package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"semblance/scenarios/library"
	"semblance/scenarios/script"
	"semblance/schemas/naming"
)

// scenarioCommand is about scenario files, and plays none.
func (a *app) scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "scenario",
		Short:   "Check scenario files; list and show the scenarios that come with Semblance",
		GroupID: groupScenarios,
		Args:    func(c *cobra.Command, given []string) error { return unknownScenarioCommand(c, given) },
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.lintCommand(), a.listScenariosCommand(), a.showScenarioCommand())
	for _, child := range c.Commands() {
		child.Flags().SortFlags = false
	}
	return c
}

// unknownScenarioCommand refuses a word that is none of lint, list and show.
func unknownScenarioCommand(c *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	var known []string
	for _, child := range c.Commands() {
		known = append(known, child.Name())
	}
	if near := naming.Nearest(given[0], known); near != "" {
		return usagef("unknown command %q; did you mean `semblance scenario %s`?", given[0], near)
	}
	return usagef("unknown command %q; expected %s, or `semblance play %[1]s`", given[0], either(known))
}

func (a *app) lintCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "lint STORY...",
		Short: "Check scenarios without playing them, and say everything that is wrong",
		Long: `Lint reads scenarios as play does and says everything that can be known to be wrong before the first send, each with
its line. A STORY is a file, a folder (all .yaml files in it), or one that comes with Semblance.

The exit code is 0 when the scenarios can be played, with or without warnings, and 2 when one of them cannot.`,
		Example: `  semblance scenario lint first-scenario.yaml
  semblance scenario lint scenarios/
  semblance scenario lint scenarios/ --format json   for an editor or a script`,
		ValidArgsFunction: completeScenarios,
		RunE:              func(_ *cobra.Command, args []string) error { return a.lint(args, format) },
	}
	addChoice(c, &format, "format", "how to print; json is one problem a line", "text", "json")
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

// lint checks all files before it says how many are wrong.
func (a *app) lint(words []string, format string) error {
	if len(words) == 0 {
		return usagef("no scenario; name the files or the folder to check")
	}
	names, err := a.findScenarios(words)
	if err != nil {
		return usageError(err)
	}
	errors, warnings, wrong := 0, 0, 0
	for _, name := range names {
		scenario, problems := loadScenario(name)
		if scenario == nil {
			wrong++
		}
		e, w := problems.Count()
		errors, warnings = errors+e, warnings+w
		if format == "text" {
			a.printProblems(problems)
			continue
		}
		for _, p := range problems {
			if err := writeLine(a.out, problemJSON{p.File, p.Pos.Line, p.Column, p.Severity, p.Message}); err != nil {
				return err
			}
		}
	}
	if format == "text" {
		fmt.Fprintf(a.out, "%s: %s, %s\n", count(len(names), "file"), a.counted(errors, "error"), count(warnings, "warning"))
	}
	if wrong > 0 {
		return silent(exitUsage)
	}
	return nil
}

// counted is a number of what should not be there, in red where there is some.
func (a *app) counted(n int, noun string) string {
	if n == 0 {
		return count(n, noun)
	}
	return a.out.red(count(n, noun))
}

func (a *app) listScenariosCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that come with Semblance, and what each teaches",
		Example: `  semblance scenario list
  semblance scenario list --format json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.listScenarios(format) },
	}
	addChoice(c, &format, "format", "how to print", "text", "json")
	return c
}

// storyJSON is a scenario of the library as an object.
type scenarioJSON struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Steps       int      `json:"steps"`
	EventTypes  []string `json:"eventTypes"` // that its send steps name
}

func (a *app) listScenarios(format string) error {
	scenarios, err := library.Scenarios()
	if err != nil {
		return err
	}
	if format == "json" {
		list := make([]scenarioJSON, len(scenarios))
		for i, s := range scenarios {
			list[i] = scenarioJSON{Name: s.Name, Title: s.Scenario.Name, Description: s.Scenario.Description, EventTypes: sentTypes(s.Scenario)}
			for range s.Scenario.All() {
				list[i].Steps++
			}
		}
		return writeJSON(a.out, list)
	}
	for _, s := range scenarios {
		fmt.Fprintf(a.out, "%s  %s\n%s\n\n", a.out.bold(s.Name), a.out.faint(s.Scenario.Name), fold(s.Scenario.Description, 4, 100))
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "semblance play %s --to 3000/webhooks\tplay one at your receiver; '*' plays all\n", scenarios[0].Name)
	fmt.Fprintf(w, "semblance scenario show %s > my.yaml\tbegin one of your own with it\n", scenarios[0].Name)
	return w.Flush()
}

// sentTypes returns the event types that the send steps of a scenario name, each once, in the order of the file.
func sentTypes(scenario *script.Scenario) []string {
	names, seen := []string{}, map[string]bool{}
	for step := range scenario.All() {
		if send, ok := step.(*script.Send); ok && !seen[send.Type.Name] {
			seen[send.Type.Name] = true
			names = append(names, send.Type.Name)
		}
	}
	return names
}

// fold breaks a text into lines of a width, each behind a margin.
func fold(text string, margin, width int) string {
	var b strings.Builder
	column := width
	for _, word := range strings.Fields(text) {
		if n := len([]rune(word)); column+1+n > width {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.Repeat(" ", margin))
			column = margin + n
		} else {
			b.WriteByte(' ')
			column += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}

func (a *app) showScenarioCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a scenario that comes with Semblance, to read or to copy",
		Example: `  semblance scenario show first-visit
  semblance scenario show first-visit > my.yaml`,
		ValidArgsFunction: completeScenarios,
		RunE:              func(_ *cobra.Command, args []string) error { return a.showScenario(args) },
	}
}

// showStory prints the file as it is, but for where an editor finds the schema: beside the copy, where init puts it.
func (a *app) showScenario(args []string) error {
	if len(args) != 1 {
		return usagef("name one scenario; `semblance scenario list` shows them")
	}
	data, err := library.Read(args[0])
	if err != nil {
		return usageError(err)
	}
	_, err = a.out.Write(bytes.Replace(data, []byte("$schema=../../schemas/"), []byte("$schema="), 1))
	return err
}
