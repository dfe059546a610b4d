package receiver

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The page is for the receiver's machine; a delivery still goes to any path.
func TestPageOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	r, err := New(Options{Secrets: []string{"whsec_test"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"127.0.0.1": http.StatusOK, "::1": http.StatusOK, "192.168.1.7": http.StatusNotFound} {
		ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP(address), Port: 4701}))
		request := httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:4701"+PagePath, nil)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		if w.Code != want {
			t.Errorf("over %s: %d, want %d", address, w.Code, want)
		}
	}
}
