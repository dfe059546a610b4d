package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
)

// statusCommand shows the state of a running provider.
func (a *app) statusCommand() *cobra.Command {
	var via client.Flags
	var format string
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show the state of a running provider",
		GroupID: groupRun,
		Long: `Status shows the state of a running provider: its time, pending deliveries, attempts in flight, paused subscriptions and
traffic.

Exit code: 0 it runs; 3 it does not.`,
		Args: flags.None,
		RunE: func(c *cobra.Command, _ []string) error { return a.status(c.Context(), &via, format) },
	}
	flags.AddFormat(c, &format, "output format")
	via.Add(c)
	return c
}

func (a *app) status(ctx context.Context, via *client.Flags, format string) error {
	provider, err := via.Open()
	if err != nil {
		return err
	}
	var health json.RawMessage
	if err := provider.Call(ctx, http.MethodGet, "/health", nil, &health); err != nil {
		return err
	}
	if format == "json" {
		fmt.Fprintf(a.out, "%s\n", health)
		return nil
	}
	var is struct {
		Status, Version              string
		Now                          time.Time
		Unfinished, InFlight, Paused int
	}
	if err := json.Unmarshal(health, &is); err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	subscriptions, err := provider.Subscriptions(ctx, false)
	if err != nil {
		return err
	}
	var traffic struct {
		Running bool
		Rate    float64
		Emitted int
	}
	if err := provider.Call(ctx, http.MethodGet, "/traffic", nil, &traffic); err != nil {
		return err
	}
	line := func(label, format string, args ...any) {
		fmt.Fprintf(a.out, "  %-14s %s\n", label, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(a.out, "provider at %s: %s\n", provider.URL(), human.Line(is.Status))
	line("version", "%s", human.Line(is.Version))
	line("time", "%s UTC", is.Now.Format(time.DateTime))
	line("subscriptions", "%d, %d paused", len(subscriptions), is.Paused)
	line("deliveries", "%d pending or held, %d in flight", is.Unfinished, is.InFlight)
	if traffic.Running {
		line("traffic", "%g events per second, %s so far", traffic.Rate, human.Number(traffic.Emitted))
	} else {
		line("traffic", "none")
	}
	return nil
}
