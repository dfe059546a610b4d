package guard

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		guard   Guard
		method  string
		host    string
		headers string // "Name: value", or ""
		status  int    // 0 if accepted
	}{
		{"localhost", Guard{}, "GET", "localhost:4700", "", 0},
		{"localhost in capitals", Guard{}, "GET", "LOCALHOST.", "", 0},
		{"loopback", Guard{}, "POST", "127.8.8.8:1", "", 0},
		{"IPv6 loopback", Guard{}, "GET", "[::1]:4700", "", 0},
		{"an allowed name", Guard{Hosts: []string{"semblance.test"}}, "GET", "Semblance.Test:80", "", 0},
		{"a foreign name", Guard{}, "GET", "evil.example", "", 421},
		{"a foreign name that begins with an address", Guard{}, "GET", "127.0.0.1.evil.example:4700", "", 421},
		{"the address of another machine", Guard{}, "GET", "192.168.1.7", "", 421},
		{"an address on a public server", Guard{Public: true}, "GET", "192.168.1.7", "", 0},
		{"a foreign name on a public server", Guard{Public: true}, "GET", "evil.example", "", 421},
		{"no host", Guard{}, "GET", ":80", "", 421},
		{"its own origin", Guard{}, "POST", "127.0.0.1:4700", "Origin: http://127.0.0.1:4700", 0},
		{"a foreign origin", Guard{}, "POST", "127.0.0.1:4700", "Origin: https://evil.example", 403},
		{"a foreign origin that reads", Guard{}, "GET", "127.0.0.1:4700", "Origin: https://evil.example", 403},
		{"the origin of another port", Guard{}, "POST", "127.0.0.1:4700", "Origin: http://127.0.0.1:1", 403},
		{"a null origin", Guard{}, "POST", "127.0.0.1:4700", "Origin: null", 403},
		{"an <img> of another site", Guard{}, "GET", "127.0.0.1:4700", "Sec-Fetch-Site: cross-site", 403},
		{"an <img> of another port", Guard{}, "GET", "localhost:4700", "Sec-Fetch-Site: same-site", 403},
		{"a typed address", Guard{}, "GET", "127.0.0.1:4700", "Sec-Fetch-Site: none", 0},
		{"its own page", Guard{}, "GET", "127.0.0.1:4700", "Sec-Fetch-Site: same-origin", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), test.method, "/", nil)
			r.Host = test.host
			if name, value, ok := strings.Cut(test.headers, ": "); ok {
				r.Header.Set(name, value)
			}
			status := 0
			if err := test.guard.Check(r); err != nil {
				status = err.(*Refusal).Status
			}
			if status != test.status {
				t.Errorf("got %d, want %d", status, test.status)
			}
		})
	}
}

// A panic is answered, and only the log says why.
func TestWrapRecovers(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	g := Guard{Log: slog.New(slog.NewTextHandler(&log, nil))}
	h := g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("of this test") }),
		func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), err.(*Refusal).Status)
		})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1/", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "of this test") || !strings.Contains(log.String(), "of this test") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, &log)
	}
	if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", w.Header())
	}
}
