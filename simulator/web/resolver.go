package web

import (
	"context"
	"errors"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator"
	"semblance/simulator/provider"
)

// resolver answers the operations of schema.graphql.
type resolver struct{ *graphqlEndpoint }

// header is a header of a subscription as the provider's API has it.
type header struct {
	Key   string
	Value string
}

func headersOf(list *[]header) *[]simulator.Header {
	if list == nil {
		return nil
	}
	headers := make([]simulator.Header, len(*list))
	for i, h := range *list {
		headers[i] = simulator.Header{Name: h.Key, Value: h.Value}
	}
	return &headers
}

// Webhook answers a query for one subscription.
func (q *resolver) Webhook(ctx context.Context, args struct{ ID graphql.ID }) (*subscriptionResolver, error) {
	if err := q.may(ctx, provider.SeeWebhooks); err != nil {
		return nil, err
	}
	s, ok := q.provider.Subscription(string(args.ID))
	if !ok {
		return nil, nil
	}
	return &subscriptionResolver{s}, nil
}

// Webhooks answers a query for all subscriptions.
func (q *resolver) Webhooks(ctx context.Context, args struct{ IncludeDeleted *bool }) (*[]*subscriptionResolver, error) {
	if err := q.may(ctx, provider.SeeWebhooks); err != nil {
		return nil, err
	}
	found := q.provider.Subscriptions(args.IncludeDeleted != nil && *args.IncludeDeleted)
	if err := mayList(ctx, len(found)); err != nil {
		return nil, err
	}
	all := []*subscriptionResolver{}
	for _, s := range found {
		all = append(all, &subscriptionResolver{s})
	}
	return &all, nil
}

// createInput is the schema's CreateWebhookInput.
type createInput struct {
	URL        string
	EventTypes []string
	Label      string
	Headers    *[]header
}

// CreateWebhook makes a subscription.
func (q *resolver) CreateWebhook(ctx context.Context, args struct{ Input createInput }) (*payload, error) {
	if err := q.may(ctx, provider.CreateWebhooks); err != nil {
		return refused(err)
	}
	n := provider.NewSubscription{URL: args.Input.URL, EventTypes: args.Input.EventTypes, Label: args.Input.Label}
	if headers := headersOf(args.Input.Headers); headers != nil {
		n.Headers = *headers
	}
	return outcome(q.provider.CreateSubscription(ctx, n))
}

// updateInput is the schema's UpdateWebhookInput. A null is the same as nothing: clients that fill in a form send one for
// what was not touched.
type updateInput struct {
	URL            *string
	EventTypes     *[]string
	Label          *string
	Headers        *[]header
	DeliveryPaused *bool
}

// UpdateWebhook changes a subscription.
func (q *resolver) UpdateWebhook(ctx context.Context, args struct {
	ID    graphql.ID
	Input updateInput
}) (*payload, error) {
	if err := q.may(ctx, provider.EditWebhooks); err != nil {
		return refused(err)
	}
	in := &args.Input
	return outcome(q.provider.UpdateSubscription(ctx, string(args.ID), provider.SubscriptionUpdate{
		URL: in.URL, EventTypes: in.EventTypes, Label: in.Label, Headers: headersOf(in.Headers), DeliveryPaused: in.DeliveryPaused,
	}))
}

// DeleteWebhook deletes a subscription.
func (q *resolver) DeleteWebhook(ctx context.Context, args struct{ ID graphql.ID }) (*payload, error) {
	if err := q.may(ctx, provider.DeleteWebhooks); err != nil {
		return refused(err)
	}
	return outcome(q.provider.DeleteSubscription(ctx, string(args.ID)))
}

// payload is the answer to a mutation: what came of it, or why it was refused.
type payload struct {
	data *subscriptionResolver
	err  *string
}

func outcome(s simulator.Subscription, err error) (*payload, error) {
	if err != nil {
		return refused(err)
	}
	return &payload{data: &subscriptionResolver{s}}, nil
}

// refused says a refusal in the payload, as the provider does. Anything else is an error of the document's execution.
func refused(err error) (*payload, error) {
	if _, ok := errors.AsType[*provider.Error](err); !ok {
		return nil, err
	}
	sentence := err.Error()
	return &payload{err: &sentence}, nil
}

// Data returns the subscription, null where the mutation was refused.
func (p *payload) Data() *subscriptionResolver { return p.data }

// Error returns why the mutation was refused, or null.
func (p *payload) Error() *string { return p.err }

// subscriptionResolver is the schema's WebhookSubscription.
type subscriptionResolver struct{ s simulator.Subscription }

func (r *subscriptionResolver) ID() graphql.ID        { return graphql.ID(r.s.ID) }
func (r *subscriptionResolver) Secret() *string       { secret := r.s.Secret.Reveal(); return &secret }
func (r *subscriptionResolver) URL() string           { return r.s.URL }
func (r *subscriptionResolver) Label() string         { return r.s.Label }
func (r *subscriptionResolver) EventTypes() []string  { return r.s.EventTypes }
func (r *subscriptionResolver) Version() string       { return r.s.Version }
func (r *subscriptionResolver) CreatedAt() *dateTime  { return &dateTime{stamp(r.s.CreatedAt)} }
func (r *subscriptionResolver) UpdatedAt() *dateTime  { return &dateTime{stamp(r.s.UpdatedAt)} }
func (r *subscriptionResolver) Deleted() *bool        { return &r.s.Deleted }
func (r *subscriptionResolver) DeliveryPaused() *bool { return &r.s.DeliveryPaused }

func (r *subscriptionResolver) Headers() *[]headerResolver {
	headers := make([]headerResolver, len(r.s.Headers))
	for i, h := range r.s.Headers {
		headers[i] = headerResolver{h}
	}
	return &headers
}

// headerResolver is the schema's WebhookHeader.
type headerResolver struct{ h simulator.Header }

func (r headerResolver) Key() string   { return r.h.Name }
func (r headerResolver) Value() string { return r.h.Value }

// dateTime is the schema's DateTime.
type dateTime struct{ text string }

// ImplementsGraphQLType says which scalar it is.
func (dateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL refuses: the schema takes no time from a client.
func (*dateTime) UnmarshalGraphQL(any) error { return errors.New("no input of this API is a DateTime") }

// MarshalJSON writes the time.
func (d dateTime) MarshalJSON() ([]byte, error) { return []byte(`"` + d.text + `"`), nil }
