package simtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// Clinic is the practice whose records the events are about. A fake of the provider's API can answer from it. It is safe
// for concurrent use.
type Clinic struct {
	sim *Sim
	*clinic
}

// clinic guards a fixtures.Clinic, which is for one goroutine at a time.
type clinic struct {
	mu  sync.Mutex
	c   *fixtures.Clinic
	now func() time.Time

	journal journal.Journal        // gets the records for the API; nil without one
	named   map[string]journal.Seq // by the id of a record, the last number of the journal before its last event
}

// Record is a copy of a record of the practice.
type Record struct {
	ID      string
	Kind    string            // such as "booking"
	Deleted bool              // a deleted record can still be read
	Related map[string]string // ids of related records by role, such as the "patient" of a booking
	Values  map[string]string // realistic values by name, such as the "firstName" of a patient
}

// Clinic returns the practice.
func (s *Sim) Clinic() *Clinic { return &Clinic{s, &s.clinic} }

// Relation relates a new record to an existing one, see [Clinic.Add].
type Relation struct {
	Role string
	To   Record
}

// Add adds a record without sending an event, such as a booking of a patient. Required relations that are not given get
// new records; optional ones are left out.
func (c *Clinic) Add(kind string, related ...Relation) Record {
	c.sim.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := map[string]string{}
	for _, r := range related {
		ids[r.Role] = r.To.ID
	}
	relations, err := c.records(ids)
	must(c.sim.t, err, "adding a %s: ", kind)
	record, err := c.c.Add(c.now(), kind, relations)
	if err == nil {
		err = c.save(c.sim.t.Context())
	}
	must(c.sim.t, err, "adding a %s: ", kind)
	return c.copy(record)
}

// Record returns the record with an id, and whether there is one. Records of [Sim.Play] are included as soon as an event
// about them is sent.
func (c *Clinic) Record(id string) (Record, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if record := c.c.Lookup(id); record != nil {
		return c.copy(record), true
	}
	if encoded, err := c.sim.provider.Record(id); err == nil { // from the provider's own traffic
		return decode(encoded), true
	}
	return c.sim.playedRecord(id)
}

// Records returns all records of a kind, such as "patient", that are not deleted. Records of scenarios are not included.
func (c *Clinic) Records(kind string) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Record
	for _, record := range c.c.Records(kind) {
		all = append(all, c.copy(record))
	}
	return all
}

// copy returns a copy of a record, which the clinic may change later.
func (c *Clinic) copy(record *fixtures.Record) Record {
	encoded, err := record.MarshalJSON()
	if err != nil {
		panic("simtest: encoding a record: " + err.Error())
	}
	return decode(encoded)
}

func decode(encoded []byte) Record {
	var r Record
	if err := json.Unmarshal(encoded, &r); err != nil {
		panic("simtest: decoding a record: " + err.Error())
	}
	return r
}

// event returns an event with the options of a send.
func (c *clinic) event(ctx context.Context, eventType string, o *sendOptions) (schemas.Event, error) {
	t, err := schemas.Lookup(eventType)
	if err != nil {
		return schemas.Event{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	about, err := c.records(o.about)
	if err != nil {
		return schemas.Event{}, err
	}
	event, err := c.c.Event(c.now(), t, fixtures.EventOptions{About: about, With: o.with, Omit: o.omit, Set: o.set})
	if err == nil {
		err = c.save(ctx, event)
	}
	if err != nil || o.invalid || len(o.set) == 0 && len(o.omit) == 0 {
		return event, err
	}
	var id objectid.ID // any id
	if err := validate.CheckPayload(t, simulator.AppendPayload(nil, id.String(), id.String(), &event)); err != nil {
		return event, fmt.Errorf("%w; add simtest.Invalid() to send it", err)
	}
	return event, nil
}

// do performs an action and returns its events.
func (c *clinic) do(ctx context.Context, action string, o *sendOptions) ([]schemas.Event, error) {
	if len(o.with)+len(o.omit)+len(o.set) > 0 || o.fault != "" {
		return nil, errors.New("an action takes simtest.About and simtest.AboutRole only")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	about, err := c.records(o.about)
	if err != nil {
		return nil, err
	}
	events, err := c.c.Do(c.now(), action, about)
	if err != nil {
		return nil, err
	}
	return events, c.save(ctx, events...)
}

// records returns the records with these ids, by role.
func (c *clinic) records(ids map[string]string) (map[string]*fixtures.Record, error) {
	records := make(map[string]*fixtures.Record, len(ids))
	for _, role := range slices.Sorted(maps.Keys(ids)) {
		if records[role] = c.c.Lookup(ids[role]); records[role] == nil {
			return nil, fmt.Errorf("unknown record %q; create it with Sim.Clinic", ids[role])
		}
	}
	return records, nil
}
