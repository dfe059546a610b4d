package provider

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator/journal"
)

// snapshotEvery is the number of events after which the journal gets a snapshot of the clinic instead of one more step. It
// bounds the steps that a start replays.
const snapshotEvery = 10_000

// clinic is the simulated practice. Each of its steps is in the journal with its time: the same steps lead to the same
// clinic.
type clinic struct {
	*fixtures.Clinic
	options fixtures.Options
	streams map[string]*fixtures.Traffic // by their profile and event types
	order   []string                     // the keys of the streams, in the order of their beginning
	known   bool                         // its first snapshot is in the journal
	since   int                          // events since the last snapshot
	made    int                          // events of the traffic that runs by itself, ever
}

// step is a step of the clinic in the journal. There are three kinds.
type step struct {
	Type   string    `json:"type,omitempty"`   // events of this type
	Action string    `json:"action,omitempty"` // or an action
	Types  []string  `json:"types,omitempty"`  // or events of the traffic of these types; empty for all types
	At     time.Time `json:"at"`               // of the last event
	From   time.Time `json:"from,omitzero"`    // of the first of several events of the traffic; zero for At

	Profile fixtures.Profile  `json:"profile,omitempty"` // of the traffic
	Count   int               `json:"count,omitempty"`   // number of events, except of an action; 0 is 1
	Auto    bool              `json:"auto,omitempty"`    // a step of the traffic that runs by itself
	About   map[string]string `json:"about,omitempty"`   // ids of records, by role
	Values  map[string]string `json:"values,omitempty"`  // of an action: given values
	Related map[string]string `json:"related,omitempty"` // of an action: given ids of related records, by role
	With    []string          `json:"with,omitempty"`
	Omit    []string          `json:"omit,omitempty"`
	Set     map[string]string `json:"set,omitempty"`
}

// time returns the time of the i-th of n events: they are evenly spaced from From to At.
func (s *step) time(i, n int) time.Time {
	if s.From.IsZero() || n < 2 {
		return s.At
	}
	return s.From.Add(s.At.Sub(s.From) / time.Duration(n-1) * time.Duration(i))
}

// clinicSnapshot is a snapshot of the clinic in the journal.
type clinicSnapshot struct {
	Seed    int64           `json:"seed"`
	System  int             `json:"system"`
	At      time.Time       `json:"at,omitzero"`
	Streams []string        `json:"streams,omitempty"`
	Clinic  json.RawMessage `json:"clinic,omitempty"` // absent in the first one
	Made    int             `json:"made,omitempty"`
}

// Actions of the clinic's records in the journal.
const (
	snapshotAction = "snapshot"
	stepAction     = "step"
)

// initialize makes c a new clinic.
func (c *clinic) initialize(o fixtures.Options) {
	o.At = o.At.UTC().Round(0) // as in the journal
	*c = clinic{Clinic: fixtures.New(o), options: o, streams: map[string]*fixtures.Traffic{}}
}

// take takes a step and returns its events. On an error nothing has changed.
func (c *clinic) take(s step) ([]schemas.Event, error) {
	about, err := c.records(s.About)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Type != "":
		return c.state(s, about)
	case s.Action != "":
		related, err := c.records(s.Related)
		if err != nil {
			return nil, err
		}
		events, err := c.DoGiven(s.At, s.Action, about, fixtures.Given{Values: s.Values, Related: related})
		if err != nil {
			return nil, refuseBecause(CodeInvalidEvent, "action", err)
		}
		return events, nil
	}
	stream, err := c.stream(s)
	if err != nil {
		return nil, err
	}
	events := make([]schemas.Event, max(s.Count, 1))
	for i := range events {
		events[i] = stream.Next(s.time(i, len(events)))
	}
	if s.Auto {
		c.made += len(events)
	}
	return events, nil
}

// state returns events of one type.
func (c *clinic) state(s step, about map[string]*fixtures.Record) ([]schemas.Event, error) {
	t, err := schemas.Lookup(s.Type)
	if err != nil {
		return nil, refuseBecause(CodeEventType, "type", err)
	}
	events := make([]schemas.Event, max(s.Count, 1))
	for i := range events {
		if events[i], err = c.Event(s.At, t, fixtures.EventOptions{About: about, With: s.With, Omit: s.Omit, Set: s.Set}); err != nil {
			return nil, refuseBecause(CodeInvalidEvent, "overrides", err) // of the first event: it does not depend on those before
		}
	}
	return events, nil
}

