package client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
)

// completionTime is how long the completion of an id waits for the provider.
const completionTime = time.Second

// Complete returns a completion with words of the running provider. Without a provider there are none. A flag of the
// command may be set by its variable.
func (f *Flags) Complete(getenv func(string) (string, bool), list func(context.Context, *Client) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completionTime)
		defer cancel()
		if err := flags.ReadVariables(c.Flags(), getenv); err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		client, err := f.Open()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		words, err := list(ctx, client)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// SubscriptionIDs lists the ids of the subscriptions with their labels.
func SubscriptionIDs(ctx context.Context, c *Client) ([]string, error) {
	all, err := c.Subscriptions(ctx, false)
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = cobra.CompletionWithDesc(s.ID, human.Line(s.Label+" "+s.URL))
	}
	return words, err
}

// AttemptIDs lists the ids of the last attempts.
func AttemptIDs(ctx context.Context, c *Client) ([]string, error) {
	var page struct {
		Items []struct {
			ID                 int64
			EventType, Outcome string
		}
	}
	err := c.Call(ctx, http.MethodGet, "/attempts?limit=50", nil, &page)
	words := make([]string, len(page.Items))
	for i, a := range page.Items {
		words[i] = cobra.CompletionWithDesc(fmt.Sprint(a.ID), human.Line(a.EventType+" "+a.Outcome))
	}
	return words, err
}

// FailedDeliveryIDs lists the ids of deliveries that can be queued again.
func FailedDeliveryIDs(ctx context.Context, c *Client) ([]string, error) {
	var page struct {
		Items []struct{ ID, EventType, State string }
	}
	err := c.Call(ctx, http.MethodGet, "/deliveries?state=failed,dropped&limit=50", nil, &page)
	words := make([]string, len(page.Items))
	for i, d := range page.Items {
		words[i] = cobra.CompletionWithDesc(d.ID, human.Line(d.EventType+" "+d.State))
	}
	return words, err
}
