package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// A wrong request gets the right status and problem, and does not change the journal.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		kind                     string
	}{
		{"unknown path", "GET", "/api/v2/events", "", nil, 404, "no-such-path"},
		{"unclean path", "GET", "/api/v1//events", "", nil, 404, "no-such-path"},
		{"wrong method", "PUT", "/api/v1/events", "{}", nil, 405, "method"},
		{"foreign host", "POST", "/api/v1/events", "{}", []string{"Host: evil.example"}, 421, "host"},
		{"foreign host with our port", "POST", "/api/v1/events", "{}", []string{"Host: 127.0.0.1.evil.example:4700"}, 421, "host"},
		{"another machine's address", "GET", "/api/v1/health", "", []string{"Host: 192.168.1.7"}, 421, "host"},
		{"no host", "GET", "/api/v1/health", "", []string{"Host: :80"}, 421, "host"},
		{"foreign origin", "POST", "/api/v1/reset", "", []string{"Origin: https://evil.example"}, 403, "origin"},
		{"foreign origin of a stream", "GET", "/api/v1/stream", "", []string{"Origin: https://evil.example"}, 403, "origin"},
		{"another port's origin", "POST", "/api/v1/reset", "", []string{"Origin: http://127.0.0.1:1"}, 403, "origin"},
		{"no origin to speak of", "POST", "/api/v1/reset", "", []string{"Origin: null"}, 403, "origin"},
		{"cross-site fetch", "POST", "/api/v1/reset", "", []string{"Sec-Fetch-Site: cross-site"}, 403, "origin"},
		{"an <img> of another site", "GET", "/api/v1/stream", "", []string{"Sec-Fetch-Site: cross-site"}, 403, "origin"},
		{"bad JSON", "POST", "/api/v1/events", `{"eventType":`, nil, 400, "json"},
		{"two values", "POST", "/api/v1/events", `{} {}`, nil, 400, "json"},
		{"not an object", "POST", "/api/v1/events", `[]`, nil, 400, "json"},
		{"wrong kind of value", "POST", "/api/v1/events", `{"count":"three"}`, nil, 400, "json"},
		{"unknown key", "POST", "/api/v1/events", `{"eventtypes":"booking.created"}`, nil, 400, "json"},
		{"a key in another letter case", "POST", "/api/v1/events", `{"EventType":"booking.created"}`, nil, 400, "json"},
		{"a duplicate key", "POST", "/api/v1/events", `{"eventType":"booking.created","eventType":"patient.created"}`, nil, 400, "json"},
		{"a duplicate key inside", "POST", "/api/v1/events", `{"eventType":"booking.created","set":{"doctorId":"a","doctorId":"b"}}`, nil, 400, "json"},
		{"not JSON", "POST", "/api/v1/events", "eventType=booking.created", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "content-type"},
		{"a form's idea of JSON", "POST", "/api/v1/events", `{}`, []string{"Content-Type: text/plain"}, 415, "content-type"},
		{"oversized body", "POST", "/api/v1/events", `{"eventType":"` + strings.Repeat("x", guard.MaxBody) + `"}`, nil, 413, "body-too-large"},
		{"unknown parameter", "GET", "/api/v1/attempts?typo=x", "", nil, 400, "query"},
		{"parameter where none is", "POST", "/api/v1/reset?now=true", "", nil, 400, "query"},
		{"parameter twice", "GET", "/api/v1/attempts?limit=1&limit=2", "", nil, 400, "query"},
		{"a page too large", "GET", "/api/v1/attempts?limit=1001", "", nil, 400, "query"},
		{"no cursor", "GET", "/api/v1/attempts?cursor=mine", "", nil, 400, "cursor"},
		{"broken escape", "GET", "/api/v1/attempts?type=%zz", "", nil, 400, "query"},
		{"unknown token", "GET", "/api/v1/health", "", []string{"x-token: nobody's"}, 401, "token"},
		{"unknown bearer token", "POST", "/api/v1/events", "{}", []string{"Authorization: Bearer nobody's"}, 401, "token"},
		{"secrets without a token", "GET", "/api/v1/subscriptions?show=secret", "", nil, 401, "token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.committed()
			var body any
			if test.body != "" {
				body = test.body
			}
			r := s.ask(test.method, test.path, body, test.headers...)
			p := r.problem(test.status, test.kind)
			if strings.Contains(p.Detail, "nobody's") {
				t.Errorf("the problem contains the token: %s", p.Detail)
			}
			if test.status == http.StatusMethodNotAllowed && r.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if test.status == http.StatusUnauthorized && r.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", r.header)
			}
			if after := s.committed(); after != before {
				t.Errorf("the journal has changed: %d, then %d", before, after)
			}
		})
	}
}