// records returns records by role.
func (c *clinic) records(ids map[string]string) (map[string]*fixtures.Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	about := make(map[string]*fixtures.Record, len(ids))
	for role, id := range ids {
		if about[role] = c.Lookup(id); about[role] == nil {
			return nil, refuse(CodeNotFound, "about", "the clinic has no record %q, or it is too old to change; to send an id of no record, set the identifier", id)
		}
	}
	return about, nil
}

// stream returns the traffic of a step, which begins with the first step of its profile and event types.
func (c *clinic) stream(s step) (*fixtures.Traffic, error) {
	key := string(s.Profile) + ":" + strings.Join(s.Types, ",")
	if t := c.streams[key]; t != nil {
		return t, nil
	}
	var types []*schemas.EventType
	for _, name := range s.Types {
		t, err := schemas.Lookup(name)
		if err != nil {
			return nil, refuseBecause(CodeEventType, "types", err)
		}
		types = append(types, t)
	}
	t, err := c.Place("traffic "+key).Traffic(s.time(0, s.Count), fixtures.TrafficOptions{Types: types, Profile: s.Profile})
	if err != nil {
		return nil, refuseBecause(CodeInvalidEvent, "types", err)
	}
	c.streams[key] = t
	c.order = append(c.order, key)
	return t, nil
}

// record returns the record of a step that was taken, or now and then a snapshot, which replaces all steps before it.
func (c *clinic) record(s step, at time.Time) (*journal.Clinic, error) {
	c.since += max(s.Count, 1)
	if c.since >= snapshotEvery {
		return c.snapshot(at)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding a step of the clinic: %w", err)
	}
	return &journal.Clinic{At: at, Action: stepAction, Data: data}, nil
}

// snapshot returns a record of the whole clinic.
func (c *clinic) snapshot(at time.Time) (*journal.Clinic, error) {
	s := clinicSnapshot{Seed: c.options.Seed, System: int(c.options.System), At: c.options.At, Streams: c.order, Made: c.made}
	if c.known {
		data, err := c.Snapshot()
		if err != nil {
			return nil, err
		}
		s.Clinic = data
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding a snapshot of the clinic: %w", err)
	}
	c.known, c.since = true, 0
	return &journal.Clinic{At: at, Action: snapshotAction, Data: data, Snapshot: true}, nil
}

// apply replays a record of the journal.
func (c *clinic) apply(r *journal.Clinic) error {
	if r.Action == snapshotAction {
		return c.restore(r.Data)
	}
	var s step
	if err := json.Unmarshal(r.Data, &s); err != nil {
		return fmt.Errorf("decoding a step of the clinic: %w", err)
	}
	if _, err := c.take(s); err != nil {
		return fmt.Errorf("replaying a step of the clinic: %w", err)
	}
	c.since += max(s.Count, 1)
	return nil
}

// restore makes c the clinic of a snapshot.
func (c *clinic) restore(data []byte) error {
	var s clinicSnapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("decoding a snapshot of the clinic: %w", err)
	}
	c.initialize(fixtures.Options{Seed: s.Seed, System: fixtures.System(s.System), At: s.At})
	c.known, c.made = true, s.Made
	if s.Clinic == nil {
		return nil
	}
	restored, err := fixtures.Restore(s.Clinic)
	if err != nil {
		return err
	}
	running := restored.Running()
	if len(running) != len(s.Streams) {
		return fmt.Errorf("decoding a snapshot of the clinic: it has %d streams of traffic and names %d", len(running), len(s.Streams))
	}
	c.Clinic, c.order = restored, s.Streams
	for i, types := range s.Streams {
		c.streams[types] = running[i]
	}
	return nil
}

// Record returns the record of the clinic with that id as JSON: its kind, its relations and its values.
func (p *Provider) Record(id string) (json.RawMessage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.state.clinic.Lookup(id)
	if r == nil {
		return nil, refuse(CodeNotFound, "id", "the clinic has no record %q", id)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("reading record %s: %w", id, err)
	}
	return data, nil
}

// Records returns the ids of all records of a kind.
func (p *Provider) Records(kind string) ([]string, error) {
	if !slices.Contains(schemas.Kinds(), kind) {
		return nil, refuse(CodeNotFound, "kind", "%s", naming.Unknown("kind of record", kind, schemas.Kinds()))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := naming.List(p.state.clinic.Records(kind), (*fixtures.Record).ID)
	return ids, nil
}
