package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/build"
	"semblance/cmd/semblance/internal/flags"
)

// versionCommand prints the version.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		GroupID: groupReference,
		Args:    flags.None,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(a.out, build.Line())
			return nil
		},
	}
}
