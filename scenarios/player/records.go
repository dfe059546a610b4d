package player

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/clock"
)

// records holds the clinics of all scenarios behind one lock: the branches of a parallel block use them concurrently, and
// [Player.Record] reads them while a scenario is played.
type records struct {
	mu      sync.Mutex
	clinics []*clinics
}

// clinics are the clinics of one scenario.
type clinics struct {
	records *records
	prefix  string // the name of the scenario, so that two scenarios with one seed have different records
	options fixtures.Options
	fixed   time.Time // the simulated time of the step that is planned, if it is fixed; otherwise zero
	own     *fixtures.Clinic
	api     API                         // gets the records; nil: nobody does
	named   map[string]int64            // the number of [API.Save] before the last event that named a record, by its id
	caused  caused                      // by mutations
	apiErr  error                       // of the last save that failed
	traffic map[string]*fixtures.Clinic // by the path of the traffic step; in a repeat, the clinic of the last round
}

func newClinics(all *records, scenario string, o fixtures.Options, api API) *clinics {
	c := &clinics{records: all, prefix: scenario + "\x00", fixed: o.At, traffic: map[string]*fixtures.Clinic{}, api: api, named: map[string]int64{}, caused: caused{more: make(chan struct{})}}
	o.At = c.now()
	c.options, c.own = o, fixtures.New(o)
	c.share(c.own)
	return c
}

// setTime sets the time of the following calls to the simulated time of a branch.
func (c *clinics) setTime(b *branch) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	c.fixed = b.time
}

// now returns the time of a call.
func (c *clinics) now() time.Time {
	if c.fixed.IsZero() {
		return clock.Now()
	}
	return c.fixed
}

// lookup returns the record with an id as JSON.
func (r *records) lookup(id string) (encoded json.RawMessage, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range slices.Backward(r.clinics) {
		record := c.own.Lookup(id)
		for _, traffic := range c.traffic {
			if record == nil {
				record = traffic.Lookup(id)
			}
		}
		if record != nil {
			encoded, err := record.MarshalJSON()
			return encoded, err == nil
		}
	}
	return nil, false
}

// publish makes the records available to [Player.Record].
func (c *clinics) publish() {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	c.records.clinics = append(c.records.clinics, c)
}

// add adds a record of the cast.
func (c *clinics) add(key, kind string, relations map[string]*fixtures.Record) (*fixtures.Record, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	record, err := c.own.Place(c.prefix+key).Add(c.now(), kind, relations)
	c.save(c.own)
	return record, err
}

// event returns an event whose values follow from key.
func (c *clinics) event(key string, t *schemas.EventType, o fixtures.EventOptions) (schemas.Event, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	event, err := c.own.Place(c.prefix+key).Event(c.now(), t, o)
	c.save(c.own, event)
	return event, err
}

// do performs an action of the clinic. The values of its events follow from key.
func (c *clinics) do(key, action string, about map[string]*fixtures.Record) ([]schemas.Event, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	events, err := c.own.Place(c.prefix+key).Do(c.now(), action, about)
	c.save(c.own, events...)
	return events, err
}

// related follows roles from a record. It returns nil if the record does not exist.
func (c *clinics) related(record *fixtures.Record, roles []string) *fixtures.Record {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	for _, role := range roles {
		if record == nil {
			return nil
		}
		record = record.Related(role)
	}
	return record
}

// stream starts the traffic of a step in a new clinic.
func (c *clinics) stream(path, key string, system fixtures.System, o fixtures.TrafficOptions) (*fixtures.Traffic, error) {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	options := c.options
	options.System, options.At = system, c.now()
	clinic := fixtures.New(options)
	stream, err := clinic.Place(c.prefix+key).Traffic(options.At, o)
	if err == nil {
		c.traffic[path] = clinic
		c.share(clinic)
	}
	return stream, err
}

// next returns the next event of a stream.
func (c *clinics) next(stream *fixtures.Traffic, b *branch) schemas.Event {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	event := stream.Next(b.now())
	if c.api != nil {
		for _, clinic := range c.traffic {
			c.save(clinic, event)
		}
	}
	return event
}
