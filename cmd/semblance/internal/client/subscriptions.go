package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"semblance/cmd/semblance/internal/exit"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
)

// Subscription is a subscription as the API shows it.
type Subscription struct {
	ID             string             `json:"id"`
	Secret         string             `json:"secret"` // its end, except in the response that creates it
	URL            string             `json:"url"`
	Label          string             `json:"label"`
	EventTypes     []string           `json:"eventTypes"`
	Headers        []simulator.Header `json:"headers"`
	CreatedAt      string             `json:"createdAt"`
	UpdatedAt      string             `json:"updatedAt"`
	Deleted        bool               `json:"deleted"`
	DeliveryPaused bool               `json:"deliveryPaused"`

	Raw json.RawMessage `json:"-"` // as it was received
}

// UnmarshalJSON keeps the bytes.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	type plain Subscription
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	s.Raw = slices.Clone(data)
	return nil
}

// State returns active, paused or deleted.
func (s *Subscription) State() string {
	switch {
	case s.Deleted:
		return "deleted"
	case s.DeliveryPaused:
		return "paused"
	}
	return "active"
}

// Subscriptions returns the subscriptions, with the deleted ones if that is asked for.
func (c *Client) Subscriptions(ctx context.Context, deleted bool) ([]Subscription, error) {
	var list struct{ Items []Subscription }
	err := c.Call(ctx, http.MethodGet, fmt.Sprintf("/subscriptions?deleted=%t", deleted), nil, &list)
	return list.Items, err
}

// Find returns a client, and the subscription that the arguments of a command name: none or one, as in [Client.Find].
func (f *Flags) Find(ctx context.Context, args []string) (*Client, Subscription, error) {
	c, err := f.Open()
	if err != nil {
		return nil, Subscription{}, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	s, err := c.Find(ctx, name)
	return c, s, err
}

// Find returns the subscription with a name: its id, a beginning of its id, or its label. If there is only one
// subscription, the name may be "".
func (c *Client) Find(ctx context.Context, name string) (Subscription, error) {
	all, err := c.Subscriptions(ctx, false)
	if err != nil {
		return Subscription{}, err
	}
	var found []Subscription
	for _, s := range all {
		switch {
		case name != "" && s.ID == name:
			return s, nil
		case name == "" || s.Label == name || strings.HasPrefix(s.ID, name):
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return Subscription{}, exit.Usagef("the provider has no subscription; `semblance subscriptions add 3000/webhooks` adds one")
	case len(found) == 0:
		return Subscription{}, exit.Usagef("unknown subscription %s; `semblance subscriptions list` shows them", human.Quoted(name))
	case name == "":
		return Subscription{}, exit.Usagef("the provider has %d subscriptions; name one by its id or label: %s", len(found), names(found))
	}
	return Subscription{}, exit.Usagef("%s is the name of %d subscriptions; use an id: %s", human.Quoted(name), len(found), names(found))
}

// names lists subscriptions in an error.
func names(all []Subscription) string {
	const most = 5
	words := naming.List(all[:min(most, len(all))], func(s Subscription) string { return fmt.Sprintf("%s (%s)", s.ID, human.Line(s.Label)) })
	if len(all) > most {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}
