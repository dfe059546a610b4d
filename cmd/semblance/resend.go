package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/simulator"
)

type resendFlags struct {
	client client.Flags
	anew   bool
	format string
}

// resendCommand makes a running provider repeat an attempt.
func (a *app) resendCommand() *cobra.Command {
	f := &resendFlags{}
	c := &cobra.Command{
		Use:     "resend ATTEMPT",
		Short:   "Make a running provider repeat an attempt",
		GroupID: groupRun,
		Long: `Resend makes a running provider repeat an attempt of its journal at once. By default it sends the same bytes under the
same signature, as a network that duplicates requests would. With --anew it makes a new attempt with a new eventId and a
new signature, as the provider's retry is.

Exit code: 0 the receiver accepted it; 1 it did not; 3 there was no response.`,
		Example: `  semblance log                    the attempts and their ids
  semblance resend 42
  semblance resend 42 --anew`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !flags.Digits(args[0]) {
				return fmt.Errorf("`%s` takes the id of one attempt, a whole number; `semblance log` shows them", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.resend(c.Context(), args[0], f) },
	}
	c.Flags().BoolVar(&f.anew, "anew", false, "make a new attempt with a new eventId and signature")
	flags.AddFormat(c, &f.format, "output format")
	f.client.Add(c)
	return c
}

func (a *app) resend(ctx context.Context, id string, f *resendFlags) error {
	client, err := f.client.Open()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := client.Call(ctx, http.MethodPost, "/attempts/"+id+"/resend", map[string]bool{"newAttempt": f.anew}, &raw); err != nil {
		return err
	}
	var attempt struct {
		ID       int64              `json:"id"`
		Outcome  string             `json:"outcome"`
		Request  simulator.Request  `json:"request"`
		Response simulator.Response `json:"response"`
	}
	if err := json.Unmarshal(raw, &attempt); err != nil {
		return fmt.Errorf("reading the attempt: %w", err)
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", raw)
	} else {
		text := a.out.text(false)
		fmt.Fprintf(a.out, "%s [attempt %d]\n", text.RequestLine(&attempt.Request), attempt.ID)
		fmt.Fprintf(a.out, "%s\n", text.ResponseLine(&attempt.Response, attempt.Outcome == "accepted"))
	}
	switch attempt.Outcome {
	case "accepted":
		return nil
	case "unanswered":
		return exit.Silent(scenarios.ExitUnreached)
	}
	return exit.Silent(scenarios.ExitFailed)
}
