package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/flags"
)

// clockCommand shows and advances the clock of a running provider.
func (a *app) clockCommand() *cobra.Command {
	c := a.clockCall("clock", "Show or advance the clock of a running provider", http.MethodGet, "/clock", flags.Subcommand)
	c.GroupID = groupRun
	c.Long = `Clock shows the time of a running provider. Clock advance moves a manual clock, which ` + "`semblance serve --clock manual`" + `
has, and with it retries and retention. It returns when everything that became due is done.`
	c.Example = `  semblance serve --clock manual --to 3000/webhooks      in another terminal
  semblance clock advance 15m                            make the retries of the next 15 minutes
  semblance clock`
	advance := a.clockCall("advance TIME", "Advance a manual clock by a TIME such as 10s, 15m or 24h", http.MethodPost, "/clock/advance", func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return errors.New("by how much? such as `semblance clock advance 15m`")
		}
		return nil
	})
	c.AddCommand(advance)
	return c
}

// clockCall is a command that calls the API, with its argument as the time to advance by, and prints the time.
func (a *app) clockCall(use, short, method, path string, args cobra.PositionalArgs) *cobra.Command {
	var via client.Flags
	var format string
	c := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			provider, err := via.Open()
			if err != nil {
				return err
			}
			var body any
			if len(args) > 0 {
				body = map[string]string{"by": args[0]}
			}
			var raw json.RawMessage
			if err := provider.Call(c.Context(), method, path, body, &raw); err != nil {
				return err
			}
			var now struct{ Now time.Time }
			if err := json.Unmarshal(raw, &now); err != nil {
				return fmt.Errorf("reading the time: %w", err)
			}
			if format == "json" {
				fmt.Fprintf(a.out, "%s\n", raw)
				return nil
			}
			fmt.Fprintf(a.out, "%s UTC\n", now.Now.Format(time.DateTime))
			return nil
		},
	}
	flags.AddFormat(c, &format, "output format")
	via.Add(c)
	return c
}
