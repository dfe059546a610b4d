package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/simulator/apifault"
	"semblance/simulator/provider"
)

// The records of the clinic survive a restart on a file, with their last states.
func TestRecordsSurviveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal")
	o := Options{Address: "127.0.0.1:0", File: file, Grace: time.Minute, Provider: provider.Options{
		Seed: 3, Tokens: []provider.Token{{Text: "dev_token", Permissions: provider.AllPermissions()}},
	}}
	serve := func() *Server {
		s, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := serve()
	booked, err := s.Provider.Emit(t.Context(), "booking.created", provider.Overrides{With: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	visit := booked.Event.Identifiers[0].Value
	if _, err := s.Provider.Do(t.Context(), "arrive", map[string]string{"booking": visit}); err != nil {
		t.Fatal(err)
	}
	query := fmt.Sprintf(`{ booking(id: %q) { start bookingJourney { arrived } patient { id fullName } doctor { fullName } location { groupName } } practice { name } }`, visit)
	before := ask(t, s, query)
	if strings.Contains(before, "null") || strings.Contains(before, "errors") {
		t.Errorf("before the restart: %s", before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = serve()
	defer s.Close()
	if after := ask(t, s, query); after != before {
		t.Errorf("after the restart %s, before %s", after, before)
	}
	if _, err := s.Provider.Do(t.Context(), "start-consultation", map[string]string{"booking": visit}); err != nil {
		t.Fatal(err)
	}
	if after := ask(t, s, fmt.Sprintf(`{ booking(id: %q) { bookingJourney { consultation } } }`, visit)); strings.Contains(after, "null") {
		t.Errorf("after an action in the second run: %s", after)
	}
}

func ask(t *testing.T, s *Server, document string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Token", s.Token().Text)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Faults of the API survive a restart with the calls that are left. Those given at the start are there once more; a reset
// leaves only these.
func TestAPIFaultsSurviveARestart(t *testing.T) {
	t.Parallel()
	given, err := apifault.Parse("slow=1ms")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Address: "127.0.0.1:0", File: filepath.Join(t.TempDir(), "journal"), Grace: time.Minute, APIFaults: []apifault.Plan{given}, Provider: provider.Options{
		Seed: 3, Tokens: []provider.Token{{Text: "dev_token", Permissions: provider.AllPermissions()}},
	}}
	for i, want := range []string{"slow=1ms", "null,field=practice,next=2 stale=10s slow=1ms", "slow=1ms", "slow=1ms"} {
		s, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := control(t, s, http.MethodGet, "/api-faults", ""); faultsOf(t, got) != want {
			t.Errorf("start %d: the faults are %s, want %s", i+1, got, want)
		}
		switch i {
		case 0:
			control(t, s, http.MethodPost, "/api-faults", `{"fault": "edge,field=letter"}`)
			control(t, s, http.MethodDelete, "/api-faults", "")
			for _, fault := range []string{"null,field=practice,next=3", "stale", "rows,next=1"} {
				control(t, s, http.MethodPost, "/api-faults", fmt.Sprintf(`{"fault": %q}`, fault))
			}
			if got := ask(t, s, `{ practice { id } }`); !strings.Contains(got, `"practice":null`) {
				t.Errorf("no fault: %s", got)
			}
		case 1:
			control(t, s, http.MethodPost, "/reset", "")
			if got := control(t, s, http.MethodGet, "/api-faults", ""); faultsOf(t, got) != "slow=1ms" {
				t.Errorf("after a reset the faults are %s", got)
			}
		case 2:
			control(t, s, http.MethodDelete, "/api-faults", "")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func faultsOf(t *testing.T, page string) string {
	t.Helper()
	var all struct{ Items []struct{ Fault string } }
	if err := json.Unmarshal([]byte(page), &all); err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, item := range all.Items {
		faults = append(faults, item.Fault)
	}
	return strings.Join(faults, " ")
}

// control calls the control API.
func control(t *testing.T, s *Server, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, all, err)
	}
	return string(all)
}
