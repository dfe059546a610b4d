package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
	"semblance/schemas/naming"
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
	return naming.List(all, func(s Subscription) string { return cobra.CompletionWithDesc(s.ID, human.Line(s.Label+" "+s.URL)) }), err
}

// AttemptIDs lists the ids of the last attempts.
func AttemptIDs(ctx context.Context, c *Client) ([]string, error) {
	return c.ids(ctx, "/attempts?limit=50")
}

// FailedDeliveryIDs lists the ids of deliveries that can be queued again.
func FailedDeliveryIDs(ctx context.Context, c *Client) ([]string, error) {
	return c.ids(ctx, "/deliveries?state=failed,dropped&limit=50")
}

// item is a row of a list: an attempt has an outcome, a delivery a state.
type item struct {
	ID                        json.RawMessage // a number or a text
	EventType, Outcome, State string
}

// ids lists the ids of a list.
func (c *Client) ids(ctx context.Context, path string) ([]string, error) {
	var page struct{ Items []item }
	err := c.Call(ctx, http.MethodGet, path, nil, &page)
	return naming.List(page.Items, func(i item) string {
		return cobra.CompletionWithDesc(strings.Trim(string(i.ID), `"`), human.Line(i.EventType+" "+i.Outcome+i.State))
	}), err
}
