package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/editor"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/hint"
)

type resendFlags struct {
	client  client.Flags
	anew    bool
	edit    bool
	set     []string
	omit    []string
	invalid bool
	fault   string
	to      string
	headers []string
	format  string
}

// resendCommand makes a running provider repeat an attempt.
func (a *app) resendCommand() *cobra.Command {
	f := &resendFlags{}
	c := &cobra.Command{
		Use:     "resend ATTEMPT",
		Short:   "Make a running provider repeat an attempt, with changes if you like",
		GroupID: groupRun,
		Long: `Resend makes a running provider repeat an attempt of its journal at once. By default it sends the same bytes under the
same signature, as a network that duplicates requests would. With --anew it makes a new attempt with a new eventId and a
new signature, as the provider's retry is.

The other flags change the request first: its identifiers, its body in your editor (VISUAL, EDITOR), its headers, its
target, or a fault. With other identifiers or another body it is signed now. A changed request does not change the state of
its delivery.

Exit code: 0 the receiver accepted it; 1 it did not; 3 there was no response.`,
		Example: `  semblance log                                   the attempts and their ids
  semblance resend 42
  semblance resend 42 --anew
  semblance resend 42 --edit                      change the body in your editor
  semblance resend 42 --omit patientId --to 3001/webhooks
  semblance resend 42 --fault signature=tampered`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !flags.Digits(args[0]) {
				return fmt.Errorf("`%s` takes the id of one attempt, a whole number; `semblance log` shows them", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.resend(c.Context(), args[0], f) },
	}
	set := c.Flags()
	set.BoolVar(&f.anew, "anew", false, "make a new attempt with a new eventId and signature")
	set.BoolVar(&f.edit, "edit", false, "edit the body first")
	flags.AddIdentifiers(c, &f.set, nil, &f.omit)
	set.BoolVar(&f.invalid, "invalid", false, "allow a payload that breaks its schema")
	set.StringVar(&f.fault, "fault", "", "inject this `FAULT`, such as signature=tampered")
	set.StringVar(&f.to, "to", "", "send to `TARGET`: a port, port/path, host:port or URL")
	set.StringArrayVar(&f.headers, "header", nil, "replace or add a header, `'NAME: VALUE'`; repeatable")
	flags.AddFormat(c, &f.format, "output format")
	f.client.Add(c)
	flags.CompleteFunc(c, "fault", flags.Faults)
	c.ValidArgsFunction = f.client.Complete(a.getenv, client.AttemptIDs)
	return c
}

// request returns the body of the API request, without an edited body.
func (f *resendFlags) request() (map[string]any, error) {
	in := map[string]any{}
	set, err := flags.Assignments("--set", f.set, false)
	if err != nil {
		return nil, err
	}
	headers, err := flags.Headers(f.headers)
	if err != nil {
		return nil, err
	}
	target := ""
	if f.to != "" {
		if target, err = delivery.TargetURL(f.to); err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
	}
	if f.edit && len(set)+len(f.omit) > 0 {
		return nil, errors.New("use either --edit, or --set and --omit")
	}
	for name, value := range map[string]string{"fault": f.fault, "url": target} {
		if value != "" {
			in[name] = value
		}
	}
	for name, value := range map[string]bool{"newAttempt": f.anew || f.edit, "invalid": f.invalid} {
		if value {
			in[name] = true
		}
	}
	if len(set) > 0 {
		in["set"] = set
	}
	if len(f.omit) > 0 {
		in["omit"] = f.omit
	}
	if len(headers) > 0 {
		in["headers"] = headers
	}
	return in, nil
}

// edited returns the body of an attempt after the user has edited it.
func (a *app) edited(ctx context.Context, provider *client.Client, id string) (string, error) {
	var attempt struct{ Request simulator.Request }
	if err := provider.Call(ctx, http.MethodGet, "/attempts/"+id, nil, &attempt); err != nil {
		return "", err
	}
	body := attempt.Request.Body
	if !utf8.Valid(body) {
		return "", exit.Usagef("the body of attempt %s is not text; --edit cannot change it", id)
	}
	with := editor.Editor{Command: editor.Command(a.getenv), In: a.in, Out: a.out.w, ErrOut: a.err.w}
	text, err := with.Edit(ctx, "body.json", body)
	if err != nil {
		return "", exit.Usage(err)
	}
	if !bytes.HasSuffix(body, []byte("\n")) { // editors add one
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	if bytes.Equal(text, body) {
		return "", exit.Usagef("the body is unchanged, so nothing was sent; leave out --edit to send it again")
	}
	return string(text), nil
}

func (a *app) resend(ctx context.Context, id string, f *resendFlags) error {
	in, err := f.request()
	if err != nil {
		return exit.Usage(err)
	}
	provider, err := f.client.Open()
	if err != nil {
		return err
	}
	if f.edit {
		if in["body"], err = a.edited(ctx, provider, id); err != nil {
			return err
		}
	}
	var raw json.RawMessage
	if err := provider.Call(ctx, http.MethodPost, "/attempts/"+id+"/resend", in, &raw); err != nil {
		return err
	}
	var attempt struct {
		ID       int64              `json:"id"`
		Outcome  string             `json:"outcome"`
		Hint     string             `json:"hint"`
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
		if body := human.Excerpt(hint.Text(&attempt.Response), 200); body != "" && attempt.Outcome != "accepted" {
			fmt.Fprintf(a.out, "    response: %s\n", body)
		}
		if attempt.Hint != "" {
			fmt.Fprintf(a.out, "    fix: %s\n", human.Line(attempt.Hint))
		}
	}
	switch attempt.Outcome {
	case "accepted":
		return nil
	case "unanswered":
		return exit.Silent(scenarios.ExitUnreached)
	}
	return exit.Silent(scenarios.ExitFailed)
}
