package provider

import (
	"context"
	"fmt"
	"strings"

	"semblance/schemas/human"
	"semblance/simulator/journal"
)

// progress counts accepted attempts, and wakes those who wait for a change.
type progress struct {
	accepted map[acceptance]int
	changed  chan struct{} // closed by the next notify; nil if nobody waits
}

// acceptance is the key by which accepted attempts are counted.
type acceptance struct {
	eventType    string
	subscription string
}

// count counts the accepted attempts among records that were committed.
func (p *progress) count(records []journal.Record) {
	for _, r := range records {
		if a, ok := r.(*journal.Attempt); ok && a.Response.OK() {
			p.accepted[acceptance{eventType: a.Request.EventType, subscription: a.SubscriptionID}]++
		}
	}
}

func (p *progress) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// until waits for a condition. It calls done with the lock held, at once and after each notify.
func (p *Provider) until(ctx context.Context, done func() bool) error {
	for {
		p.mu.Lock()
		if done() {
			p.mu.Unlock()
			return nil
		}
		if p.progress.changed == nil {
			p.progress.changed = make(chan struct{})
		}
		changed := p.progress.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-p.life.closed:
			return errClosing()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Condition is what [Provider.Wait] waits for. Every field that is set must be met.
type Condition struct {
	Accepted       int         // number of attempts that receivers accepted with 2xx
	Types          []string    // count only events of types that these patterns match; nil for all
	SubscriptionID string      // count only this subscription; "" for all
	After          journal.Seq // count only attempts with a higher number; 0 counts since the start or the last reset
	AllFinished    bool        // no delivery is unfinished
}

// Progress is how far a condition is met.
type Progress struct {
	Accepted   int
	Unfinished int
	Met        bool
}

// Wait returns when the condition is met. If ctx ends first, it returns the progress and an error that wraps ctx's. A
// subscription that does not exist, or that a reset removes, is an error. Wait does not poll.
func (p *Provider) Wait(ctx context.Context, c Condition) (Progress, error) {
	names, err := c.typeNames()
	if err != nil {
		return Progress{}, err
	}
	if c.After > 0 {
		return p.waitAfter(ctx, c, names)
	}
	var now Progress
	var gone error
	look := func() bool {
		now, gone = p.progressOf(c, names)
		return now.Met || gone != nil
	}
	if err := p.until(ctx, look); err != nil {
		return now, fmt.Errorf("%s: %w", c.unmet(now), err)
	}
	return now, gone
}

func (c *Condition) typeNames() (map[string]bool, error) {
	if len(c.Types) == 0 {
		return nil, nil
	}
	list, err := namesOf(c.Types)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(list))
	for _, name := range list {
		names[name] = true
	}
	return names, nil
}

// progressOf returns the progress, or an error if the subscription does not exist. It is called with the lock held.
func (p *Provider) progressOf(c Condition, names map[string]bool) (Progress, error) {
	now := Progress{Unfinished: p.state.unfinished}
	if c.SubscriptionID != "" {
		s := p.state.byID[c.SubscriptionID]
		if s == nil {
			return Progress{}, noSubscription("subscription", c.SubscriptionID)
		}
		now.Unfinished = s.backlog.unfinished
	}
	for a, n := range p.progress.accepted {
		if (names == nil || names[a.eventType]) && (c.SubscriptionID == "" || c.SubscriptionID == a.subscription) {
			now.Accepted += n
		}
	}
	now.Met = c.met(now)
	return now, nil
}

func (c *Condition) met(now Progress) bool {
	return now.Accepted >= c.Accepted && (!c.AllFinished || now.Unfinished == 0)
}

// waitAfter is Wait for attempts after a record. It reads them from the journal.
func (p *Provider) waitAfter(ctx context.Context, c Condition, names map[string]bool) (Progress, error) {
	q := journal.Query{SubscriptionID: c.SubscriptionID, After: c.After, Outcomes: []journal.Outcome{journal.Accepted}, Oldest: true, Limit: journal.MaxLimit}
	for name := range names {
		q.Types = append(q.Types, name)
	}
	accepted := 0
	for {
		last, more := p.journal.Committed()
		n, err := p.countAttempts(ctx, q, last)
		if err != nil && ctx.Err() == nil {
			return Progress{}, fmt.Errorf("waiting: %w", err)
		}
		accepted, q.After = accepted+n, max(last, q.After)
		p.mu.Lock()
		now, err := p.progressOf(c, names)
		p.mu.Unlock()
		if err != nil {
			return now, err
		}
		now.Accepted = accepted
		if now.Met = c.met(now); now.Met {
			return now, nil
		}
		select {
		case <-more:
		case <-p.life.closed:
			return now, fmt.Errorf("%s: %w", c.unmet(now), errClosing())
		case <-ctx.Done():
			return now, fmt.Errorf("%s: %w", c.unmet(now), ctx.Err())
		}
	}
}

// countAttempts returns the number of attempts that match the query, up to the record with the number last.
func (p *Provider) countAttempts(ctx context.Context, q journal.Query, last journal.Seq) (int, error) {
	n := 0
	for {
		page, err := p.journal.Attempts(ctx, q)
		if err != nil {
			return n, err
		}
		for _, a := range page.Items {
			if a.Seq <= last {
				n++
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return n, nil
		}
	}
}

// unmet returns the part of an error that says how the progress falls short of the condition.
func (c *Condition) unmet(now Progress) string {
	var missing []string
	if now.Accepted < c.Accepted {
		of := ""
		if len(c.Types) > 0 {
			of = " of " + human.And(c.Types)
		}
		missing = append(missing, fmt.Sprintf("the receiver accepted %s of %s deliveries%s", human.Number(now.Accepted), human.Number(c.Accepted), of))
	}
	if c.AllFinished && now.Unfinished > 0 {
		missing = append(missing, human.Count(now.Unfinished, "unfinished delivery"))
	}
	return strings.Join(missing, "; ")
}
