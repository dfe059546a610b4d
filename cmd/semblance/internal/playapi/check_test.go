package playapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/cmd/semblance/internal/playapi"
	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/simulator"
	"semblance/simulator/receiver"
)

// reader is a receiver that asks the API about the booking of each event that the right one accepts, once per eventId.
type reader struct {
	right      string // the URL of a right receiver, which decides on the response
	url, token string // of the API

	hasty   bool // asks before it verifies
	idle    bool // never asks
	twice   bool // changes the booking in the API, also for a duplicate
	byIDs   bool // takes a second update of a record for a duplicate
	byNone  bool // recognizes duplicates by a field that does not exist: every event after the first is one
	missing sync.Map

	mu   sync.Mutex
	seen map[string]bool
}

func (r *reader) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	var event struct {
		EventID, EventType string
		Identifiers        map[string]string
	}
	known := json.Unmarshal(body, &event) == nil && event.Identifiers["bookingId"] != ""
	if known && r.hasty {
		r.ask(event.Identifiers["bookingId"], event.EventType)
	}
	forwarded, err := http.NewRequestWithContext(request.Context(), request.Method, r.right, bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	forwarded.Header = request.Header.Clone()
	response, err := http.DefaultClient.Do(forwarded)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	key := event.EventID
	if r.byIDs {
		key = event.EventType + fmt.Sprint(event.Identifiers)
	}
	if r.byNone {
		key = ""
	}
	if response.StatusCode == http.StatusOK && known && !r.hasty && !r.idle {
		r.mu.Lock()
		first := !r.seen[key]
		r.seen[key] = true
		r.mu.Unlock()
		if first || r.twice {
			r.ask(event.Identifiers["bookingId"], event.EventType)
		}
	}
	w.WriteHeader(response.StatusCode)
}

// ask queries a booking, or changes it, and notes that the API does not know it.
func (r *reader) ask(id, eventType string) {
	document := `query($id: ID!) { booking(id: $id) { id bookingJourney { arrived } } }`
	if r.twice {
		document = `mutation($id: ID!) { deleteBooking(id: $id) { __typename } }`
	}
	body, _ := json.Marshal(map[string]any{"query": document, "variables": map[string]string{"id": id}})
	request, err := http.NewRequest(http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-token", r.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	if !strings.Contains(string(answer), id) && !r.twice && !strings.Contains(eventType, "deleted") {
		r.missing.Store(id, eventType+" "+string(answer))
	}
}

// checked checks a receiver by what it asks the API.
func checked(t *testing.T, r *reader, words ...string) *scenarios.CheckRun {
	t.Helper()
	right, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}})
	if err != nil {
		t.Fatal(err)
	}
	api, err := playapi.Start(t.Context(), playapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.right, r.url, r.token, r.seen = right.URL+"/webhooks", api.URL(), api.Token(), map[string]bool{}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		server.Close()
		if err := api.Close(); err != nil {
			t.Error(err)
		}
		if err := right.Close(); err != nil {
			t.Error(err)
		}
	})
	all, err := check.Load()
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := check.Select(all, words)
	if err != nil {
		t.Fatal(err)
	}
	result, err := check.Run(t.Context(), check.Options{All: all, Checks: chosen, TimeLimit: 5 * time.Minute,
		Player: player.Options{Target: server.URL, API: api}})
	if err != nil {
		t.Fatal(err)
	}
	r.missing.Range(func(id, answer any) bool {
		t.Errorf("the API does not know %v: %v", id, answer)
		return true
	})
	return result
}

// found returns the checks that did not pass, with their outcomes and what they say of effects.
func found(r *scenarios.CheckRun) []string {
	all := map[string]bool{}
	for _, c := range r.Checks {
		if (c.Outcome == scenarios.Failed || c.Outcome == scenarios.Warned || c.Outcome == scenarios.Inconclusive) && c.Because == "" {
			all[strings.TrimSpace(c.ID+" "+string(c.Outcome)+" "+c.Reason)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Effects are counted by what the receiver asks the provider's API.
func TestCheckByQueries(t *testing.T) {
	t.Parallel()
	words := []string{"SIG-01", "SIG-03", "SIG-04", "DLV-01", "DLV-02", "DLV-03", "DLV-04", "DLV-05", "DLV-07", "DLV-08"}
	for _, test := range []struct {
		name     string
		receiver *reader
		want     []string
		sentence string
	}{
		{"reads", &reader{}, nil, "A valid event was accepted, and none of the 10 selected checks failed."},
		{"asks before it verifies", &reader{hasty: true}, []string{"SIG-01 failed", "SIG-03 failed"}, "The receiver does not refuse every forged event: 2 MUST checks failed."},
		{"does nothing", &reader{idle: true}, []string{"CTL-01 failed"},
			"The receiver accepts valid events, but its requests to the provider's API do not show that it does their work once, so 10 checks were not judged."},
		{"takes every event for a duplicate", &reader{byNone: true}, []string{"CTL-01 failed"},
			"The receiver accepts valid events, but its requests to the provider's API do not show that it does their work once, so 10 checks were not judged."},
		{"writes twice", &reader{twice: true}, []string{"DLV-01 failed"}, "The receiver mishandles duplicates or faults: 1 MUST check failed."},
		{"takes a second update for a duplicate", &reader{byIDs: true}, []string{"DLV-05 warned"}, "A valid event was accepted, and none of the 10 selected checks failed."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := checked(t, test.receiver, words...)
			if got := found(r); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if r.Sentence() != test.sentence || r.Effects != scenarios.EffectsByReader {
				t.Errorf("by %q: %s", r.Effects, r.Sentence())
			}
		})
	}
}
