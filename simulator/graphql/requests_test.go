package graphql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// requests returns the log of the API, oldest first, without numbers and times.
func (a *api) requests() []journal.APIRequest {
	a.t.Helper()
	records, err := a.provider.Journal().Read(a.t.Context(), 0, 1000, journal.KindAPIRequest)
	if err != nil {
		a.t.Fatal(err)
	}
	var all []journal.APIRequest
	for _, r := range records {
		one := *r.(*journal.APIRequest)
		if one.Took <= 0 || one.At.IsZero() {
			a.t.Errorf("a request took %v at %v", one.Took, one.At)
		}
		all = append(all, one)
	}
	return all
}

// Every request is in the log before its client has the response: token, operation, root fields, ids, status and error.
func TestRequestsAreLogged(t *testing.T) {
	t.Parallel()
	a := start(t, provider.Token{Text: "only-for-reading-1234"})
	e, err := a.provider.Emit(t.Context(), "booking.created", provider.Overrides{With: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	visit, patient := e.Event.Identifiers[0].Value, e.Event.Identifiers[1].Value
	a.exec(`query Visit($id: ID!) { booking(id: $id) { id patient { id } } practice { id } }`, map[string]any{"id": visit})
	a.exec(fmt.Sprintf(`{ consultation(patientId: %q, consultationId: %q) { id } a: booking(id: "x") { id } }`, patient, visit), nil)
	a.exec(`mutation { deleteWebhook(id: "507f1f77bcf86cd799439011") { error } }`, nil)
	a.exec(`{ nothing }`, nil)
	a.post(map[string]any{"query": "{ practice { id } }"}, "x-token: only-for-reading-1234")
	a.post(map[string]any{"query": "{ practice { id } }"})
	ids := []string{visit, patient}
	if patient < visit {
		ids = []string{patient, visit}
	}
	want := []journal.APIRequest{
		{Token: "…ests", Operation: "Visit", Fields: []string{"booking", "practice"}, IDs: []string{visit}, Status: 200},
		{Token: "…ests", Fields: []string{"booking", "consultation"}, IDs: ids, Status: 200},
		{Token: "…ests", Fields: []string{"deleteWebhook"}, Mutation: true, IDs: []string{"507f1f77bcf86cd799439011"}, Status: 200},
		{Token: "…ests", Status: 400},
		{Token: "…1234", Fields: []string{"practice"}, Status: 200},
		{Status: 401},
	}
	got := a.requests()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(journal.APIRequest{}, "Entry", "At", "Took", "Error"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for i, says := range []string{"", "Cast to ObjectId failed", "unknown subscription", "nothing", "", "Missing token."} {
		if len(got) == len(want) && !containsOrEmpty(got[i].Error, says) {
			t.Errorf("request %d: error %q, want %q", i, got[i].Error, says)
		}
	}
}

func containsOrEmpty(text, part string) bool {
	return part == "" && text == "" || part != "" && strings.Contains(text, part)
}
