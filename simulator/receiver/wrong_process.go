package receiver

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"time"

	"semblance/simulator/clock"
)

// processSeenFirst remembers the event before it processes it. Processing fails for the first event of a record, as if the
// database were away: a retry with the same eventId then counts as a duplicate, and the event is lost.
func processSeenFirst(_ context.Context, m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isDuplicate(e) {
		return Duplicate, nil
	}
	m.remember(e, Accepted)
	for _, id := range subjects(e) {
		if m.states[id.Value] == nil {
			m.state(id)
			return Refused, &refusal{http.StatusServiceUnavailable, "unavailable", "the database is away"}
		}
	}
	m.apply(e, m.fingerprint(e))
	return Accepted, nil
}

// processByEventID processes every event that has a new eventId.
func processByEventID(_ context.Context, m *memory, e *Event) (Outcome, error) {
	return m.processAs(e, maphash.String(m.seed, e.EventID)), nil
}

// processConflict refuses a duplicate.
func processConflict(ctx context.Context, m *memory, e *Event) (Outcome, error) {
	outcome, err := process(ctx, m, e)
	if outcome == Duplicate {
		return Refused, &refusal{http.StatusConflict, "duplicate", "this event was received before"}
	}
	return outcome, err
}

// processAlways processes every delivery.
func processAlways(_ context.Context, m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.apply(e, rand.Uint64())
	m.remember(e, Accepted)
	return Accepted, nil
}

// processMissingField identifies every event by the same absent value.
func processMissingField(_ context.Context, m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events.count > 0 {
		return Duplicate, nil
	}
	m.apply(e, m.fingerprint(e))
	m.remember(e, Accepted)
	return Accepted, nil
}

// processNothing acknowledges an event.
func processNothing(context.Context, *memory, *Event) (Outcome, error) { return Accepted, nil }

// The times that the work of an event takes in the receivers whose mistake shows only then. Copies of an event that are sent
// at once arrive within the longer one, also at a busy machine.
const (
	workTime   = 20 * time.Millisecond
	racingTime = 80 * time.Millisecond
)

// processRacing looks for a duplicate, does the work, and then remembers the event.
func processRacing(ctx context.Context, m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	if m.isDuplicate(e) {
		m.mu.Unlock()
		return Duplicate, nil
	}
	m.mu.Unlock()
	_ = clock.Sleep(ctx, racingTime)
	m.mu.Lock()
	defer m.mu.Unlock()
	print := m.fingerprint(e)
	if m.byID[e.EventID] != nil { // another copy was quicker
		print = rand.Uint64()
	}
	m.apply(e, print)
	m.remember(e, Accepted)
	return Accepted, nil
}

// processInRequest remembers an event before it does the work, which stops if the sender goes.
func processInRequest(ctx context.Context, m *memory, e *Event) (Outcome, error) {
	m.mu.Lock()
	if m.isDuplicate(e) {
		m.mu.Unlock()
		return Duplicate, nil
	}
	m.remember(e, Accepted)
	m.mu.Unlock()
	if err := clock.Sleep(ctx, workTime); err != nil {
		return Refused, crash("the work was cancelled: " + err.Error())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.apply(e, m.fingerprint(e))
	return Accepted, nil
}

// delayLong is slow work that should follow the response.
func delayLong(ctx context.Context) { _ = clock.Sleep(ctx, 15*time.Second) }
