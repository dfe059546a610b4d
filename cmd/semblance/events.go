package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/fixtures"
	"semblance/scenarios/load"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
)

// eventsCommand lists the catalogue, or explains one event type.
func (a *app) eventsCommand() *cobra.Command {
	var format string
	var all bool
	c := &cobra.Command{
		Use:     "events [PATTERN...]",
		Short:   "List the event types, or explain one",
		GroupID: groupReference,
		Long: `Events lists the provider's event types with the identifiers that each carries. An identifier with ? is absent from the
payload if its record does not exist.

A full name explains that type: its identifiers, its JSON Schema and an example. In a pattern * matches any characters,
dots included; group:KEY is a group of the catalogue.`,
		Example: `  semblance events                            all that the provider sends today
  semblance events 'booking.*' 'patient.*'    some of them
  semblance events group:location             one group
  semblance events booking.created            one type, with its schema and an example
  semblance events --format markdown --all    tables for your documentation`,
		ValidArgsFunction: flags.Patterns,
		RunE:              func(_ *cobra.Command, patterns []string) error { return a.events(patterns, format, all) },
	}
	flags.AddChoice(c, &format, "format", "output format", "table", "json", "markdown")
	c.Flags().BoolVar(&all, "all", false, "include retired event types")
	return c
}

func (a *app) events(patterns []string, format string, all bool) error {
	types, err := selectTypes(patterns, all)
	if err != nil {
		return exit.Usage(err)
	}
	one := len(patterns) == 1 && len(types) == 1 && types[0].Name == patterns[0]
	switch {
	case format == "json" && one:
		full, err := describe(types[0])
		if err != nil {
			return err
		}
		return a.out.json(full)
	case format == "json":
		all := make([]schemas.Description, len(types))
		for i, t := range types {
			all[i] = t.Description()
		}
		return a.out.json(all)
	case format == "markdown":
		markdownTable(a.out, types)
	case one:
		return a.explain(types[0])
	default:
		a.table(types)
	}
	return nil
}

// selectTypes returns the event types that match a pattern, or all.
func selectTypes(patterns []string, all bool) ([]*schemas.EventType, error) {
	switch {
	case len(patterns) > 0:
		return schemas.MatchAny(patterns)
	case all:
		return schemas.AllWithRetired(), nil
	default:
		return schemas.All(), nil
	}
}

// table prints the types by group. The columns fit each group.
func (a *app) table(types []*schemas.EventType) {
	var out strings.Builder
	for start := 0; start < len(types); {
		group := types[start].Group
		end := start
		for end < len(types) && types[end].Group == group {
			end++
		}
		fmt.Fprintf(&out, "%s  %s\n", a.out.bold("group:"+group), a.out.faint(groupOf(group).Summary))
		w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		for _, t := range types[start:end] {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", t.Name, identifierList(t), typeSummary(t))
		}
		w.Flush() // to memory
		out.WriteByte('\n')
		start = end
	}
	fmt.Fprintf(&out, "%s. An identifier with ? is absent if its record does not exist.\n", human.Count(len(types), "event type"))
	io.WriteString(a.out, out.String())
}

// identifierList returns the identifiers of a type in one cell: "bookingId, patientId?".
func identifierList(t *schemas.EventType) string {
	var cells []string
	cells = append(cells, t.Required...)
	if len(t.OneOf) > 0 {
		var options []string
		for _, key := range t.OneOf {
			option := key
			for _, companion := range companions(t, key) {
				option += "+" + companion + "?"
			}
			options = append(options, option)
		}
		cells = append(cells, strings.Join(options, " or "))
	}
	for _, key := range t.Optional {
		cells = append(cells, key+"?")
	}
	return strings.Join(cells, ", ")
}

func companions(t *schemas.EventType, with string) []string {
	for _, c := range t.OptionalWith {
		if c.With == with {
			return c.Optional
		}
	}
	return nil
}

func typeSummary(t *schemas.EventType) string {
	if t.Retired() {
		return t.Summary + " (retired)"
	}
	return t.Summary
}

