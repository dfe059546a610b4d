package web

import (
	"net/http"
	"strings"
	"testing"
)

// Attempts and deliveries show the hint that send, serve and the reports show, in lists too.
func TestListsHaveHints(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.api(http.StatusCreated, "POST", "/subscriptions", map[string]any{"url": refusedAddress(t), "label": "down", "eventTypes": []string{"invoice.*"}, "secret": "whsec_test"})
	s.emit(map[string]any{"eventType": "booking.created"})
	s.emit(map[string]any{"eventType": "invoice.paid"})
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "1s"})
	for path, hint := range map[string]string{
		"/attempts?type=booking.created":        "",
		"/deliveries?type=booking.created":      "",
		"/attempts?type=invoice.paid":           "start your receiver",
		"/attempts?type=invoice.paid&full=true": "start your receiver",
		"/deliveries?type=invoice.paid":         "start your receiver",
	} {
		var list struct{ Items []struct{ Hint string } }
		s.api(http.StatusOK, "GET", path, nil).into(&list)
		if len(list.Items) != 1 || hint == "" != (list.Items[0].Hint == "") || !strings.HasPrefix(list.Items[0].Hint, hint) {
			t.Errorf("%s: %+v, want one item with the hint %q", path, list.Items, hint)
		}
	}
}
