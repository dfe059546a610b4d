package simtest

import (
	"encoding/json"
	"fmt"
	"sync"

	"semblance/fixtures"
	"semblance/schemas"
)

// Clinic is the practice behind the ids of the events: what a fake of the provider's API, given to the code under test,
// answers from. Its methods may be called from several goroutines.
type Clinic struct {
	sim *Sim
	*clinic
}

// clinic is for one goroutine at a time.
type clinic struct {
	mu sync.Mutex
	c  *fixtures.Clinic
}

// Record is one thing that the practice keeps, as it was when it was asked for.
type Record struct {
	ID      string
	Kind    string            // such as "booking"
	Deleted bool              // it can still be read
	Related map[string]string // ids by role: the "patient" of a booking; what does not exist is not there
	Values  map[string]string // realistic values by name: the "firstName" of a patient
}

// Clinic returns the practice.
func (s *Sim) Clinic() *Clinic { return &Clinic{s, &s.clinic} }

// Relation is a record that a new one is related to, see [Clinic.Add].
type Relation struct {
	Role string
	To   Record
}

// Add makes a record that exists and has sent nothing, such as a booking of a patient. A relation that it cannot be
// without is made; one that it can be without is absent unless it is given.
func (c *Clinic) Add(kind string, related ...Relation) Record {
	c.sim.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	relations := map[string]*fixtures.Record{}
	for _, r := range related {
		if relations[r.Role] = c.c.Lookup(r.To.ID); relations[r.Role] == nil {
			c.sim.t.Fatalf("simtest: adding a %s: the clinic has no record %s", kind, r.To.ID)
		}
	}
	record, err := c.c.Add(kind, relations)
	if err != nil {
		c.sim.t.Fatalf("simtest: adding a %s: %v", kind, err)
	}
	return c.copy(record)
}

// Record returns the record with the id, and whether there is one. It knows those of [Sim.Play] too, from the moment that
// a receiver is told of them.
func (c *Clinic) Record(id string) (Record, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if record := c.c.Lookup(id); record != nil {
		return c.copy(record), true
	}
	if encoded, err := c.sim.provider.Record(id); err == nil { // of the provider's own traffic
		return decode(encoded), true
	}
	return c.sim.told(id)
}

// Records returns the records of a kind that exist, such as every "patient", without those of scenarios.
func (c *Clinic) Records(kind string) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Record
	for _, record := range c.c.Records(kind) {
		all = append(all, c.copy(record))
	}
	return all
}

// copy reads a record, so that it can be used while the clinic goes on.
func (c *Clinic) copy(record *fixtures.Record) Record {
	encoded, err := record.MarshalJSON()
	if err != nil {
		panic("simtest: a record of the clinic is no JSON: " + err.Error())
	}
	return decode(encoded)
}

func decode(encoded []byte) Record {
	var r Record
	if err := json.Unmarshal(encoded, &r); err != nil {
		panic("simtest: a record of the clinic is no JSON: " + err.Error())
	}
	return r
}

func (c *clinic) change(eventType string, a *sendOptions) (schemas.Event, error) {
	t, err := schemas.Lookup(eventType)
	if err != nil {
		return schemas.Event{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	about, err := a.records(c.c)
	if err != nil {
		return schemas.Event{}, err
	}
	change, err := c.c.Event(t, fixtures.EventOptions{About: about, With: a.with, Omit: a.omit, Set: a.set})
	if err != nil {
		return schemas.Event{}, err
	}
	return change, a.check(&change)
}

func (c *clinic) do(action string, a *sendOptions) ([]schemas.Event, error) {
	if len(a.with)+len(a.omit)+len(a.set) > 0 || a.fault != "" {
		return nil, fmt.Errorf("an action takes records (simtest.About) and nothing else")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	about, err := a.records(c.c)
	if err != nil {
		return nil, err
	}
	return c.c.Do(action, about)
}
