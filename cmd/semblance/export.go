package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios/report"
	"semblance/schemas/export"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/signature"
)

// documents returns what export writes: the documents of the catalogue, the schema of the report of checks, and the test
// vectors of the signature.
func documents() []export.Document {
	return append(export.Documents(), export.Document{
		Name: "checks", Summary: "the JSON Schema of the report of `check --report json=FILE`",
		Write: func(w io.Writer) error { _, err := w.Write(report.ChecksSchema()); return err },
	}, export.Document{
		Name: "vectors", Summary: "test vectors for a signature verifier",
		Write: func(w io.Writer) error { return export.Vectors(w, signature.Vectors()) },
	})
}

// exportCommand writes the provider's contract for other tools.
func (a *app) exportCommand() *cobra.Command {
	var out flags.Out
	var names []string
	var list strings.Builder
	for _, d := range documents() {
		names = append(names, d.Name)
		list.WriteString("  " + d.Name + strings.Repeat(" ", 10-len(d.Name)) + d.Summary + "\n")
	}
	c := &cobra.Command{
		Use:     "export " + strings.Join(names, "|"),
		Short:   "Export the event types and the signature for other tools",
		GroupID: groupReference,
		Long:    "Export writes one of these documents:\n\n" + list.String(),
		Example: `  semblance export asyncapi --out asyncapi.json
  semblance export schemas > payloads.schema.json`,
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.Usagef("name one document: %s", human.Or(names))
			}
			if !slices.Contains(names, args[0]) {
				return exit.Usagef("%s", naming.Unknown("document", args[0], names))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return out.Write(a.out, documents()[slices.Index(names, args[0])].Write)
		},
	}
	out.Add(c)
	return c
}
