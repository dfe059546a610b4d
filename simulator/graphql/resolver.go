package graphql

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator"
	"semblance/simulator/provider"
)

// resolver resolves the operations of schema.graphql.
type resolver struct{ *Handler }

// may returns an error unless the token of the execution has a permission. Clients match the text of a missing one.
func (e *execution) may(permission provider.Permission) error {
	err := e.provider.Authorise(e.token, permission)
	if provider.CodeOf(err) == provider.CodePermission {
		return &provider.Error{Code: provider.CodePermission, Message: "Missing permission " + string(permission)}
	}
	return err
}

// header is the schema's WebhookHeaderInput.
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

// Webhook returns one subscription, or null for an unknown id.
func (q *resolver) Webhook(ctx context.Context, args struct{ ID graphql.ID }) (*subscriptionResolver, error) {
	if err := executionOf(ctx).may(provider.SeeWebhooks); err != nil {
		return nil, err
	}
	id, err := parseID(args.ID, "WebhookSubscription")
	if err != nil {
		return nil, err
	}
	s, ok := q.provider.Subscription(id)
	if !ok {
		return nil, nil
	}
	return &subscriptionResolver{s, executionOf(ctx).budget}, nil
}

// Webhooks returns all subscriptions.
func (q *resolver) Webhooks(ctx context.Context, args struct{ IncludeDeleted *bool }) (*[]*subscriptionResolver, error) {
	if err := executionOf(ctx).may(provider.SeeWebhooks); err != nil {
		return nil, err
	}
	budget := executionOf(ctx).budget
	all := []*subscriptionResolver{}
	for _, s := range q.provider.Subscriptions(args.IncludeDeleted != nil && *args.IncludeDeleted) {
		all = append(all, &subscriptionResolver{s, budget})
	}
	budget.spend(int64(len(all)) * subscriptionSize) // before the first field of any is resolved
	return &all, nil
}

// createInput is the schema's CreateWebhookInput.
type createInput struct {
	URL        string
	EventTypes []string
	Label      string
	Headers    *[]header
}

// CreateWebhook creates a subscription.
func (q *resolver) CreateWebhook(ctx context.Context, args struct{ Input createInput }) (*payload, error) {
	if err := executionOf(ctx).may(provider.CreateWebhooks); err != nil {
		return refused(ctx, err)
	}
	n := provider.NewSubscription{URL: args.Input.URL, EventTypes: args.Input.EventTypes, Label: args.Input.Label}
	if headers := headersOf(args.Input.Headers); headers != nil {
		n.Headers = *headers
	}
	s, err := q.provider.CreateSubscription(ctx, n)
	return result(ctx, s, err)
}

// updateInput is the schema's UpdateWebhookInput. Null means the same as an absent field, because clients with a form send
// null for unedited fields.
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
	if err := executionOf(ctx).may(provider.EditWebhooks); err != nil {
		return refused(ctx, err)
	}
	in := &args.Input
	s, err := q.provider.UpdateSubscription(ctx, string(args.ID), provider.SubscriptionUpdate{
		URL: in.URL, EventTypes: in.EventTypes, Label: in.Label, Headers: headersOf(in.Headers), DeliveryPaused: in.DeliveryPaused,
	})
	return result(ctx, s, err)
}

// DeleteWebhook deletes a subscription.
func (q *resolver) DeleteWebhook(ctx context.Context, args struct{ ID graphql.ID }) (*payload, error) {
	if err := executionOf(ctx).may(provider.DeleteWebhooks); err != nil {
		return refused(ctx, err)
	}
	s, err := q.provider.DeleteSubscription(ctx, string(args.ID))
	return result(ctx, s, err)
}

// payload is the result of a mutation: the subscription, or why the mutation was refused.
type payload struct {
	data *subscriptionResolver
	err  *string
}

// result returns the payload for the result of a method of the provider.
func result(ctx context.Context, s simulator.Subscription, err error) (*payload, error) {
	if err != nil {
		return refused(ctx, err)
	}
	return &payload{data: &subscriptionResolver{s, executionOf(ctx).budget}}, nil
}

// refused returns a payload with the reason of a refusal, as the provider does. Any other error is one of the execution.
func refused(ctx context.Context, err error) (*payload, error) {
	if provider.CodeOf(err) == "" {
		return nil, err
	}
	reason := err.Error()
	if l := executionOf(ctx).log; l != nil {
		l.refused(reason)
	}
	return &payload{err: &reason}, nil
}

// Data returns the subscription, null where the mutation was refused.
func (p *payload) Data() *subscriptionResolver { return p.data }

// Error returns why the mutation was refused, or null.
func (p *payload) Error() *string { return p.err }

// subscriptionResolver is the schema's WebhookSubscription. It spends its strings from the budget.
type subscriptionResolver struct {
	s      simulator.Subscription
	budget *budget
}

func (r *subscriptionResolver) ID() graphql.ID { return graphql.ID(r.spend(r.s.ID)) }
func (r *subscriptionResolver) Secret() *string {
	secret := r.spend(r.s.Secret.Reveal())
	return &secret
}
func (r *subscriptionResolver) URL() string           { return r.spend(r.s.URL) }
func (r *subscriptionResolver) Label() string         { return r.spend(r.s.Label) }
func (r *subscriptionResolver) Version() string       { return r.spend(r.s.Version) }
func (r *subscriptionResolver) CreatedAt() *DateTime  { return &DateTime{r.s.CreatedAt} }
func (r *subscriptionResolver) UpdatedAt() *DateTime  { return &DateTime{r.s.UpdatedAt} }
func (r *subscriptionResolver) Deleted() *bool        { return &r.s.Deleted }
func (r *subscriptionResolver) DeliveryPaused() *bool { return &r.s.DeliveryPaused }

func (r *subscriptionResolver) spend(text string) string {
	r.budget.spend(int64(len(text)))
	return text
}

func (r *subscriptionResolver) EventTypes() []string {
	for _, name := range r.s.EventTypes {
		r.spend(name)
	}
	return r.s.EventTypes
}

func (r *subscriptionResolver) Headers() *[]headerResolver {
	headers := make([]headerResolver, len(r.s.Headers))
	for i, h := range r.s.Headers {
		headers[i] = headerResolver{h, r}
	}
	return &headers
}

// headerResolver is the schema's WebhookHeader.
type headerResolver struct {
	h     simulator.Header
	owner *subscriptionResolver
}

func (r headerResolver) Key() string   { return r.owner.spend(r.h.Name) }
func (r headerResolver) Value() string { return r.owner.spend(r.h.Value) }
