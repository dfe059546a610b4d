package simtest

import (
	"context"
	"fmt"
	"iter"
	"time"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// DefaultWithin is how long [Sim.Accepted], [Sim.Settled] and [Sim.Eventually] wait, in machine time.
const DefaultWithin = 5 * time.Second

// WaitOption is an option of [Sim.Accepted], [Sim.Settled] and [Sim.Eventually].
type WaitOption func(*waitOptions)

type waitOptions struct{ within time.Duration }

// Within sets how long to wait, in machine time, instead of [DefaultWithin].
func Within(d time.Duration) WaitOption { return func(o *waitOptions) { o.within = d } }

// withinOf returns how long to wait.
func withinOf(with []WaitOption) time.Duration { return apply(waitOptions{DefaultWithin}, with).within }

// Accepted waits until the receiver has accepted n deliveries of the emitted events that match the pattern, and returns
// their attempts, the oldest first. It fails the test if that takes too long, and at once if nothing can come any more:
// every delivery of such an event has ended, or waits for [Sim.Resume] or [Sim.Advance]. So emit the events before.
func (s *Sim) Accepted(n int, pattern string, with ...WaitOption) []simulator.Attempt {
	s.t.Helper()
	types := s.typesOf(pattern)
	w := waiter{sim: s, types: types}
	err := w.until(withinOf(with), func(ctx context.Context) (bool, error) {
		err := w.readAccepted(ctx)
		return len(w.accepted) >= n, err
	})
	must(s.t, err, "the receiver accepted %d of %d %s ", len(w.accepted), n, pattern)
	return w.accepted
}

// Settled waits until no delivery is pending: every emitted event has been accepted or has failed for good. It fails the
// test if that takes too long, and at once if the rest waits for [Sim.Resume] or [Sim.Advance].
func (s *Sim) Settled(with ...WaitOption) {
	s.t.Helper()
	w := waiter{sim: s}
	unfinished := 0
	err := w.until(withinOf(with), func(context.Context) (bool, error) {
		unfinished = s.provider.Journal().Stats().Unfinished()
		return unfinished == 0, nil
	})
	must(s.t, err, "%s pending ", human.Count(unfinished, "delivery"))
}

// eventuallyEvery is the time between two calls of the function of Eventually.
const eventuallyEvery = 5 * time.Millisecond

// Eventually calls check until it returns nil, such as a query of the application's database. It fails the test with its
// last error if that takes too long.
func (s *Sim) Eventually(check func() error, with ...WaitOption) {
	s.t.Helper()
	within := withinOf(with)
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		if clock.Sleep(ctx, eventuallyEvery) != nil {
			s.t.Fatalf("simtest: not within %s: %v", human.Duration(within), err)
		}
	}
}

// waiter waits for deliveries of some event types.
type waiter struct {
	sim      *Sim
	types    []string // full names; nil for all
	accepted []simulator.Attempt
	read     journal.Seq // the last attempt that was read
}

// until waits until done, a time-out, or a state in which nothing can come any more. The error completes a sentence.
func (w *waiter) until(within time.Duration, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(w.sim.t.Context(), within)
	defer cancel()
	j := w.sim.provider.Journal()
	for {
		_, more := j.Committed()
		stuck, err := w.stuck(ctx) // before done: a delivery may end between the two
		if err == nil {
			var is bool
			if is, err = done(ctx); is {
				return nil
			}
		}
		switch {
		case ctx.Err() != nil:
			flight := ""
			if n := w.sim.provider.Health().InFlight; n > 0 {
				flight = "; " + human.Count(n, "attempt") + " without a response yet"
			}
			return fmt.Errorf("within %s%s%s", human.Duration(within), flight, w.state())
		case err != nil:
			return fmt.Errorf("(reading the journal: %w)", err)
		case stuck != "":
			return fmt.Errorf("and nothing more can come: %s%s", stuck, w.state())
		}
		select {
		case <-more:
		case <-ctx.Done():
		}
	}
}

