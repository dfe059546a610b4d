package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// subscriptionsCommand manages the subscriptions of a running provider.
func (a *app) subscriptionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "subscriptions",
		Short:   "List, add, pause or remove the subscriptions of a running provider",
		GroupID: groupRun,
		Long: `Subscriptions manages the subscriptions of a running provider. A SUBSCRIPTION is an id, the beginning of an id, or a
label; it may be left out if there is only one.`,
		Example: `  semblance subscriptions list
  semblance subscriptions add 3000/webhooks 'invoice.*' --label billing
  semblance subscriptions pause billing
  semblance subscriptions resume billing
  semblance subscriptions rotate-secret billing --overlap 24h
  semblance subscriptions remove billing`,
		Args: flags.Subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(flags.Ordered([]*cobra.Command{
		a.listSubscriptionsCommand(), a.addSubscriptionCommand(),
		a.subscriptionCommand("show", "Show a subscription", http.MethodGet, ""),
		a.subscriptionCommand("remove", "Remove a subscription; its pending deliveries are dropped", http.MethodDelete, ""),
		a.subscriptionCommand("pause", "Pause the deliveries to a subscription", http.MethodPost, "/pause"),
		a.subscriptionCommand("resume", "Resume the deliveries to a subscription, with those that were held", http.MethodPost, "/resume"),
		a.subscriptionCommand("rotate-secret", "Give a subscription a new secret", http.MethodPost, "/rotate-secret"),
	})...)
	return c
}

func (a *app) listSubscriptionsCommand() *cobra.Command {
	var via client.Flags
	var deleted bool
	var format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the subscriptions",
		Args:  flags.None,
		RunE: func(c *cobra.Command, _ []string) error {
			provider, err := via.Open()
			if err != nil {
				return err
			}
			all, err := provider.Subscriptions(c.Context(), deleted)
			if err != nil {
				return err
			}
			return a.printSubscriptions(all, format)
		},
	}
	c.Flags().BoolVar(&deleted, "deleted", false, "include the removed ones")
	flags.AddFormat(c, &format, "output format; json is one object per line")
	via.Add(c)
	return c
}

func (a *app) printSubscriptions(all []client.Subscription, format string) error {
	if format == "json" {
		for _, s := range all {
			fmt.Fprintf(a.out, "%s\n", s.Raw)
		}
		return nil
	}
	if len(all) == 0 {
		fmt.Fprintln(a.err, "no subscriptions; `semblance subscriptions add 3000/webhooks` adds one")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tTYPES\tSECRET\tLABEL\tURL")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", s.ID, s.State(), len(s.EventTypes), human.Line(s.Secret), human.Line(s.Label), human.Line(s.URL))
	}
	return w.Flush()
}

type addSubscriptionFlags struct {
	via      client.Flags
	label    string
	secret   string
	generate bool
	headers  []string
	format   string
}

func (a *app) addSubscriptionCommand() *cobra.Command {
	f := &addSubscriptionFlags{}
	c := &cobra.Command{
		Use:   "add TARGET [TYPE...]",
		Short: "Add a subscription: to some event types, or to all",
		Long: `Add creates a subscription. TARGET is a port, port/path, host:port or URL; a TYPE is an event type or a pattern, by
default every type.`,
		Example: `  semblance subscriptions add 3000/webhooks
  semblance subscriptions add 3000/webhooks 'booking.*' patient.merged --label bookings
  semblance subscriptions add 3000 --generate-secret     with a secret of its own, which is printed`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no target; such as `semblance subscriptions add 3000/webhooks`")
			}
			return nil
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return flags.Patterns(c, args, prefix)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("secret") && f.secret == "" {
				return exit.Usage(flags.ErrEmptySecret)
			}
			return a.addSubscription(c.Context(), args, f)
		},
	}
	set := c.Flags()
	set.StringVar(&f.label, "label", "from the command line", "`LABEL` of the subscription")
	set.StringVar(&f.secret, "secret", "", "signing `SECRET` (default "+string(simulator.DefaultSecret)+")")
	set.BoolVar(&f.generate, "generate-secret", false, "let the provider generate the secret, as in production")
	set.StringArrayVar(&f.headers, "header", nil, "header of each delivery, `'NAME: VALUE'`; repeatable")
	flags.AddFormat(c, &f.format, "output format")
	f.via.Add(c)
	c.MarkFlagsMutuallyExclusive("secret", "generate-secret")
	return c
}

