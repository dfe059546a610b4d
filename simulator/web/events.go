package web

import (
	"context"
	"fmt"
	"net/http"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// emitRequest asks for events: of one type, with overrides; or whatever the clinic does next, of some types or of any.
type emitRequest struct {
	EventType string            `json:"eventType"`
	Types     []string          `json:"types"`
	Count     *int              `json:"count"`
	About     map[string]string `json:"about"`
	With      []string          `json:"with"`
	Omit      []string          `json:"omit"`
	Set       map[string]string `json:"set"`
	Invalid   bool              `json:"invalid"`
}

// emittedView is an event and the deliveries it made.
type emittedView struct {
	eventView
	Deliveries []string `json:"deliveries"`
}

func viewEmission(e provider.Emission) emittedView {
	v := emittedView{eventView: viewEvent(e.Event), Deliveries: make([]string, len(e.Deliveries))}
	for i, d := range e.Deliveries {
		v.Deliveries[i] = d.ID
	}
	return v
}

// emit makes events happen. They are answered when they are committed to the journal.
func (h *Handler) emit(w http.ResponseWriter, r *http.Request) error {
	var ask emitRequest
	if err := readBody(r, &ask, true); err != nil {
		return err
	}
	one, err := h.emitter(&ask)
	if err != nil {
		return err
	}
	count := 1
	if ask.Count != nil {
		count = *ask.Count
	}
	if count < 1 || count > maxEmit {
		return problem(http.StatusBadRequest, "count", "one request makes from 1 to %d events, not %d; traffic makes more", maxEmit, count).about("count")
	}
	var made []emittedView
	for range count {
		e, err := one(r.Context())
		if err != nil && len(made) > 0 {
			return fmt.Errorf("after %d of %d events: %w", len(made), count, err)
		}
		if err != nil {
			return err
		}
		made = append(made, viewEmission(e))
	}
	return h.respond(w, http.StatusCreated, map[string]any{"events": made})
}

// emitter returns what makes one of the events that are asked for.
func (h *Handler) emitter(ask *emitRequest) (func(context.Context) (provider.Emission, error), error) {
	overrides := provider.Overrides{About: ask.About, With: ask.With, Omit: ask.Omit, Set: ask.Set, Invalid: ask.Invalid}
	if ask.EventType != "" {
		if len(ask.Types) > 0 {
			return nil, problem(http.StatusBadRequest, "types", "an eventType is one event as it is asked for, types are what the clinic may do: give one of them").about("types")
		}
		return func(ctx context.Context) (provider.Emission, error) {
			return h.provider.Emit(ctx, ask.EventType, overrides)
		}, nil
	}
	if len(ask.About)+len(ask.With)+len(ask.Omit)+len(ask.Set) > 0 || ask.Invalid {
		return nil, problem(http.StatusBadRequest, "event-type", "an event that differs from what the clinic would state needs an eventType").about("eventType")
	}
	types, err := typeNames(ask.Types)
	if err != nil {
		return nil, problem(http.StatusBadRequest, string(provider.CodeEventType), "%s", err).about("types")
	}
	return func(ctx context.Context) (provider.Emission, error) { return h.provider.EmitAny(ctx, types...) }, nil
}

// listEvents lists what happened.
func (h *Handler) listEvents(w http.ResponseWriter, r *http.Request) error {
	var ask journal.Query
	q := readQuery(r)
	q.page(&ask)
	ask.Types, ask.RecordID, ask.Origin = q.types("type"), q.text("record"), q.text("origin")
	if err := q.done(); err != nil {
		return err
	}
	page, err := h.provider.Journal().Events(r.Context(), ask)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewPage(page, viewEvent))
}

// getEvent shows one event.
func (h *Handler) getEvent(w http.ResponseWriter, r *http.Request) error {
	seq, err := sequence(r, "event")
	if err != nil {
		return err
	}
	c, err := h.provider.Journal().Event(r.Context(), seq)
	if err != nil {
		return absent(err, "event", seq)
	}
	return h.respond(w, http.StatusOK, viewEvent(c))
}
