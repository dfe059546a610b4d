package simtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios/simtest"
)

// fetcher is a receiver that reads the booking of each event from the provider's API and stores it. If the API is limited,
// slow or behind the event, it answers 503, so that the provider delivers the event again.
type fetcher struct {
	url, token string

	mu   sync.Mutex
	rows map[string]row // by the id of the booking
}

type row struct {
	Start   string
	Deleted bool
	Arrived string
}

func (f *fetcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var eventType string
	_ = json.Unmarshal(raw["eventType"], &eventType)
	identifiers := map[string]string{}
	_ = json.Unmarshal(raw["identifiers"], &identifiers)
	if identifiers["bookingId"] == "" {
		return
	}
	if err := f.fetch(identifiers["bookingId"], eventType); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

// fetch stores the booking. An event about an arrival whose booking has none is ahead of the API.
func (f *fetcher) fetch(id, eventType string) error {
	var out struct {
		Booking *struct {
			Start, UpdatedAt string
			Deleted          bool
			BookingJourney   struct{ Arrived string }
		}
	}
	if err := f.query(`query Visit($id: ID!) { booking(id: $id) { start updatedAt deleted bookingJourney { arrived } } }`, map[string]any{"id": id}, &out); err != nil {
		return err
	}
	b := out.Booking
	if b == nil || strings.HasSuffix(eventType, ".arrived") && b.BookingJourney.Arrived == "" {
		return errors.New("the API does not show the event yet")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[id] = row{b.Start, b.Deleted, b.BookingJourney.Arrived}
	return nil
}

// query is a GraphQL client.
func (f *fetcher) query(document string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, f.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-token", f.token)
	client := http.Client{Timeout: 300 * time.Millisecond}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var out struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		return errors.New(out.Errors[0].Message)
	}
	return json.Unmarshal(out.Data, into)
}

func (f *fetcher) row(id string) row {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows[id]
}

// startFetcher starts a receiver that reads from the API of the test.
func startFetcher(t *testing.T) (*simtest.Sim, *simtest.API, *fetcher) {
	t.Helper()
	f := &fetcher{rows: map[string]row{}}
	sim := simtest.Start(t, f, simtest.Types("booking.*", "patient.*"))
	api := sim.API()
	f.url, f.token = api.URL, api.Token
	return sim, api, f
}

// A receiver reads the record of an event and stores it, also when the API is behind the event, slow, limited or broken.
func TestReceiverThatFetches(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"", "stale=1h,next=1", "slow=400ms,next=1", "too-often,next=2", "status=500,next=1", "edge,next=1", "null,next=1"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			sim, api, f := startFetcher(t)
			if fault != "" {
				api.Fault(fault)
			}
			visit := sim.Clinic().Add("booking")
			sim.Do("arrive", simtest.About(visit))
			sim.Accepted(1, "booking.patientJourney.arrived")
			asked := api.Queried(visit)
			if asked.Operation != "Visit" || asked.Fields[0] != "booking" {
				t.Errorf("the log has %+v", asked)
			}
			if got := f.row(visit.ID); got.Arrived == "" || got.Start == "" {
				t.Errorf("stored %+v", got)
			}
			if want := strings.Count(fault, ",next=2") + strings.Count(fault, "next"); len(api.Requests()) != 1+want {
				t.Errorf("%d requests, want %d", len(api.Requests()), 1+want)
			}
		})
	}
}

// A receiver that trusts a payload without reading the record is seen, and so is one that reads after a forgery.
func TestNotQueried(t *testing.T) {
	t.Parallel()
	sim, api, _ := startFetcher(t)
	visit := sim.Clinic().Add("booking")
	sim.Send("patient.created", simtest.With("all"))
	api.NotQueried(visit, 20*time.Millisecond)
}

// An application that books through the API causes the webhook of its own call.
func TestApplicationThatBooks(t *testing.T) {
	t.Parallel()
	sim, api, f := startFetcher(t)
	ada := sim.Clinic().Add("patient")
	var booked struct {
		CreateBooking struct {
			Data  struct{ ID string }
			Error string
		}
	}
	err := f.query(`mutation Book($b: BookingDataInput!) { createBooking(bookingData: $b) { data { id } error } }`,
		map[string]any{"b": map[string]any{"patient": ada.ID, "start": "2030-01-07T10:00:00Z", "end": "2030-01-07T10:30:00Z"}}, &booked)
	if err != nil || booked.CreateBooking.Error != "" {
		t.Fatal(err, booked.CreateBooking.Error)
	}
	sim.Accepted(1, "booking.created")
	call := api.Called("createBooking")
	if !call.Mutation || call.IDs[0] != ada.ID {
		t.Errorf("%+v", call)
	}
	visit, ok := sim.Clinic().Record(booked.CreateBooking.Data.ID)
	if !ok || visit.Related["patient"] != ada.ID {
		t.Fatalf("the clinic has %+v", visit)
	}
	api.Queried(visit)
	if got := f.row(visit.ID); got.Start != "2030-01-07T10:00:00.000Z" {
		t.Errorf("stored %+v", got)
	}
	sim.Do("cancel", simtest.About(visit))
	sim.Accepted(1, "booking.deleted")
	if got := f.row(visit.ID); !got.Deleted {
		t.Errorf("stored %+v", got)
	}
}

// A scenario that is played in a test sees what the receiver asked.
func TestQueriedInAScenario(t *testing.T) {
	t.Parallel()
	sim, _, f := startFetcher(t)
	file := filepath.Join(t.TempDir(), "visit.yaml")
	const scenario = `{name: Visit, cast: {visit: {kind: booking}}, steps: [{do: arrive, about: visit}, {queried: {booking: visit}}, {queried: {booking: visit, times: 1, within: 10ms}}]}`
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	result := sim.Play(t, file)
	if !result.Passed() || len(f.rows) != 1 {
		t.Errorf("stored %v", f.rows)
	}
}

// A mutation during a scenario changes the clinic of the scenario, and one after it that of the test.
func TestAwaitInAScenario(t *testing.T) {
	t.Parallel()
	sim, _, f := startFetcher(t)
	file := filepath.Join(t.TempDir(), "visit.yaml")
	const scenario = `
name: Visit
cast: {ada: {kind: patient}}
steps:
  - probe:
      post: "${api.url}"
      headers: {x-token: "${api.token}"}
      body: {query: 'mutation { createBooking(bookingData: {patient: "${ada.id}", start: "2030-01-07T10:00:00Z", end: "2030-01-07T10:30:00Z"}) { error } }'}
      until: {equals: {/data/createBooking/error: null}}
  - await: booking.created
`
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	result := sim.Play(t, file)
	if !result.Passed() || len(f.rows) != 1 {
		t.Errorf("stored %v", f.rows)
	}
	ada := sim.Clinic().Add("patient")
	if err := f.query(`mutation($id: ID!) { updatePatient(id: $id, patientData: {email: "a@example.com"}) { error } }`, map[string]any{"id": ada.ID}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	sim.Accepted(1, "patient.updated")
}
