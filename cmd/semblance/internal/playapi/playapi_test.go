package playapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"semblance/cmd/semblance/internal/playapi"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
)

const scenario = `
name: A receiver that reads the visit
api: true
cast:
  ada: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {do: arrive, about: visit}
  - {queried: {booking: visit, within: 2s}}
  - {queried: {booking: visit, times: 1, within: 20ms}}
  - {do: start-consultation, about: visit}
  - {queried: {patient: ada, times: 0, within: 10ms}}
  - probe: {post: "${api.url}", headers: {x-token: "${api.token}"}, body: {query: "{ booking(id: \"${visit.id}\") { bookingJourney { consultation } } }"}, until: {body: {type: object, required: [data]}}}
`

// fetching is a receiver that asks the API for the booking of each event, unless it is lazy.
type fetching struct {
	api  func() (url, token string)
	lazy bool
	last string
	all  []string // what the API answered
}

func (f *fetching) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct{ Identifiers map[string]string }
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil || f.lazy {
		return
	}
	url, token := f.api()
	document := fmt.Sprintf(`{"query": "{ booking(id: \"%s\") { patientId bookingJourney { arrived } } }"}`, event.Identifiers["bookingId"])
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, url, strings.NewReader(document))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-token", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	var body bytes.Buffer
	_, _ = body.ReadFrom(response.Body)
	f.last = body.String()
	f.all = append(f.all, f.last)
}

// load reads a scenario.
func load(t *testing.T, text string) *script.Scenario {
	t.Helper()
	file := filepath.Join(t.TempDir(), "visit.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := script.Load(script.Files{}, file)
	if err != nil || !s.API {
		t.Fatal(err)
	}
	return s
}

// play plays a scenario, after others, and returns the failures of its steps.
func play(t *testing.T, text string, lazy bool, others ...string) (receiver *fetching, failures []string) {
	t.Helper()
	s := load(t, text)
	receiver = &fetching{lazy: lazy}
	server := httptest.NewServer(receiver)
	defer server.Close()
	o := player.Options{Target: server.URL}
	p, err := player.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(t.Context(), s); err == nil || !strings.Contains(err.Error(), "api: true") {
		t.Errorf("without the API: %v", err)
	}
	p.Close()
	api, err := playapi.Start(t.Context(), playapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	}()
	receiver.api = func() (string, string) { return api.URL(), api.Token() }
	o.API = api
	if p, err = player.New(o); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, other := range others {
		if err := p.Play(t.Context(), load(t, other)); err != nil {
			t.Fatal(err)
		}
	}
	receiver.all = nil
	if err := p.Play(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if status := statusOf(t, api); status != http.StatusOK {
		t.Errorf("after the scenario the API answers %d", status)
	}
	for _, step := range p.Result().Scenarios[len(others)].Steps {
		for _, e := range step.Evidence {
			for _, failure := range e.Verdict.Failures {
				failures = append(failures, step.Path+" "+failure.Part+": expected "+failure.Expected+", got "+failure.Got)
			}
		}
	}
	return receiver, failures
}

// A scenario sees whether the receiver read the record after the event, and the API shows the state after it.
func TestQueried(t *testing.T) {
	t.Parallel()
	receiver, failures := play(t, scenario, false)
	if len(failures) > 0 {
		t.Error(strings.Join(failures, "\n"))
	}
	if !strings.Contains(receiver.last, `"arrived":"2`) || strings.Contains(receiver.last, `"patientId":null`) {
		t.Errorf("the API answers %s", receiver.last)
	}
	if _, failures := play(t, scenario, true); len(failures) != 2 || !strings.Contains(failures[0], "2 query: expected a request to the provider's API within 2 s, got 0 requests") {
		t.Errorf("a receiver that reads nothing: %v", failures)
	}
}

const booked = `
name: The application changes an appointment
api: true
cast:
  ada: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - probe:
      post: "${api.url}"
      headers: {x-token: "${api.token}"}
      body: {query: "mutation { updateBookingJourney(id: \"${visit.id}\", bookingJourneyInput: {journeyStage: arrived}) { error } }"}
      until: {equals: {/data/updateBookingJourney/error: null}}
  - {await: booking.patientJourney.arrived, within: 2s}
  - {queried: {booking: visit, within: 2s}}
  - probe:
      post: "${api.url}"
      headers: {x-token: "${api.token}"}
      body: {query: "mutation { updateBookingJourney(id: \"${visit.id}\", bookingJourneyInput: {journeyStage: departed}) { error } }"}
      until: {equals: {/data/updateBookingJourney/error: null}} # refused
      within: 100ms
  - {do: start-consultation, about: visit}
  - {await: booking.created, within: 10ms}
`

// The event of a mutation is sent by the step that awaits it, and the mutation changes the clinic of the scenario.
func TestAwait(t *testing.T) {
	t.Parallel()
	receiver, failures := play(t, booked, false)
	if len(failures) != 2 || !strings.Contains(failures[0], "must be inConsultation") || failures[1] != "6 query: expected a mutation that causes booking.created within 10 ms, got no mutation" {
		t.Error(strings.Join(failures, "\n"))
	}
	if !strings.Contains(receiver.last, `"arrived":"2`) {
		t.Errorf("the API answers %s", receiver.last)
	}
}

// statusOf returns the status of a query.
func statusOf(t *testing.T, api *playapi.Server) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL(), strings.NewReader(`{"query": "{ practice { id } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-token", api.Token())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

const faulty = `
name: The API is behind, then broken
api: true
cast:
  visit: {kind: booking}
steps:
  - api-fault: stale=1h,field=booking,next=1
  - {do: arrive, about: visit}
  - {send: booking.updated, about: visit}
  - api-fault: null,field=booking
  - {send: booking.updated, about: visit}
  - api-fault: none
  - {send: booking.updated, about: visit}
  - api-fault: status=503
`

// A step injects a fault into the calls after it, which ends with none and with the scenario.
func TestAPIFault(t *testing.T) {
	t.Parallel()
	receiver, failures := play(t, faulty, false)
	if len(failures) > 0 {
		t.Error(strings.Join(failures, "\n"))
	}
	if len(receiver.all) != 4 {
		t.Fatalf("the API answers %v", receiver.all)
	}
	for i, want := range []string{`"arrived":null`, `"arrived":"2`, `"booking":null`, `"arrived":"2`} {
		if !strings.Contains(receiver.all[i], want) {
			t.Errorf("answer %d is %s, want %s", i+1, receiver.all[i], want)
		}
	}
}

const shared = `
name: A part of the calls fails
api: true
cast:
  visit: {kind: booking}
steps:
  - api-fault: "null,field=booking,share=0.5"
  - repeat: {times: 16, steps: [{send: booking.updated, about: visit}]}
`

// Which calls a share chooses does not depend on the scenarios before.
func TestShareOfAScenario(t *testing.T) {
	t.Parallel()
	failing := func(others ...string) (calls string) {
		receiver, _ := play(t, shared, false, others...)
		for _, answer := range receiver.all {
			if strings.Contains(answer, `"booking":null`) {
				calls += "x"
			} else {
				calls += "."
			}
		}
		return calls
	}
	alone := failing()
	if after := failing(faulty, scenario); after != alone || len(alone) != 16 || !strings.Contains(alone, "x") || !strings.Contains(alone, ".") {
		t.Errorf("alone %s, after others %s", alone, after)
	}
	if other := failing(strings.Replace(shared, "name: A", "name: Another", 1)); other != alone {
		t.Errorf("alone %s, after its like %s", alone, other)
	}
}
