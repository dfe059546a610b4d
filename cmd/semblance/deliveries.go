package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/journal"
)

// deliveriesCommand lists and requeues the deliveries of a running provider.
func (a *app) deliveriesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "deliveries",
		Short:   "List the deliveries of a running provider, or queue failed ones again",
		GroupID: groupRun,
		Long: `A delivery is an event for one subscription. It is pending, held (its subscription is paused), delivered, failed (all
attempts failed) or dropped. Log shows the attempts at it.`,
		Example: `  semblance deliveries list --state failed
  semblance deliveries requeue 6a2c39d93c9a0b1d2e4f5061
  semblance deliveries requeue --all                     every failed delivery
  semblance deliveries requeue --type 'invoice.*'        failed deliveries of these types`,
		Args: flags.Subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.listDeliveriesCommand(), a.requeueCommand())
	return c
}

// deliveryFlags select deliveries.
type deliveryFlags struct {
	via          client.Flags
	types        []string
	subscription string
	record       string
	format       string
}

func (f *deliveryFlags) add(a *app, c *cobra.Command) {
	c.Flags().StringSliceVar(&f.types, "type", nil, "only event types that match these `PATTERNS`")
	c.Flags().StringVar(&f.subscription, "subscription", "", "only to this `SUBSCRIPTION`: an id or a label")
	c.Flags().StringVar(&f.record, "record", "", "only about the record with this `ID`")
	flags.AddFormat(c, &f.format, "output format")
	f.via.Add(c)
	flags.CompleteFunc(c, "type", flags.Patterns)
	flags.CompleteFunc(c, "subscription", f.via.Complete(a.getenv, client.SubscriptionIDs))
}

// open returns a client, and the id of the subscription if one is named.
func (f *deliveryFlags) open(ctx context.Context) (*client.Client, string, error) {
	provider, err := f.via.Open()
	if err != nil || f.subscription == "" {
		return provider, "", err
	}
	s, err := provider.Find(ctx, f.subscription)
	return provider, s.ID, err
}

func (a *app) listDeliveriesCommand() *cobra.Command {
	f := &deliveryFlags{}
	var states []string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List the deliveries, the latest last",
		Args:  flags.None,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.listDeliveries(c.Context(), f, states, limit)
		},
	}
	c.Flags().StringSliceVar(&states, "state", nil, "only these `STATES`: pending, held, delivered, failed, dropped")
	c.Flags().IntVar(&limit, "limit", 20, "show the latest `N` deliveries, at most 1000")
	f.add(a, c)
	known := naming.List(journal.States(), func(s journal.State) string { return string(s) })
	flags.Complete(c, "state", known...)
	return c
}

func (a *app) listDeliveries(ctx context.Context, f *deliveryFlags, states []string, limit int) error {
	provider, subscription, err := f.open(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, value := range map[string]string{
		"type": strings.Join(f.types, ","), "subscription": subscription, "record": f.record, "state": strings.Join(states, ","),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	var page struct{ Items []json.RawMessage }
	if err := provider.Call(ctx, http.MethodGet, "/deliveries?"+q.Encode(), nil, &page); err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	if f.format == "text" && len(page.Items) > 0 {
		fmt.Fprintln(w, "ID\tSTATE\tATTEMPTS\tLAST RESPONSE\tEVENT TYPE")
	}
	for i := len(page.Items) - 1; i >= 0; i-- {
		if f.format == "json" {
			fmt.Fprintf(a.out, "%s\n", page.Items[i])
			continue
		}
		var d struct {
			ID, EventType, State, LastFailure string
			Attempts, LastStatus              int
		}
		if err := json.Unmarshal(page.Items[i], &d); err != nil {
			return fmt.Errorf("reading the deliveries: %w", err)
		}
		response := d.LastFailure
		if d.LastStatus > 0 {
			response = strconv.Itoa(d.LastStatus)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", human.Line(d.ID), human.Line(d.State), d.Attempts, human.Line(response), human.Line(d.EventType))
	}
	if len(page.Items) == 0 && f.format == "text" {
		fmt.Fprintln(a.err, "no such deliveries")
	}
	return w.Flush()
}

func (a *app) requeueCommand() *cobra.Command {
	f := &deliveryFlags{}
	var all bool
	c := &cobra.Command{
		Use:   "requeue [DELIVERY...]",
		Short: "Queue failed deliveries again; their retries start from the beginning",
		Long: `Requeue queues deliveries again: those with the given ids, which have failed or were dropped, or all failed ones that the
flags select. Their retries start from the beginning.`,
		RunE: func(c *cobra.Command, ids []string) error { return a.requeue(c.Context(), f, ids, all) },
	}
	c.Flags().BoolVar(&all, "all", false, "every failed delivery")
	f.add(a, c)
	c.ValidArgsFunction = f.via.Complete(a.getenv, client.FailedDeliveryIDs)
	return c
}

func (a *app) requeue(ctx context.Context, f *deliveryFlags, ids []string, all bool) error {
	filtered := len(f.types) > 0 || f.subscription != "" || f.record != ""
	switch {
	case len(ids) > 0 && (filtered || all):
		return exit.Usagef("requeue takes either ids, or flags that select failed deliveries")
	case len(ids) == 0 && !filtered && !all:
		return exit.Usagef("name the deliveries, or use --all for every failed one; `semblance deliveries list --state failed` shows them")
	}
	provider, subscription, err := f.open(ctx)
	if err != nil {
		return err
	}
	body := map[string]any{}
	for name, value := range map[string]string{"subscriptionId": subscription, "record": f.record} {
		if value != "" {
			body[name] = value
		}
	}
	if len(f.types) > 0 {
		body["types"] = f.types
	}
	if len(ids) > 0 {
		body["ids"] = ids
	}
	var requeued struct{ Requeued int }
	if err := provider.Call(ctx, http.MethodPost, "/deliveries/requeue", body, &requeued); err != nil {
		return err
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "{\"requeued\":%d}\n", requeued.Requeued)
		return nil
	}
	fmt.Fprintf(a.out, "%s queued again\n", human.Count(requeued.Requeued, "delivery"))
	return nil
}
