package provider

import (
	"context"
	"fmt"
	"slices"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// subscriptionVersion is what the version of every subscription says. The provider does not publish what it counts.
const subscriptionVersion = "1"

// NewSubscription is what createWebhook takes, and what only a subscription made locally may have.
type NewSubscription struct {
	URL        string
	EventTypes []string // full names
	Label      string
	Headers    []simulator.Header

	Secret simulator.Secret // "" for one that is drawn
	Local  bool             // made by a flag or a file and not through the API: it may name every type
}

// SubscriptionChange is what updateWebhook takes. What is nil stays as it is.
type SubscriptionUpdate struct {
	URL            *string
	EventTypes     *[]string
	Label          *string
	Headers        *[]simulator.Header // an empty list clears them
	DeliveryPaused *bool
}

// CreateSubscription makes a subscription, active at once, and returns it with its secret.
func (p *Provider) CreateSubscription(ctx context.Context, n NewSubscription) (simulator.Subscription, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	c := newCommit()
	p.mu.Lock()
	s, err := p.create(c, n)
	if err != nil {
		p.mu.Unlock()
		return simulator.Subscription{}, err
	}
	made := s.snapshot()
	p.submit(c)
	p.mu.Unlock()
	return made, c.wait(ctx)
}

func (p *Provider) create(c *commit, n NewSubscription) (*subscriber, error) {
	if p.closing {
		return nil, errClosing()
	}
	now := p.clock.Now()
	sub := &simulator.Subscription{
		Secret: n.Secret, URL: n.URL, Label: n.Label, EventTypes: slices.Clone(n.EventTypes), Headers: slices.Clone(n.Headers),
		Version: subscriptionVersion, CreatedAt: now, UpdatedAt: now,
	}
	if err := p.options.Rules.check(sub, allFields, n.Local); err != nil {
		return nil, err
	}
	if err := checkDuplicate(sub, p.byEndpoint[canonicalURL(sub.URL)]); err != nil {
		return nil, err
	}
	sub.ID = p.ids.New(now).String()
	if sub.Secret == "" {
		sub.Secret = p.drawSecret()
	}
	s := p.add(sub)
	s.local = n.Local
	c.records = append(c.records, &journal.Subscription{Subscription: *sub, At: now, Reason: "created"})
	c.undo = append(c.undo, func() { // nobody was told of it, and what is owed to it would be owed to nobody after a restart
		gone := *s.sub
		gone.Deleted = true
		p.index(s, &gone)
	})
	return s, nil
}

// UpdateSubscription changes what the change gives. Those who subscribed to webhook.subscription.updated are told, if
// anything did change.
func (p *Provider) UpdateSubscription(ctx context.Context, id string, change SubscriptionUpdate) (simulator.Subscription, error) {
	return p.alter(ctx, id, func(c *commit, s *subscriber) error { return p.update(c, s, change) })
}

// alter changes a subscription that is not deleted, and returns it as it then is once that is committed. Where the
// change comes to nothing, nothing is written.
func (p *Provider) alter(ctx context.Context, id string, change func(*commit, *subscriber) error) (simulator.Subscription, error) {
	p.stage.RLock()
	defer p.stage.RUnlock()
	c := newCommit()
	p.mu.Lock()
	s, err := p.living(id)
	if err == nil && p.closing {
		err = errClosing()
	}
	if err == nil {
		err = change(c, s)
	}
	if err != nil {
		p.mu.Unlock()
		return simulator.Subscription{}, err
	}
	now := s.snapshot()
	if len(c.records) == 0 {
		p.mu.Unlock()
		return now, nil
	}
	p.submit(c)
	p.mu.Unlock()
	return now, c.wait(ctx)
}

func (p *Provider) update(c *commit, s *subscriber, change SubscriptionUpdate) error {
	next, given := change.apply(s.sub)
	if err := p.options.Rules.check(&next, given, s.local); err != nil {
		return err
	}
	if given.url || given.eventTypes {
		if err := checkDuplicate(&next, p.byEndpoint[canonicalURL(next.URL)]); err != nil {
			return err
		}
	}
	paused := next.DeliveryPaused && !s.sub.DeliveryPaused
	resumed := !next.DeliveryPaused && s.sub.DeliveryPaused
	if same(&next, s.sub) {
		return nil
	}
	next.UpdatedAt = p.clock.Now()
	reason := "updated"
	switch {
	case paused:
		reason = "paused"
	case resumed:
		reason = "resumed"
	}
	p.put(c, s, &next, reason)
	switch {
	case paused:
		p.hold(c, s, "its subscription was paused")
	case resumed:
		p.unhold(c, s)
	}
	p.tellOfUpdate(c, s)
	return nil
}

// apply returns the subscription as it would be, and which fields the change gives.
func (change *SubscriptionUpdate) apply(s *simulator.Subscription) (simulator.Subscription, fields) {
	next := *s
	given := fields{url: change.URL != nil, eventTypes: change.EventTypes != nil, label: change.Label != nil, headers: change.Headers != nil}
	if given.url {
		next.URL = *change.URL
	}
	if given.eventTypes {
		next.EventTypes = slices.Clone(*change.EventTypes)
	}
	if given.label {
		next.Label = *change.Label
	}
	if given.headers {
		next.Headers = slices.Clone(*change.Headers)
	}
	if change.DeliveryPaused != nil {
		next.DeliveryPaused = *change.DeliveryPaused
	}
	return next, given
}

func same(a, b *simulator.Subscription) bool {
	return a.URL == b.URL && a.Label == b.Label && a.DeliveryPaused == b.DeliveryPaused &&
		slices.Equal(a.EventTypes, b.EventTypes) && slices.Equal(a.Headers, b.Headers)
}

// DeleteSubscription deletes a subscription, softly: it stays and says so. What is owed to it has failed for good, and
// those who subscribed to webhook.event.deliveryFailed are told of each delivery.
func (p *Provider) DeleteSubscription(ctx context.Context, id string) (simulator.Subscription, error) {
	return p.alter(ctx, id, func(c *commit, s *subscriber) error {
		next := *s.sub
		next.Deleted, next.UpdatedAt = true, p.clock.Now()
		p.put(c, s, &next, "deleted")
		p.drop(c, s, "its subscription was deleted", true)
		p.clearFaults(c, s, next.UpdatedAt)
		return nil
	})
}

// Subscription returns the subscription of that id, also a deleted one.
func (p *Provider) Subscription(id string) (simulator.Subscription, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.subscribers[id]
	if !ok {
		return simulator.Subscription{}, false
	}
	return s.snapshot(), true
}

// Subscriptions returns the subscriptions in the order in which they were created.
func (p *Provider) Subscriptions(includeDeleted bool) []simulator.Subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]simulator.Subscription, 0, len(p.inOrder))
	for _, s := range p.inOrder {
		if includeDeleted || !s.sub.Deleted {
			all = append(all, s.snapshot())
		}
	}
	return all
}