func TestAcceptedHosts(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Guard: guard.Guard{Hosts: []string{"semblance.test"}}})
	for _, host := range []string{"localhost", "localhost:4700", "LOCALHOST", "127.0.0.1:1", "127.8.8.8", "[::1]:4700", "semblance.test", "Semblance.Test:80"} {
		if r := s.ask("GET", healthPath, nil, "Host: "+host); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", host, r.status, r.body)
		}
	}
	if r := s.ask("GET", healthPath, nil, "Origin: "+s.url); r.status != http.StatusOK {
		t.Errorf("its own origin: %d %s", r.status, r.body)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for _, path := range []string{healthPath, readyPath, documentPath, apiPath + "/attempts", apiPath + "/stream"} {
		r := s.ask("HEAD", path, nil)
		if r.status != http.StatusOK || len(r.body) > 0 || r.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v %q", path, r.status, r.header, r.body)
		}
	}
	if allow := s.ask("DELETE", apiPath+"/events", nil).header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", allow)
	}
}

// On a public address every request needs a token, except health checks from the same machine.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Guard: guard.Guard{Public: true}}, provider.Token{Text: "token_that_sees", Permissions: []provider.Permission{provider.SeeWebhooks}})
	for _, path := range []string{"/nothing", documentPath, apiPath + "/events", apiPath + "/stream", apiPath + "/event-types"} {
		s.ask("GET", path, nil).problem(http.StatusUnauthorized, "token")
	}
	s.api(http.StatusOK, "GET", "/health", nil)
	s.api(http.StatusOK, "GET", "/ready", nil)
	s.api(http.StatusOK, "GET", "/events", nil, "x-token: token_that_sees")
	s.api(http.StatusOK, "GET", "/events", nil, "Authorization: bearer token_that_sees")
	s.api(http.StatusOK, "GET", "/health", nil, "Host: 192.168.1.7:4700")
	s.ask("POST", apiPath+"/events", nil, "x-token: token_that_sees").problem(http.StatusForbidden, "permission")
	s.ask("POST", apiPath+"/reset", nil, "x-token: token_that_sees").problem(http.StatusForbidden, "permission")
	s.api(http.StatusCreated, "POST", "/events", nil, "x-token: "+testToken)

	elsewhere := httptest.NewRequest("GET", "http://127.0.0.1"+healthPath, nil)
	elsewhere.RemoteAddr = "192.168.1.9:50000"
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, elsewhere)
	if answer.Code != http.StatusUnauthorized {
		t.Errorf("a health check from another machine got %d", answer.Code)
	}
}

// The log has methods, paths and statuses, and no tokens, secrets or queries.
func TestLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := start(t, Options{Guard: guard.Guard{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}})
	s.api(http.StatusOK, "GET", "/subscriptions?show=secret", nil, "x-token: "+testToken)
	s.api(http.StatusCreated, "POST", "/subscriptions", map[string]any{
		"url": "https://example.com/", "label": "x", "eventTypes": []string{"patient.created"}, "secret": "whsec_of_this_test",
		"headers": []map[string]string{{"name": "Authorization", "value": "Bearer of_this_test"}},
	}, "x-token: "+testToken)
	s.ask("GET", apiPath+"/events", nil, "x-token: wrong_of_this_test")
	s.handler.Close()
	if text := log.String(); !strings.Contains(text, "path=/api/v1/subscriptions") || strings.Contains(text, testToken) || strings.Contains(text, "of_this_test") || strings.Contains(text, "show") {
		t.Errorf("the log:\n%s", text)
	}
}

// An unknown parameter that is near none is answered with all that there are.
func TestUnknownParameter(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for path, want := range map[string]string{
		"/attempts?nope=1":    `unknown parameter "nope"; use `,
		"/attempts?deliver=1": `unknown parameter "deliver"; did you mean "delivery"?`,
	} {
		got := s.ask("GET", apiPath+path, nil).problem(400, "query").Detail
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
		if strings.HasSuffix(want, "use ") && !(strings.Contains(got, "delivery, ") && strings.Contains(got, "outcome")) {
			t.Errorf("%s lists not all: %s", path, got)
		}
	}
}
