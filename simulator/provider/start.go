package provider

import (
	"context"
	"fmt"
	"slices"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// begin loads the state, adds the tokens and subscriptions of the options, and commits them.
func (p *Provider) begin(ctx context.Context) error {
	if err := p.restoreTime(ctx); err != nil {
		return err
	}
	var err error
	if p.state, err = p.load(ctx); err != nil {
		return err
	}
	c := &commit{}
	if err := p.initialize(c, p.options.Tokens); err != nil {
		return err
	}
	c.add(p.movedRecords(p.state)...)
	if err := p.journal.Append(ctx, c.records...); err != nil {
		return err
	}
	p.state.settle(c)
	return p.dropOrphans(ctx)
}

// dropOrphans drops the deliveries to subscriptions that are not in the journal.
func (p *Provider) dropOrphans(ctx context.Context) error {
	c := &commit{}
	for _, id := range p.state.orphans {
		for d, err := range p.journal.Unfinished(ctx, id, 0) {
			if err != nil {
				return fmt.Errorf("reading the journal: %w", err)
			}
			c.add(&journal.Transition{
				At: p.Now(), DeliveryID: d.ID, Next: journal.DeliveryState{State: journal.Dropped}, Reason: "its subscription is not in the journal",
			})
		}
	}
	p.state.orphans = nil
	return p.journal.Append(ctx, c.records...)
}

// restoreTime advances a manual clock to the last time in the journal; it never turns it back. With another clock it notes
// whether that time is in the future.
func (p *Provider) restoreTime(ctx context.Context) error {
	last, _ := p.journal.Committed()
	if last == 0 {
		return nil
	}
	records, err := p.journal.Read(ctx, last-1, 1)
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	manual, isManual := p.options.Clock.(*clock.ManualClock)
	if isManual { // the last record may be older than the last advance
		settings, err := journal.Load[journal.Record](ctx, p.journal, journal.KindSetting)
		if err != nil {
			return fmt.Errorf("reading the journal: %w", err)
		}
		records = append(records, settings...)
	}
	for _, r := range records {
		if isManual {
			manual.Advance(r.When().Sub(manual.Now()))
		} else {
			p.agenda.wasAhead = p.isAhead(r.When())
		}
	}
	return nil
}

// initialize adds the initial records that the state lacks to a commit, and applies them: the first snapshot of the clinic,
// and the tokens and subscriptions of the options. It also drops deliveries to deleted subscriptions.
func (p *Provider) initialize(c *commit, tokens []Token) error {
	now := p.Now()
	if !p.state.clinic.known {
		first, err := p.state.clinic.snapshot(now)
		if err != nil {
			return err
		}
		c.add(first)
	}
	p.state.clinic.Track()
	p.initializeTokens(c, tokens, now)
	for _, s := range p.state.all {
		if s.Deleted { // a process was killed while an attempt was in flight
			p.dropAll(c, s, nil)
		}
	}
	p.applyAll(c)
	for _, n := range p.options.Subscriptions {
		later := &commit{}
		id, err := p.initializeSubscription(later, n)
		if err != nil {
			return err
		}
		p.applyAll(later)
		p.state.byID[id].local = n.Local
		c.add(later.records...)
	}
	return nil
}

// initializeTokens accepts the tokens of the options and revokes all others. Without any tokens it creates one.
func (p *Provider) initializeTokens(c *commit, tokens []Token, now time.Time) {
	known := p.state.tokens.all()
	switch {
	case len(tokens) > 0:
		for _, t := range known {
			if !slices.ContainsFunc(tokens, func(given Token) bool { return given.Text == t.Text }) {
				c.add(t.record(now, true))
			}
		}
	case len(known) == 0:
		tokens = []Token{{Text: "dev_" + p.random.text(DefaultSecretLength), Permissions: AllPermissions()}}
	}
	for _, t := range tokens {
		c.add(t.record(now, false))
	}
}

// initializeSubscription creates a subscription of the options, or updates the one that has its URL and label. It returns
// the id.
func (p *Provider) initializeSubscription(c *commit, n NewSubscription) (id string, err error) {
	for _, s := range p.state.byEndpoint[canonicalURL(n.URL)] {
		if s.Label != n.Label {
			continue
		}
		u := SubscriptionUpdate{URL: &n.URL, EventTypes: &n.EventTypes, Headers: &n.Headers}
		next, given := u.apply(s.Subscription)
		if n.Secret != "" {
			next.Secret = n.Secret
		}
		if err := p.options.Rules.check(&next, given, n.Local); err != nil {
			return "", err
		}
		if !equal(&next, s.Subscription) || next.Secret != s.Secret {
			next.UpdatedAt = p.Now()
			p.addVersion(c, &next, "updated at the start")
		}
		return s.ID, nil
	}
	var s *simulator.Subscription
	if s, err = p.addSubscription(c, n); err != nil {
		return "", fmt.Errorf("subscription to %s: %w", simulator.RedactURL(n.URL), err)
	}
	return s.ID, nil
}
