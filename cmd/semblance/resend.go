package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"semblance/simulator"
)

// resendFlags are the flags of resend.
type resendFlags struct {
	client clientFlags
	anew   bool
	format string
}

// resendCommand has a running provider send an attempt once more.
func (a *app) resendCommand() *cobra.Command {
	f := &resendFlags{}
	c := &cobra.Command{
		Use:     "resend ATTEMPT",
		Short:   "Have a running provider send an attempt once more",
		GroupID: groupRun,
		Long: `Resend has a running provider send an attempt of its journal once more, at once: the same bytes under the same
signature, as a network that repeats itself would; or, with --anew, a new attempt with an eventId and a signature of its
own, as the provider's retry is.

The exit code is 0 when the receiver accepted it, 1 when it did not, and 3 when it did not answer.`,
		Example: `  semblance log                    the attempts, with their ids
  semblance resend 42
  semblance resend 42 --anew`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !isDigits(args[0]) {
				return usagef("`%s` takes the id of one attempt, a whole number; `semblance log` shows them", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.resend(c.Context(), args[0], f) },
	}
	c.Flags().BoolVar(&f.anew, "anew", false, "a new attempt, signed anew, in place of the same bytes")
	addChoice(c, &f.format, "format", "how to print the new attempt", "text", "json")
	f.client.add(c)
	return c
}

func (a *app) resend(ctx context.Context, id string, f *resendFlags) error {
	client, err := f.client.open()
	if err != nil {
		return err
	}
	var l loggedAttempt
	if err := client.call(ctx, http.MethodPost, "/attempts/"+id+"/resend", map[string]bool{"newAttempt": f.anew}, &l); err != nil {
		return err
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", l.raw)
	} else {
		attempt := &simulator.Attempt{Request: *l.Request, Response: *l.Response}
		fmt.Fprintf(a.out, "%s %s [attempt %d]\n", a.out.bold("-->"), title(l.Request), l.ID)
		fmt.Fprintf(a.out, "%s %s\n", a.out.bold("<--"), answer(a.out, attempt, l.Outcome == "accepted"))
	}
	switch l.Outcome {
	case "accepted":
		return nil
	case "unanswered":
		return silent(exitUnreached)
	}
	return silent(exitFailed)
}
