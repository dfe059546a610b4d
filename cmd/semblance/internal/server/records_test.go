package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
