package web

import (
	"net/http"
	"strconv"
	"testing"

	"semblance/simulator/journal"
)

// The log of the GraphQL API is a list, newest first, that a record, a root field or a number limits.
func TestAPIRequests(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	const visit = "507f1f77bcf86cd799439011"
	asked := &journal.APIRequest{Token: "…abcd", Operation: "Visit", Fields: []string{"booking"}, IDs: []string{visit}, Status: 200}
	refused := &journal.APIRequest{Status: 401, Error: "Missing token."}
	if err := s.provider.Journal().Append(t.Context(), asked, refused); err != nil {
		t.Fatal(err)
	}
	both, first, second, none := []journal.Seq{refused.Seq, asked.Seq}, []journal.Seq{asked.Seq}, []journal.Seq{refused.Seq}, []journal.Seq{}
	for query, want := range map[string][]journal.Seq{
		"": both, "?limit=1": second, "?after=" + strconv.Itoa(int(asked.Seq)): second, "?after=" + strconv.Itoa(int(refused.Seq)): none,
		"?record=" + visit: first, "?record=507f1f77bcf86cd799439012," + visit: first, "?record=not-an-id": none, "?field=booking": first, "?field=createBooking": none, "?field=booking&record=507f1f77bcf86cd799439012": none,
	} {
		var page struct{ Items []apiRequestView }
		s.api(http.StatusOK, "GET", "/api-requests"+query, nil).into(&page)
		got := []journal.Seq{}
		for _, r := range page.Items {
			got = append(got, r.ID)
		}
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}