func (s *subscriber) snapshot() simulator.Subscription {
	now := *s.sub
	now.EventTypes, now.Headers = slices.Clone(now.EventTypes), slices.Clone(now.Headers)
	return now
}

// living finds a subscription that is not deleted.
func (p *Provider) living(id string) (*subscriber, error) {
	s, ok := p.subscribers[id]
	switch {
	case !ok:
		return nil, refuse(CodeNotFound, "id", "there is no subscription %q", id)
	case s.sub.Deleted:
		return nil, refuse(CodeDeleted, "id", "the subscription %s is deleted", id)
	}
	return s, nil
}

// add takes in a subscription that is new here.
func (p *Provider) add(sub *simulator.Subscription) *subscriber {
	s := &subscriber{ordinal: len(p.inOrder), outstanding: map[string]*outstanding{}}
	p.subscribers[sub.ID] = s
	p.inOrder = append(p.inOrder, s)
	p.index(s, sub)
	return s
}

// put sets another state of the subscription in the place of the one before, and records it.
func (p *Provider) put(c *commit, s *subscriber, next *simulator.Subscription, reason string) {
	p.index(s, next)
	c.records = append(c.records, &journal.Subscription{Subscription: *next, At: next.UpdatedAt, Reason: reason})
}

// index makes sub the state of the subscription, and findable by what it now says.
func (p *Provider) index(s *subscriber, sub *simulator.Subscription) {
	without := func(list []*subscriber) []*subscriber {
		return slices.DeleteFunc(slices.Clone(list), func(other *subscriber) bool { return other == s })
	}
	within := func(list []*subscriber) []*subscriber {
		i, _ := slices.BinarySearchFunc(list, s.ordinal, func(other *subscriber, ordinal int) int { return other.ordinal - ordinal })
		return slices.Insert(list, i, s)
	}
	if s.sub != nil {
		p.byEndpoint[s.endpoint] = without(p.byEndpoint[s.endpoint])
		if len(p.byEndpoint[s.endpoint]) == 0 {
			delete(p.byEndpoint, s.endpoint)
		}
		for _, t := range s.sub.EventTypes {
			p.byType[t] = without(p.byType[t])
		}
	}
	s.sub = sub
	if sub.Deleted {
		return
	}
	s.endpoint = canonicalURL(sub.URL)
	p.byEndpoint[s.endpoint] = within(p.byEndpoint[s.endpoint])
	for _, t := range sub.EventTypes {
		p.byType[t] = within(p.byType[t])
	}
}

// foundSubscription makes a subscription at the start, or takes the one of the journal that has its URL and label: what
// was given this time holds.
func (p *Provider) initializeSubscription(c *commit, n NewSubscription) error {
	for _, s := range p.byEndpoint[canonicalURL(n.URL)] {
		if s.sub.Label != n.Label {
			continue
		}
		s.local = n.Local
		change := SubscriptionUpdate{URL: &n.URL, EventTypes: &n.EventTypes, Headers: &n.Headers}
		next, given := change.apply(s.sub)
		if n.Secret != "" {
			next.Secret = n.Secret
		}
		if err := p.options.Rules.check(&next, given, n.Local); err != nil {
			return err
		}
		if !same(&next, s.sub) || next.Secret != s.sub.Secret {
			next.UpdatedAt = p.clock.Now()
			p.put(c, s, &next, "updated at the start")
		}
		return nil
	}
	if _, err := p.create(c, n); err != nil {
		return fmt.Errorf("subscription of %s: %w", n.URL, err)
	}
	return nil
}
