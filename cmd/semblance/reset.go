package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/flags"
)

// resetCommand restores the first state of a running provider.
func (a *app) resetCommand() *cobra.Command {
	var via client.Flags
	c := &cobra.Command{
		Use:     "reset",
		Short:   "Return a running provider to its first state",
		GroupID: groupRun,
		Long: `Reset empties the journal of a running provider, also one that --data keeps in a file: no event, delivery or attempt
remains, the clinic has its first records, and the subscriptions are those of the start. Tokens are kept.`,
		Args: flags.None,
		RunE: func(c *cobra.Command, _ []string) error {
			provider, err := via.Open()
			if err != nil {
				return err
			}
			if err := provider.Call(c.Context(), http.MethodPost, "/reset", nil, nil); err != nil {
				return err
			}
			fmt.Fprintln(a.out, "the provider has its first state again")
			return nil
		},
	}
	via.Add(c)
	return c
}
