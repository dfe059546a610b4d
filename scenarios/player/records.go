package player

import (
	"encoding/json"
	"slices"
	"sync"

	"semblance/fixtures"
	"semblance/schemas"
)

// records are the clinics of the scenarios behind one lock: the branches of a long parallel block ask them at once, and
// [Player.Record] does while a scenario is being played.
type records struct {
	mu      sync.Mutex
	clinics []*clinics
}

// clinics are those of one scenario.
type clinics struct {
	own     *fixtures.Clinic
	traffic map[string]*fixtures.Clinic // by the path of its step: in a repeat, that of the last round
}

// Record returns the record of the scenarios with the id, as an API would give it, while they are being played and
// afterwards: what a receiver may ask for that has been told an id. ok is false if there is none, or if it has been
// forgotten (see package fixtures).
func (p *Player) Record(id string) (record json.RawMessage, ok bool) {
	p.records.mu.Lock()
	defer p.records.mu.Unlock()
	for _, c := range slices.Backward(p.records.clinics) {
		found := c.own.Lookup(id)
		for _, traffic := range c.traffic {
			if found == nil {
				found = traffic.Lookup(id)
			}
		}
		if found != nil {
			encoded, err := found.MarshalJSON()
			return encoded, err == nil
		}
	}
	return nil, false
}

// change states an event of the place.
func (s *run) event(place string, t *schemas.EventType, ask fixtures.EventOptions) (schemas.Event, error) {
	s.p.records.mu.Lock()
	defer s.p.records.mu.Unlock()
	return s.at(place).Event(t, ask)
}

// perform does an action of the clinic at the place.
func (s *run) perform(place, action string, about map[string]*fixtures.Record) ([]schemas.Event, error) {
	s.p.records.mu.Lock()
	defer s.p.records.mu.Unlock()
	return s.at(place).Do(action, about)
}

// related follows the roles from a record, and returns nil where there is no such record.
func (s *run) related(record *fixtures.Record, roles []string) *fixtures.Record {
	s.p.records.mu.Lock()
	defer s.p.records.mu.Unlock()
	for _, role := range roles {
		if record == nil {
			return nil
		}
		record = record.Related(role)
	}
	return record
}

// stream begins the traffic of a step, in a clinic of its own. Next is asked with the lock held.
func (s *run) stream(path, place string, system fixtures.System, o fixtures.TrafficOptions) (*fixtures.Traffic, error) {
	clinic := s.newClinic(system)
	stream, err := clinic.At(s.scenario.Name + "\x00" + place).Traffic(o)
	if err == nil {
		s.p.records.mu.Lock()
		defer s.p.records.mu.Unlock()
		s.clinics.traffic[path] = clinic
	}
	return stream, err
}

// next draws the next event of a traffic.
func (s *run) next(stream *fixtures.Traffic) schemas.Event {
	s.p.records.mu.Lock()
	defer s.p.records.mu.Unlock()
	return stream.Next()
}
