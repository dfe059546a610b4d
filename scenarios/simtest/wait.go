package simtest

import (
	"context"
	"fmt"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Accepted waits until the receiver has answered n of the emitted events that match the pattern with success, and fails
// the test if it has not within the time, which is the machine's.
func (s *Sim) Accepted(n int, pattern string, within time.Duration) {
	s.t.Helper()
	s.wait(provider.Condition{Accepted: n, Types: []string{pattern}}, within)
}

// Settled waits until nothing is owed: every emitted event has been accepted, or has failed for good. It fails the test if
// that is not so within the time.
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
		s.t.Fatalf("simtest: %d deliveries are still owed after %v%s", progress.Unfinished, within, s.lastResponse())
	default:
		s.t.Fatalf("simtest: the receiver has accepted %d of %d %s after %v%s", progress.Accepted, c.Accepted, c.Types[0], within, s.lastResponse())
	}
}

// lastAnswer says how the last attempt went, and what there is to wait for, for a test that waits in vain.
func (s *Sim) lastResponse() string {
	said := s.lastAttempt()
	switch health := s.provider.Health(); {
	case health.InFlight == 1:
		said += "; one attempt is not answered yet"
	case health.InFlight > 1:
		said += fmt.Sprintf("; %d attempts are not answered yet", health.InFlight)
	case health.Paused > 0:
		said += "; the subscription is paused, because too many deliveries in a row failed for good"
	}
	return said
}

func (s *Sim) lastAttempt() string {
	page, err := s.provider.Journal().Attempts(context.WithoutCancel(s.t.Context()), journal.Query{Limit: 1, Full: true})
	if err != nil || len(page.Items) == 0 {
		return "; nothing has been answered"
	}
	a := page.Items[0]
	return "; last, " + a.Request.EventType + " was " + briefly(&a.Response)
}

// Attempts returns the attempts at the emitted events that match the pattern, the oldest first: at most a thousand.
func (s *Sim) Attempts(pattern string) []simulator.Attempt {
	s.t.Helper()
	types, err := schemas.Match(pattern)
	if err != nil {
		s.t.Fatalf("simtest: %v", err)
	}
	query := journal.Query{Oldest: true, Full: true, Limit: keptAttempts}
	for _, t := range types {
		query.Types = append(query.Types, t.Name)
	}
	all, err := s.attempts(s.t.Context(), query)
	if err != nil {
		s.t.Fatalf("simtest: reading the attempts at %s: %v", pattern, err)
	}
	return all
}

func (s *Sim) attempts(ctx context.Context, query journal.Query) ([]simulator.Attempt, error) {
	var all []simulator.Attempt
	for {
		page, err := s.provider.Journal().Attempts(ctx, query)
		if err != nil {
			return all, err
		}
		for _, a := range page.Items {
			all = append(all, a.Attempt)
		}
		if page.Next == "" || len(all) >= keptAttempts {
			return all, nil
		}
		query.Cursor = page.Next
	}
}
