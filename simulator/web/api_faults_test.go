package web

import (
	"net/http"
	"testing"
)

// Faults of the GraphQL API are set, listed and cleared.
func TestAPIFaults(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var one apiFaultView
	s.api(http.StatusCreated, "POST", "/api-faults", map[string]any{"fault": "stale,field=booking,next=3"}).into(&one)
	s.api(http.StatusCreated, "POST", "/api-faults", map[string]any{"fault": "status=503"})
	if one.Fault != "stale=10s,field=booking,next=3" {
		t.Errorf("%+v", one)
	}
	list := func() (n int) {
		var page struct{ Items []apiFaultView }
		s.api(http.StatusOK, "GET", "/api-faults", nil).into(&page)
		return len(page.Items)
	}
	if n := list(); n != 2 {
		t.Errorf("%d faults", n)
	}
	s.api(http.StatusBadRequest, "POST", "/api-faults", map[string]any{"fault": "slwo=1s"})
	s.api(http.StatusNoContent, "DELETE", "/api-faults", nil)
	if n := list(); n != 0 {
		t.Errorf("%d faults after they were cleared", n)
	}
}