func (a *app) addSubscription(ctx context.Context, args []string, f *addSubscriptionFlags) error {
	target, err := delivery.TargetURL(args[0])
	if err != nil {
		return exit.Usage(err)
	}
	headers, err := flags.Headers(f.headers)
	if err != nil {
		return exit.Usage(err)
	}
	types := args[1:]
	if len(types) == 0 {
		types = []string{"**"}
	}
	secret := f.secret
	if secret == "" && !f.generate {
		secret = simulator.DefaultSecret.Reveal()
	}
	provider, err := f.via.Open()
	if err != nil {
		return err
	}
	body := map[string]any{"url": target, "label": f.label, "eventTypes": types}
	if secret != "" {
		body["secret"] = secret
	}
	if len(headers) > 0 {
		body["headers"] = headers
	}
	var s client.Subscription
	if err := provider.Call(ctx, http.MethodPost, "/subscriptions", body, &s); err != nil {
		return err
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", s.Raw)
		return nil
	}
	fmt.Fprintf(a.out, "subscription %s: %s to %s\n", s.ID, human.Count(len(s.EventTypes), "event type"), human.Line(s.URL))
	if f.generate {
		fmt.Fprintf(a.out, "secret %s\n", s.Secret)
	}
	return nil
}

// subscriptionCommand is a command about one subscription: one call of the API.
func (a *app) subscriptionCommand(name, short, method, path string) *cobra.Command {
	var via client.Flags
	var format, overlap string
	var secrets bool
	c := &cobra.Command{
		Use:   name + " [SUBSCRIPTION]",
		Short: short,
		Args:  flags.AtMostOne("one subscription"),
		RunE: func(c *cobra.Command, args []string) error {
			provider, s, err := via.Find(c.Context(), args)
			if err != nil {
				return err
			}
			to := "/subscriptions/" + url.PathEscape(s.ID) + path
			if secrets {
				to += "?show=secret"
			}
			var body any
			if overlap != "" {
				body = map[string]string{"overlap": overlap}
			}
			if err := provider.Call(c.Context(), method, to, body, &s); err != nil {
				return err
			}
			switch {
			case format == "json":
				fmt.Fprintf(a.out, "%s\n", s.Raw)
			case name == "rotate-secret":
				fmt.Fprintf(a.out, "subscription %s (%s): new secret %s\n", s.ID, human.Line(s.Label), s.Secret)
			case name == "show":
				return a.showSubscription(s)
			default:
				fmt.Fprintf(a.out, "subscription %s (%s): %s\n", s.ID, human.Line(s.Label), s.State())
			}
			return nil
		},
	}
	switch name {
	case "show":
		c.Flags().BoolVar(&secrets, "show-secret", false, "show the secret and credentials in full; requires --token")
	case "rotate-secret":
		c.Long = "Rotate-secret gives a subscription a new random secret and prints it. With --overlap, deliveries carry a signature of the " +
			"old secret too for that time, so that the receiver can change over."
		c.Flags().StringVar(&overlap, "overlap", "", "sign with both secrets for this `TIME`, such as 24h")
	}
	flags.AddFormat(c, &format, "output format")
	via.Add(c)
	c.ValidArgsFunction = via.Complete(a.getenv, client.SubscriptionIDs)
	return c
}

func (a *app) showSubscription(s client.Subscription) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	line := func(label, value string) { fmt.Fprintf(w, "%s\t%s\n", label, human.Line(value)) }
	line("id", s.ID)
	line("state", s.State())
	line("label", s.Label)
	line("url", s.URL)
	line("secret", s.Secret)
	line("created", s.CreatedAt)
	line("updated", s.UpdatedAt)
	for _, h := range s.Headers {
		line("header", h.Name+": "+h.Value)
	}
	for i, t := range s.EventTypes {
		label := ""
		if i == 0 {
			label = "event types"
		}
		line(label, t)
	}
	return w.Flush()
}
