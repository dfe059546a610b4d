package provider

import (
	"context"
	"slices"

	"semblance/simulator"
)

// subscriptionVersion is the version of every subscription. The provider does not publish its meaning.
const subscriptionVersion = "1"

// NewSubscription holds the input of createWebhook, and settings that only a subscription created at the start may have.
type NewSubscription struct {
	URL        string
	EventTypes []string // full names
	Label      string
	Headers    []simulator.Header

	Secret simulator.Secret // "" for a random one
	Local  bool             // created by a flag or a file and not through the API: it may name every type
}

// SubscriptionUpdate holds the input of updateWebhook. A field that is nil keeps its value.
type SubscriptionUpdate struct {
	URL            *string
	EventTypes     *[]string
	Label          *string
	Headers        *[]simulator.Header // an empty list clears them
	DeliveryPaused *bool
}

// CreateSubscription creates a subscription and returns it with its secret. It is active at once.
func (p *Provider) CreateSubscription(ctx context.Context, n NewSubscription) (simulator.Subscription, error) {
	var id string
	return p.change(ctx, &id, func(c *commit) error {
		s, err := p.addSubscription(c, n)
		if err == nil {
			id = s.ID
			c.then = func() { p.state.byID[id].local = n.Local }
		}
		return err
	})
}

// change runs a command and returns the new version of the subscription.
func (p *Provider) change(ctx context.Context, id *string, decide func(c *commit) error) (simulator.Subscription, error) {
	if err := p.command(ctx, decide); err != nil {
		return simulator.Subscription{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.state.byID[*id]; s != nil {
		return s.copied(), nil
	}
	return simulator.Subscription{}, noSubscription("id", *id) // a reset has removed it
}

// addSubscription adds a new subscription to a commit.
func (p *Provider) addSubscription(c *commit, n NewSubscription) (*simulator.Subscription, error) {
	now := p.Now()
	s := &simulator.Subscription{
		Secret: n.Secret, URL: n.URL, Label: n.Label, EventTypes: slices.Clone(n.EventTypes), Headers: slices.Clone(n.Headers),
		Version: subscriptionVersion, CreatedAt: now, UpdatedAt: now,
	}
	if err := p.options.Rules.check(s, allFields, n.Local); err != nil {
		return nil, err
	}
	if err := checkDuplicate(s, p.state.byEndpoint[canonicalURL(s.URL)]); err != nil {
		return nil, err
	}
	s.ID = p.random.ids.New(now).String()
	if s.Secret == "" {
		s.Secret = p.random.secret(p.options.Secrets)
	}
	p.addVersion(c, s, "created")
	return s, nil
}

// UpdateSubscription changes the fields that are given. If any of them changes, subscribers of
// webhook.subscription.updated get an event.
func (p *Provider) UpdateSubscription(ctx context.Context, id string, u SubscriptionUpdate) (simulator.Subscription, error) {
	return p.change(ctx, &id, func(c *commit) error {
		s, err := p.state.living(id)
		if err != nil {
			return err
		}
		return p.update(c, s, u)
	})
}

func (p *Provider) update(c *commit, s *subscription, u SubscriptionUpdate) error {
	next, given := u.apply(s.Subscription)
	if err := p.options.Rules.check(&next, given, s.local); err != nil {
		return err
	}
	if given.url || given.eventTypes {
		if err := checkDuplicate(&next, p.state.byEndpoint[canonicalURL(next.URL)]); err != nil {
			return err
		}
	}
	if equal(&next, s.Subscription) {
		return nil
	}
	next.UpdatedAt = p.Now()
	switch {
	case next.DeliveryPaused && !s.DeliveryPaused:
		p.pause(c, s, &next, "paused")
	case !next.DeliveryPaused && s.DeliveryPaused:
		p.resume(c, s, &next)
	default:
		p.addVersion(c, &next, "updated")
	}
	p.announceUpdate(c, &next)
	return nil
}

// apply returns the updated subscription, and which fields the update gives.
func (u *SubscriptionUpdate) apply(s *simulator.Subscription) (simulator.Subscription, fields) {
	next := *s
	given := fields{url: u.URL != nil, eventTypes: u.EventTypes != nil, label: u.Label != nil, headers: u.Headers != nil}
	if given.url {
		next.URL = *u.URL
	}
	if given.eventTypes {
		next.EventTypes = slices.Clone(*u.EventTypes)
	}
	if given.label {
		next.Label = *u.Label
	}
	if given.headers {
		next.Headers = slices.Clone(*u.Headers)
	}
	if u.DeliveryPaused != nil {
		next.DeliveryPaused = *u.DeliveryPaused
	}
	return next, given
}

// equal reports whether two versions agree in every field that an update may change.
func equal(a, b *simulator.Subscription) bool {
	return a.URL == b.URL && a.Label == b.Label && a.DeliveryPaused == b.DeliveryPaused &&
		slices.Equal(a.EventTypes, b.EventTypes) && slices.Equal(a.Headers, b.Headers)
}

// DeleteSubscription marks a subscription as deleted. Its unfinished deliveries have failed; subscribers of
// webhook.event.deliveryFailed get an event about each.
func (p *Provider) DeleteSubscription(ctx context.Context, id string) (simulator.Subscription, error) {
	return p.change(ctx, &id, func(c *commit) error {
		s, err := p.state.living(id)
		if err != nil {
			return err
		}
		next := *s.Subscription
		next.Deleted, next.UpdatedAt = true, p.Now()
		p.addVersion(c, &next, "deleted")
		p.dropAll(c, s, &next)
		for _, f := range s.faults {
			c.add(f.record(next.UpdatedAt, true))
		}
		return nil
	})
}

// Subscription returns the subscription with that id, which may be deleted.
func (p *Provider) Subscription(id string) (simulator.Subscription, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state.byID[id]
	if s == nil {
		return simulator.Subscription{}, false
	}
	return s.copied(), true
}

// Subscriptions returns the subscriptions in the order of their creation.
func (p *Provider) Subscriptions(includeDeleted bool) []simulator.Subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]simulator.Subscription, 0, len(p.state.all))
	for _, s := range p.state.all {
		if includeDeleted || !s.Deleted {
			all = append(all, s.copied())
		}
	}
	return all
}
