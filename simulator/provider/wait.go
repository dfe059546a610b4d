package provider

import (
	"context"
	"fmt"
	"strings"

	"semblance/simulator/journal"
)

// acceptance is what accepted attempts are counted by.
type acceptance struct {
	eventType    string
	subscription string
}

// Condition is what [Provider.Wait] waits for: all of what is set.
type Condition struct {
	Accepted       int         // so many attempts were answered 2xx
	Types          []string    // of event types that these patterns name; nil for all
	SubscriptionID string      // to this subscription; "" for any
	After          journal.Seq // numbered higher than this; 0 counts from the start, or from the last reset
	AllFinished    bool        // every delivery is finished
}

// Progress is how far things have come towards a condition.
type Progress struct {
	Accepted   int
	Unfinished int
	Met        bool
}

// Wait returns when the condition is met, or when ctx is done: then it says how far things have come, and the error
// wraps ctx's. A subscription that is not there, or that a reset takes away meanwhile, is refused. It neither polls nor
// sleeps: it looks when the journal has got on.
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
		now, gone = p.progress(c, names)
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

// progress is called with the lock held. The subscription may be none, also after it was there: a reset forgets it.
func (p *Provider) progress(c Condition, names map[string]bool) (Progress, error) {
	now := Progress{Unfinished: p.unfinished}
	if c.SubscriptionID != "" {
		s := p.subscribers[c.SubscriptionID]
		if s == nil {
			return Progress{}, refuse(CodeNotFound, "subscription", "there is no subscription %q", c.SubscriptionID)
		}
		now.Unfinished = len(s.outstanding)
	}
	for a, n := range p.accepted {
		if (names == nil || names[a.eventType]) && (c.SubscriptionID == "" || c.SubscriptionID == a.subscription) {
			now.Accepted += n
		}
	}
	now.Met = now.Accepted >= c.Accepted && (!c.AllFinished || now.Unfinished == 0)
	return now, nil
}

// waitAfter counts what came after a place in the journal by asking the journal.
func (p *Provider) waitAfter(ctx context.Context, c Condition, names map[string]bool) (Progress, error) {
	q := journal.Query{SubscriptionID: c.SubscriptionID, After: c.After, Outcomes: []journal.Outcome{journal.Accepted}}
	for name := range names {
		q.Types = append(q.Types, name)
	}
	for {
		_, more := p.journal.Committed()
		n, err := p.journal.Count(ctx, journal.KindAttempt, q)
		if err != nil && ctx.Err() == nil {
			return Progress{}, fmt.Errorf("waiting: %w", err)
		}
		p.mu.Lock()
		now, err := p.progress(c, names)
		p.mu.Unlock()
		if err != nil {
			return now, err
		}
		now.Accepted = n
		if now.Met = n >= c.Accepted && (!c.AllFinished || now.Unfinished == 0); now.Met {
			return now, nil
		}
		select {
		case <-more:
		case <-p.closed:
			return now, fmt.Errorf("%s: %w", c.unmet(now), errClosing())
		case <-ctx.Done():
			return now, fmt.Errorf("%s: %w", c.unmet(now), ctx.Err())
		}
	}
}

// unmet says what was waited for and what there was instead.
func (c *Condition) unmet(now Progress) string {
	var lacks []string
	if now.Accepted < c.Accepted {
		of := ""
		if len(c.Types) > 0 {
			of = " of " + strings.Join(c.Types, ", ")
		}
		lacks = append(lacks, fmt.Sprintf("the receiver accepted %d of %d deliveries%s", now.Accepted, c.Accepted, of))
	}
	if c.AllFinished && now.Unfinished > 0 {
		are := "deliveries are"
		if now.Unfinished == 1 {
			are = "delivery is"
		}
		lacks = append(lacks, fmt.Sprintf("%d %s still owed", now.Unfinished, are))
	}
	return strings.Join(lacks, " and ")
}
