package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// restore brings back what the journal holds: who subscribed, which tokens and faults there are, the clinic as it was
// with its traffic, and what is owed and when it is due. It runs alone.
func (p *Provider) restore(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, restore := range []func(context.Context) error{
		p.restoreTime, p.restoreSubscriptions, p.restoreTokens, p.restoreFaults, p.restoreClinic, p.restoreSettings, p.restoreUnfinished,
	} {
		if err := restore(ctx); err != nil {
			return fmt.Errorf("reading the journal: %w", err)
		}
	}
	return nil
}

// restoreTime takes a manual clock to where the scenario had come. It never goes back: what was to happen in an hour would
// else be a day away, and happen before what is past.
func (p *Provider) restoreTime(ctx context.Context) error {
	manual, ok := p.clock.(*clock.ManualClock)
	if !ok {
		return nil
	}
	past, err := journal.Load[journal.Record](ctx, p.journal, journal.KindSetting)
	if err != nil {
		return err
	}
	if last, _ := p.journal.Committed(); last > 0 { // it may have been killed while the clock was being advanced
		latest, err := p.journal.Read(ctx, last-1, 1)
		if err != nil {
			return err
		}
		past = append(past, latest...)
	}
	for _, r := range past {
		if ahead := r.When().Sub(manual.Now()); ahead > 0 {
			manual.Advance(ahead)
		}
	}
	return nil
}

func (p *Provider) restoreSubscriptions(ctx context.Context) error {
	all, err := journal.Load[*journal.Subscription](ctx, p.journal, journal.KindSubscription)
	for _, r := range all {
		sub := r.Subscription
		p.add(&sub)
	}
	return err
}

func (p *Provider) restoreTokens(ctx context.Context) error {
	all, err := journal.Load[*journal.Token](ctx, p.journal, journal.KindToken)
	for _, r := range all {
		t := Token{Text: r.Token}
		for _, permission := range r.Permissions {
			t.Permissions = append(t.Permissions, Permission(permission))
		}
		p.accept(t)
	}
	return err
}

func (p *Provider) restoreFaults(ctx context.Context) error {
	all, err := journal.Load[*journal.Fault](ctx, p.journal, journal.KindFault)
	for _, r := range all {
		s := p.subscribers[r.SubscriptionID]
		if s == nil || s.sub.Deleted {
			continue
		}
		parsed, err := fault.Parse(r.Fault)
		if err != nil {
			return err
		}
		s.faults = append(s.faults, &plan{fault: parsed, FaultPlan: FaultPlan{
			ID: r.ID, SubscriptionID: r.SubscriptionID, Fault: r.Fault, Next: r.Remaining, Share: r.Share,
		}})
	}
	return err
}

func (p *Provider) restoreSettings(ctx context.Context) error {
	all, err := journal.Load[*journal.Setting](ctx, p.journal, journal.KindSetting)
	for _, r := range all {
		if err := errors.Join(p.restoreFormer(r), p.restoreTraffic(r)); err != nil {
			return err
		}
		id, ok := strings.CutPrefix(r.Key, failedKey)
		if s := p.subscribers[id]; ok && s != nil {
			n, err := strconv.Atoi(string(r.Value))
			if err != nil {
				return fmt.Errorf("setting %s: %w", r.Key, err)
			}
			for range n {
				s.endings = append(s.endings, EndedFailed)
			}
		}
	}
	return err
}

// restoreOwed brings back what is owed, in its order. Where the journal says that a delivery is pending and its
// subscription is paused, the pause holds.
func (p *Provider) restoreUnfinished(ctx context.Context) error {
	now := p.clock.Now()
	for d, err := range p.journal.Unfinished(ctx, "", 0) {
		if err != nil {
			return err
		}
		s := p.subscribers[d.SubscriptionID]
		if s == nil {
			p.orphans = append(p.orphans, d.ID)
			continue
		}
		o := p.revive(d)
		o.committed = true
		o.history = make([]Outcome, d.Tries)
		if p.options.SignOnce && d.Attempts > 0 {
			if o.firstAt, err = p.firstAttempt(ctx, d.ID); err != nil {
				return err
			}
		}
		p.count(o)
		switch {
		case s.sub.DeliveryPaused, s.sub.Deleted:
			o.place = onHold
		case d.Due.After(now):
			p.climb(o, d.Due)
		default:
			s.enqueue(o)
		}
	}
	return nil
}

func (p *Provider) firstAttempt(ctx context.Context, deliveryID string) (time.Time, error) {
	page, err := p.journal.Attempts(ctx, journal.Query{DeliveryID: deliveryID, Oldest: true, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return time.Time{}, err
	}
	return page.Items[0].StartedAt, nil
}

// found adds what the options say to what was restored, and commits it.
func (p *Provider) initialize(ctx context.Context, o Options) error {
	c := newCommit()
	if err := p.initializeClinic(c); err != nil {
		return err
	}
	p.mu.Lock()
	err := p.initializeAll(c, o)
	if err == nil {
		p.submit(c)
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

func (p *Provider) initializeClinic(c *commit) error {
	p.clinic.mu.Lock()
	defer p.clinic.mu.Unlock()
	if p.clinic.known {
		return nil
	}
	r, err := p.clinic.snapshot(p.clock.Now())
	if err != nil {
		return err
	}
	c.records = append(c.records, r)
	p.clinic.known = true
	return nil
}

func (p *Provider) initializeAll(c *commit, o Options) error {
	now := p.clock.Now()
	tokens := o.Tokens
	if len(tokens) > 0 {
		p.revokeOthers(c, tokens, now)
	}
	if len(tokens) == 0 && len(p.tokens) == 0 {
		tokens = []Token{{Text: "dev_" + p.drawText(DefaultSecretLength), Permissions: AllPermissions()}}
	}
	for _, t := range tokens {
		p.accept(t)
		r := &journal.Token{At: now, Token: t.Text}
		for _, permission := range t.Permissions {
			r.Permissions = append(r.Permissions, string(permission))
		}
		c.records = append(c.records, r)
	}
	for _, s := range p.inOrder {
		if s.sub.Deleted { // it was in flight when the subscription was deleted and the run ended
			p.drop(c, s, "its subscription was deleted", true)
		}
	}
	for _, id := range p.orphans { // the journal took them, and was too full for their subscription
		c.records = append(c.records, &journal.Transition{
			At: now, DeliveryID: id, Next: journal.DeliveryState{State: journal.Dropped}, Reason: "its subscription is not in the journal",
		})
	}
	p.orphans = nil
	for _, n := range o.Subscriptions {
		if err := p.initializeSubscription(c, n); err != nil {
			return err
		}
	}
	return nil
}

// revokeOthers revokes the tokens of the journal that are not among those given: whoever gives another token, because the
// one before is known to too many, means that.
func (p *Provider) revokeOthers(c *commit, given []Token, now time.Time) {
	for hash, t := range p.tokens {
		if slices.ContainsFunc(given, func(g Token) bool { return g.Text == t.Text }) {
			continue
		}
		delete(p.tokens, hash)
		p.tokenOrder = slices.DeleteFunc(p.tokenOrder, func(other [sha256.Size]byte) bool { return other == hash })
		c.records = append(c.records, &journal.Token{At: now, Token: t.Text, Revoked: true})
	}
}

// accept takes a token, in the place of one with the same text.
func (p *Provider) accept(t Token) {
	hash := sha256.Sum256([]byte(t.Text))
	if _, known := p.tokens[hash]; !known {
		p.tokenOrder = append(p.tokenOrder, hash)
	}
	p.tokens[hash] = t
}