// readAccepted reads the accepted attempts that are new.
func (w *waiter) readAccepted(ctx context.Context) error {
	query := journal.Query{Types: w.types, Outcomes: []journal.Outcome{journal.Accepted}, After: w.read}
	for a, err := range w.sim.attempts(ctx, query) {
		if err != nil {
			return err
		}
		w.accepted, w.read = append(w.accepted, a.Attempt), a.Seq
	}
	return nil
}

// stuck says why no attempt at the deliveries can follow, or "".
func (w *waiter) stuck(ctx context.Context) (string, error) {
	if w.sim.provider.Traffic().Running {
		return "", nil
	}
	pending, err := w.deliveries(ctx, journal.Pending)
	if err != nil {
		return "", err
	}
	if len(pending) > 0 {
		return w.waitsForClock(pending), nil
	}
	held, err := w.deliveries(ctx, journal.Held)
	if err != nil {
		return "", err
	}
	if len(held) > 0 {
		return "the subscription is paused, because deliveries failed or the test paused it; Sim.Resume continues", nil
	}
	ended, err := w.deliveries(ctx)
	if err != nil {
		return "", err
	}
	if len(ended) == 0 {
		return "no such event was emitted to a subscription", nil
	}
	return "every delivery has ended", nil
}

// waitsForClock says that only the test can make the next attempt due, or "".
func (w *waiter) waitsForClock(pending []*journal.Delivery) string {
	now := w.sim.Now()
	for _, d := range pending {
		if !w.sim.options.manual || !d.Due.After(now) || len(pending) == maxAttempts {
			return ""
		}
	}
	return "the next attempt is due in " + human.Duration(pending[0].Due.Sub(now)) + "; Sim.Advance moves the clock"
}

// deliveries returns deliveries in these states, the oldest first.
func (w *waiter) deliveries(ctx context.Context, states ...journal.State) ([]*journal.Delivery, error) {
	page, err := w.sim.provider.Journal().Deliveries(ctx, journal.Query{Types: w.types, States: states, Oldest: true, Limit: maxAttempts})
	return page.Items, err
}

// state describes the last attempt, for a test whose wait has failed.
func (w *waiter) state() string {
	ctx := context.WithoutCancel(w.sim.t.Context())
	page, err := w.sim.provider.Journal().Attempts(ctx, journal.Query{Types: w.types, Limit: 1, Full: true})
	text := ""
	if err == nil && len(page.Items) > 0 {
		a := page.Items[0]
		text = "; last attempt: " + a.Request.EventType + ", " + brief(&a.Response)
		if fix := w.sim.hint(&a.Attempt); fix != "" && !a.Response.OK() {
			text += "\n\tfix: " + fix
		}
	}
	return text
}

// Attempts returns the attempts to deliver the emitted events that match the pattern, the oldest first. It returns at most
// 1000.
func (s *Sim) Attempts(pattern string) []simulator.Attempt {
	s.t.Helper()
	all, err := s.firstAttempts(s.t.Context(), s.typesOf(pattern))
	must(s.t, err, "reading the attempts of %s: ", pattern)
	return all
}

// typesOf returns the full names of the event types that match one of the patterns.
func (s *Sim) typesOf(patterns ...string) []string {
	s.t.Helper()
	types, err := schemas.MatchAny(patterns)
	must(s.t, err, "")
	return schemas.Names(types)
}

// firstAttempts returns the first attempts to deliver emitted events of these types, or of all.
func (s *Sim) firstAttempts(ctx context.Context, types []string) (all []simulator.Attempt, err error) {
	for a, err := range s.attempts(ctx, journal.Query{Types: types}) {
		if err != nil || len(all) == maxAttempts {
			return all, err
		}
		all = append(all, a.Attempt)
	}
	return all, nil
}

// attempts returns the attempts of a query, the oldest first.
func (s *Sim) attempts(ctx context.Context, query journal.Query) iter.Seq2[*journal.Attempt, error] {
	query.Oldest, query.Full, query.Limit = true, true, maxAttempts
	return func(yield func(*journal.Attempt, error) bool) {
		for {
			page, err := s.provider.Journal().Attempts(ctx, query)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, a := range page.Items {
				if !yield(a, nil) {
					return
				}
			}
			if query.Cursor = page.Next; page.Next == "" {
				return
			}
		}
	}
}
