package feed

import (
	"context"
	"fmt"
	"strings"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/hint"
	"semblance/simulator/journal"
)

// text prints a record as text.
func (f *Feed) text(record journal.Record) error {
	if d, ok := record.(*journal.Delivery); ok && f.event != nil && d.EventSeq == f.event.Seq {
		f.event = nil
	}
	if err := f.unwantedEvent(); err != nil {
		return err
	}
	if t, ok := record.(*journal.Transition); ok {
		return f.changed(t.Next.State, t.Reason)
	}
	if d, ok := record.(*journal.Delivery); ok && f.paused[d.SubscriptionID] && d.State == journal.Held && !aboutProvider(&d.Event) {
		return f.changed(journal.Held, "its subscription is paused")
	}
	if err := f.flushChanges(); err != nil {
		return err
	}
	switch r := record.(type) {
	case *journal.Event:
		f.event = r
	case *journal.Attempt:
		return f.attempt(r)
	case *journal.Subscription:
		return f.subscription(r)
	case *journal.Notice:
		return f.println(f.Text.Warning("notice: " + human.Line(r.Subject+": "+r.Text)))
	case *journal.Reset:
		clear(f.labels)
		clear(f.paused)
		clear(f.causes)
		clear(f.unwanted)
		return f.println("the provider was reset")
	}
	return nil
}

func (f *Feed) println(text string) error {
	_, err := fmt.Fprintln(f.Out, text)
	return err
}

// flush prints everything that waited for the next record.
func (f *Feed) flush() error {
	if err := f.unwantedEvent(); err != nil {
		return err
	}
	return f.flushChanges()
}

// unwantedEvent says that no subscription names the type of the last event, once for each type.
func (f *Feed) unwantedEvent() error {
	e := f.event
	f.event = nil
	if e == nil || e.Unreadable != "" || aboutProvider(&e.Event) || f.unwanted[e.Type.Name] {
		return nil
	}
	f.unwanted[e.Type.Name] = true
	return f.println(f.Text.Warning(fmt.Sprintf("%s [event %d]: no subscription has this event type", e.Type.Name, e.Seq)))
}

// aboutProvider reports whether the provider sends the event about its own webhooks. Each failure and each pause makes one,
// for all subscriptions; lines about them would hide the cause.
func aboutProvider(e *schemas.Event) bool {
	return e.Type != nil && strings.HasPrefix(e.Type.Name, "webhook.")
}

// attempt prints an attempt in two lines. A failure that differs from the one before has the response and the fix, too.
func (f *Feed) attempt(a *journal.Attempt) error {
	if a.Unreadable != "" {
		return f.println(fmt.Sprintf("attempt %d: %s", a.Seq, human.Line(a.Unreadable)))
	}
	var b strings.Builder
	b.WriteString(f.Text.RequestLine(&a.Request))
	if a.Number > 1 && a.ReplayOf == 0 {
		fmt.Fprintf(&b, ", attempt %d", a.Number)
	}
	if a.ReplayOf > 0 {
		fmt.Fprintf(&b, ", resend of %d", a.ReplayOf)
	}
	if label := f.labels[a.SubscriptionID]; len(f.labels) > 1 && label != "" {
		b.WriteString(" to " + human.Line(label))
	}
	passed := a.Response.OK()
	fmt.Fprintf(&b, "\n%s%s\n", f.Text.ResponseLine(&a.Response, passed), next(a))
	switch cause := fmt.Sprint(a.Response.Status, a.Response.Failure); {
	case passed:
		delete(f.causes, a.SubscriptionID)
	case f.causes[a.SubscriptionID] != cause:
		f.causes[a.SubscriptionID] = cause
		b.WriteString(f.explain(a))
	}
	_, err := f.Out.Write([]byte(b.String()))
	return err
}

// next says how the delivery goes on after an attempt.
func next(a *journal.Attempt) string {
	switch a.Next.State {
	case journal.Pending:
		return ", next in " + human.Duration(max(0, a.Next.Due.Sub(a.StartedAt)-a.Response.Timings.Total))
	case journal.Held:
		return ", held until its subscription is resumed"
	case journal.Failed:
		return ", failed after " + human.Count(a.Next.Tries, "attempt")
	case journal.Dropped:
		return ", dropped"
	}
	return ""
}

// responseWidth is the largest number of characters of a response that is shown.
const responseWidth = 200

// explain returns the response to a failed attempt and the fix, if there is one.
func (f *Feed) explain(brief *journal.Attempt) string {
	a, err := f.journal.Attempt(context.Background(), brief.Seq)
	if err != nil { // it may be pruned by now
		return ""
	}
	shown := a.Redacted()
	var b strings.Builder
	if text := human.Excerpt(hint.Text(&shown.Response), responseWidth); text != "" {
		fmt.Fprintf(&b, "    response: %s\n", text)
	}
	if fix := hint.For(&shown).Fix; fix != "" {
		fmt.Fprintf(&b, "    fix: %s\n", human.Line(fix))
	}
	fmt.Fprintf(&b, "    details: semblance log %d%s\n", a.Seq, f.Via)
	return b.String()
}

// know remembers a version of a subscription.
func (f *Feed) know(s *simulator.Subscription) {
	f.labels[s.ID], f.paused[s.ID] = s.Label, s.DeliveryPaused
	if s.Deleted {
		delete(f.labels, s.ID)
	}
}

// subscription prints what happened to a subscription.
func (f *Feed) subscription(s *journal.Subscription) error {
	f.know(&s.Subscription)
	if s.Seq <= f.Started {
		return nil
	}
	clear(f.unwanted)
	text := fmt.Sprintf("subscription %q: %s", human.Line(s.Label), human.Line(s.Reason))
	if s.DeliveryPaused && strings.HasPrefix(s.Reason, "paused") {
		text = f.Text.Warning(text + fmt.Sprintf("; semblance subscriptions resume %s%s continues", s.ID, f.Via))
	}
	return f.println(text)
}

// changes counts deliveries whose state changed in the same way, one after the other.
type changes struct {
	state  journal.State
	reason string
	n      int
}

// changed counts a delivery whose state changed without an attempt.
func (f *Feed) changed(state journal.State, reason string) error {
	var err error
	if f.changes.state != state || f.changes.reason != reason {
		err = f.flushChanges()
		f.changes = changes{state: state, reason: reason}
	}
	f.changes.n++
	return err
}

func (f *Feed) flushChanges() error {
	c := f.changes
	f.changes = changes{}
	if c.n == 0 {
		return nil
	}
	return f.println(fmt.Sprintf("    %s %s: %s", human.Count(c.n, "delivery"), c.state, human.Line(c.reason)))
}
