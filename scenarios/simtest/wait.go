package simtest

import (
	"context"
	"time"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Accepted waits until the receiver has accepted n of the emitted events that match the pattern. It fails the test if that
// takes longer than within, in machine time.
func (s *Sim) Accepted(n int, pattern string, within time.Duration) {
	s.t.Helper()
	s.wait(provider.Condition{Accepted: n, Types: []string{pattern}}, within)
}

// Settled waits until no delivery is pending: every emitted event has been accepted or has failed for good. It fails the
// test if that takes longer than within, in machine time.
func (s *Sim) Settled(within time.Duration) {
	s.t.Helper()
	s.wait(provider.Condition{AllFinished: true}, within)
}

func (s *Sim) wait(c provider.Condition, within time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	progress, err := s.provider.Wait(ctx, c)
	switch {
	case err == nil:
	case ctx.Err() == nil:
		s.t.Fatalf("simtest: waiting: %v", err)
	case c.AllFinished:
		s.t.Fatalf("simtest: %s pending after %s%s", human.Count(progress.Unfinished, "delivery"), human.Duration(within), s.state())
	default:
		s.t.Fatalf("simtest: the receiver accepted %d of %d %s within %s%s", progress.Accepted, c.Accepted, c.Types[0], human.Duration(within), s.state())
	}
}

// state describes the last attempt and the provider, for a test whose wait timed out.
func (s *Sim) state() string {
	text := "; no response yet"
	page, err := s.provider.Journal().Attempts(context.WithoutCancel(s.t.Context()), journal.Query{Limit: 1, Full: true})
	if err == nil && len(page.Items) > 0 {
		a := page.Items[0]
		text = "; last attempt: " + a.Request.EventType + ", " + brief(&a.Response)
	}
	switch health := s.provider.Health(); {
	case health.InFlight > 0:
		text += "; " + human.Count(health.InFlight, "attempt") + " without a response yet"
	case health.Paused > 0:
		text += "; the subscription is paused, because too many deliveries in a row failed for good"
	}
	return text
}

// Attempts returns the attempts to deliver the emitted events that match the pattern, the oldest first. It returns at most
// 1000.
func (s *Sim) Attempts(pattern string) []simulator.Attempt {
	s.t.Helper()
	types, err := schemas.Match(pattern)
	if err != nil {
		s.t.Fatalf("simtest: %v", err)
	}
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	all, err := s.attempts(s.t.Context(), names)
	if err != nil {
		s.t.Fatalf("simtest: reading the attempts of %s: %v", pattern, err)
	}
	return all
}

// attempts returns the attempts to deliver emitted events of these types, or of all.
func (s *Sim) attempts(ctx context.Context, types []string) ([]simulator.Attempt, error) {
	query := journal.Query{Oldest: true, Full: true, Limit: maxAttempts, Types: types}
	var all []simulator.Attempt
	for {
		page, err := s.provider.Journal().Attempts(ctx, query)
		if err != nil {
			return all, err
		}
		for _, a := range page.Items {
			all = append(all, a.Attempt)
		}
		if page.Next == "" || len(all) >= maxAttempts {
			return all, nil
		}
		query.Cursor = page.Next
	}
}
