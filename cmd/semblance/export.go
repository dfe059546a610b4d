package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/schemas/export"
	"semblance/schemas/naming"
	"semblance/simulator/signature"
)

// typesCommand writes the types of the payloads for a receiver's own code.
func (a *app) typesCommand() *cobra.Command {
	var language, out string
	var names []string
	for _, l := range export.Languages() {
		names = append(names, l.Name)
	}
	c := &cobra.Command{
		Use:     "types --lang " + strings.Join(names, "|"),
		Short:   "Write the types of the payloads, for the code of a receiver",
		GroupID: groupReceive,
		Long: `Types writes the payloads of all event types as types of a language: in Go a struct each, and Parse; in TypeScript a
union that eventType discriminates. An optional identifier is optional there, too.`,
		Example: `  semblance types --lang typescript > events.ts
  semblance types --lang go --out events/events.go`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if language == "" {
				return usagef("no language; say which with --lang %s", either(names))
			}
			return a.writeOut(out, func(w io.Writer) error { return export.Types(w, language) })
		},
	}
	c.Flags().Var(&choice{&language, names}, "lang", "the language of the types")
	c.Flags().StringVar(&out, "out", "", "write to this `FILE` (default the standard output)")
	complete(c, "lang", names)
	return c
}

// documents are what export writes: those that derive from the catalogue, and the signature's vectors.
func documents() []export.Document {
	return append(export.Documents(), export.Document{
		Name: "vectors", Summary: "test vectors of the signature, for a verifier of one's own",
		Write: func(w io.Writer) error { return export.Vectors(w, signature.Vectors()) },
	})
}

// exportCommand writes the provider's contract as other tools read it.
func (a *app) exportCommand() *cobra.Command {
	var out string
	var names []string
	var list strings.Builder
	for _, d := range documents() {
		names = append(names, d.Name)
		list.WriteString("  " + d.Name + strings.Repeat(" ", 10-len(d.Name)) + d.Summary + "\n")
	}
	c := &cobra.Command{
		Use:     "export " + strings.Join(names, "|"),
		Short:   "Write the event types and the signature as other tools read them",
		GroupID: groupKnow,
		Long:    "Export writes one of these documents:\n\n" + list.String(),
		Example: `  semblance export asyncapi --out asyncapi.json
  semblance export schemas > payloads.schema.json`,
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one document: %s", either(names))
			}
			i := slices.Index(names, args[0])
			if i < 0 {
				if near := naming.Nearest(args[0], names); near != "" {
					return usagef("unknown document %q; did you mean %q?", args[0], near)
				}
				return usagef("unknown document %q; expected %s", args[0], either(names))
			}
			return a.writeOut(out, documents()[i].Write)
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `FILE` (default the standard output)")
	return c
}

// writeOut writes to a file, whole or not at all, or to the standard output.
func (a *app) writeOut(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(a.out)
	}
	if err := writeWhole(path, write); err != nil {
		return trouble("cannot write %s: %w", path, withoutPath(err))
	}
	return nil
}
