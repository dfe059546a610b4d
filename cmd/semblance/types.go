package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/export"
	"semblance/schemas/human"
)

// typesCommand writes the types of the payloads for a receiver's code.
func (a *app) typesCommand() *cobra.Command {
	var language string
	var out flags.Out
	names := []string{""} // without a default
	for _, l := range export.Languages() {
		names = append(names, l.Name)
	}
	c := &cobra.Command{
		Use:     "types --lang " + strings.Join(names[1:], "|"),
		Short:   "Generate the types of the payloads in a language",
		GroupID: groupReceive,
		Long: `Types writes the payloads of all event types as types of a language: in Go one struct each, and Parse; in TypeScript a
union with eventType as the discriminator. An optional identifier is optional there, too.`,
		Example: `  semblance types --lang typescript > events.ts
  semblance types --lang go --out events/events.go`,
		Args: flags.None,
		RunE: func(*cobra.Command, []string) error {
			if language == "" {
				return exit.Usagef("no language; use --lang %s", human.Or(names[1:]))
			}
			return out.Write(a.out, func(w io.Writer) error { return export.Types(w, language) })
		},
	}
	flags.AddChoice(c, &language, "lang", "language of the types", names...)
	out.Add(c)
	return c
}
