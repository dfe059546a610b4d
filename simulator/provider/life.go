package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/journal"
)

// snapshotEvery is after how many changes the journal gets a snapshot of the clinic instead of one more step, so that
// no start has more than that to live through again.
const snapshotEvery = 10_000

// clinic is the running practice. Each step of its life is in the journal, so that it goes on where it was.
type clinic struct {
	mu sync.Mutex // held from a step until it is submitted: the journal has them in their order
	*fixtures.Clinic
	options fixtures.Options
	streams map[string]*fixtures.Traffic // by the types they give
	order   []string                     // the types of each stream, as they were begun
	known   bool                         // its founding is in the journal
	since   int                          // changes since the last snapshot
	made    int                          // changes of the traffic that runs by itself, since the founding
}

// step is one step in the clinic's life, as the journal keeps it: whoever takes the same steps comes to the same place.
type step struct {
	Type   string            `json:"type,omitempty"`   // a single event of this type
	Action string            `json:"action,omitempty"` // or an action
	About  map[string]string `json:"about,omitempty"`
	With   []string          `json:"with,omitempty"`
	Omit   []string          `json:"omit,omitempty"`
	Set    map[string]string `json:"set,omitempty"`
	Types  []string          `json:"types,omitempty"` // or so many changes of the traffic of these types
	Next   int               `json:"next,omitempty"`
	Daily  bool              `json:"daily,omitempty"` // made by the traffic that runs by itself
}

// standing is where the clinic stands, as the journal keeps it.
type clinicSnapshot struct {
	Seed    int64           `json:"seed"` // of its founding, as the next two
	System  int             `json:"system"`
	At      time.Time       `json:"at,omitzero"`
	Streams []string        `json:"streams,omitempty"`
	Clinic  json.RawMessage `json:"clinic,omitempty"` // none at the founding
	Made    int             `json:"made,omitempty"`
}

// What the clinic's records in the journal are.
const (
	snapshotAction = "standing"
	stepAction     = "step"
)

// found begins the clinic's life.
func (c *clinic) initialize(o fixtures.Options) {
	c.Clinic, c.options, c.known = fixtures.New(o), o, false
	c.streams, c.order, c.since, c.made = map[string]*fixtures.Traffic{}, nil, 0, 0
}

// record writes down a step that was taken: by itself, or now and then as a snapshot that stands for all before it.
func (c *clinic) record(s step, at time.Time) (*journal.Clinic, error) {
	c.since += max(s.Next, 1)
	if c.since >= snapshotEvery {
		return c.snapshot(at)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing down a step of the clinic: %w", err)
	}
	return &journal.Clinic{At: at, Action: stepAction, Data: data}, nil
}

// snapshot writes down where the clinic stands.
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
		return nil, fmt.Errorf("writing down where the clinic stands: %w", err)
	}
	c.since = 0
	return &journal.Clinic{At: at, Action: snapshotAction, Data: data, Snapshot: true}, nil
}

// resume takes the clinic to where it stood.
func (c *clinic) resume(data []byte) error {
	var s clinicSnapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("where the clinic stood: %w", err)
	}
	c.initialize(fixtures.Options{Seed: s.Seed, System: fixtures.System(s.System), At: s.At})
	c.known, c.made = true, s.Made
	if s.Clinic == nil {
		return nil
	}
	stood, err := fixtures.Restore(s.Clinic)
	if err != nil {
		return err
	}
	running := stood.Running()
	if len(running) != len(s.Streams) {
		return fmt.Errorf("where the clinic stood: it has %d streams of traffic, and %d are named", len(running), len(s.Streams))
	}
	c.Clinic, c.order = stood, s.Streams
	for i, types := range s.Streams {
		c.streams[types] = running[i]
	}
	return nil
}

// stream returns the traffic of the types, which is begun when it is first asked for.
func (c *clinic) stream(names []string) (*fixtures.Traffic, error) {
	key := strings.Join(names, ",")
	if t := c.streams[key]; t != nil {
		return t, nil
	}
	var types []*schemas.EventType
	for _, name := range names {
		t, err := schemas.Lookup(name)
		if err != nil {
			return nil, refuseBecause(CodeEventType, "types", err)
		}
		types = append(types, t)
	}
	t, err := c.At("traffic " + key).Traffic(fixtures.TrafficOptions{Types: types})
	if err != nil {
		return nil, refuseBecause(CodeInvalidEvent, "types", err)
	}
	c.streams[key] = t
	c.order = append(c.order, key)
	return t, nil
}

// restoreClinic founds the clinic of the options, or takes the one of the journal to where it was.
func (p *Provider) restoreClinic(ctx context.Context) error {
	records, err := journal.Load[*journal.Clinic](ctx, p.journal, journal.KindClinic)
	if err != nil {
		return err
	}
	options := p.options.Clinic
	options.Seed = p.options.Seed
	p.clinic.initialize(options)
	for _, r := range records {
		if err := p.clinic.relive(r); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
	}
	return nil
}

func (c *clinic) relive(r *journal.Clinic) error {
	if r.Action == snapshotAction {
		return c.resume(r.Data)
	}
	var s step
	if err := json.Unmarshal(r.Data, &s); err != nil {
		return fmt.Errorf("a step of the clinic: %w", err)
	}
	if _, err := c.take(s); err != nil {
		return fmt.Errorf("a step of the clinic: %w", err)
	}
	c.since += max(s.Next, 1)
	return nil
}