func groupOf(key string) schemas.Group {
	for _, g := range schemas.Groups() {
		if g.Key == key {
			return g
		}
	}
	return schemas.Group{Key: key}
}

// explain prints one type with its schema and an example.
func (a *app) explain(t *schemas.EventType) error {
	full, err := describe(t)
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s.\n\n", a.out.bold(t.Name), typeSummary(t))
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	group := groupOf(t.Group)
	fmt.Fprintf(w, "group\t%s (group:%s)\n", group.Title, group.Key)
	fmt.Fprintf(w, "evidence\t%s\n", evidence(t.Evidence))
	if t.FormerEnum != "" {
		fmt.Fprintf(w, "former enum\t%s, dropped by the provider on 2026-06-08\n", t.FormerEnum)
	}
	w.Flush() // to memory
	out.WriteString("\n" + a.out.bold("Identifiers") + "\n")
	for _, key := range t.Keys() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", key, t.Describe(key), presence(t, key))
	}
	for _, m := range t.Metadata {
		fmt.Fprintf(w, "  metadata.%s\t%s\t%s\n", m.Name, m.Type, fieldPresence(m))
	}
	w.Flush() // to memory
	fmt.Fprintf(&out, "\n%s\n%s\n", a.out.bold("Example"), indented(full.Example))
	fmt.Fprintf(&out, "\n%s\n%s\n", a.out.bold("Schema"), indented(full.Schema))
	fmt.Fprintf(&out, "\nsemblance send %s --to 3000/webhooks\n", t.Name)
	io.WriteString(a.out, out.String())
	return nil
}

func evidence(e schemas.Evidence) string {
	switch e {
	case schemas.EvidencePage:
		return "on an event reference page of the provider"
	case schemas.EvidenceReleaseNote:
		return "announced in a release note of the provider"
	case schemas.EvidenceInferred:
		return "the name is known; the identifiers are inferred"
	case schemas.EvidenceRetired:
		return "an old name that the provider's reference has dropped"
	}
	return string(e)
}

// presence says when a payload has an identifier.
func presence(t *schemas.EventType, key string) string {
	if slices.Contains(t.Required, key) {
		return "always"
	}
	if slices.Contains(t.OneOf, key) {
		return "either " + human.Or(t.OneOf)
	}
	for _, c := range t.OptionalWith {
		if slices.Contains(c.Optional, key) {
			return "with " + c.With + ", if the record exists"
		}
	}
	return "if the record exists"
}

func fieldPresence(m schemas.Field) string {
	if m.Optional {
		return "sometimes"
	}
	return "always"
}

// markdownTable prints one table per group.
func markdownTable(out io.Writer, types []*schemas.EventType) {
	var b strings.Builder
	group := ""
	for _, t := range types {
		if t.Group != group {
			if group != "" {
				b.WriteByte('\n')
			}
			group = t.Group
			g := groupOf(group)
			fmt.Fprintf(&b, "### %s\n\n%s.\n\n| Event type | Identifiers | What happened |\n| --- | --- | --- |\n", g.Title, g.Summary)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name, identifierList(t), typeSummary(t))
	}
	io.WriteString(out, b.String())
}

// describe returns a type with its schema and an example: the first event of a clinic.
func describe(t *schemas.EventType) (schemas.Description, error) {
	d := t.Description()
	system, _ := fixtures.SystemOf(t)
	event, err := fixtures.New(fixtures.Options{Seed: 1, System: system}).Event(fixtures.FirstDay(), t, fixtures.EventOptions{})
	if err != nil {
		return d, err
	}
	d.Schema = t.PayloadSchema()
	d.Example = simulator.AppendPayload(nil, load.DefaultSubscription, exampleEvent, &event)
	return d, nil
}

// exampleEvent is the eventId of an example.
const exampleEvent = "692597070fe21cfa5e6a010a"

// indented formats JSON for reading, with a margin of two spaces.
func indented(data []byte) string {
	var b bytes.Buffer
	b.WriteString("  ")
	if err := json.Indent(&b, bytes.TrimSpace(data), "  ", "  "); err != nil {
		return "  " + string(data)
	}
	return b.String()
}
