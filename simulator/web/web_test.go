package web

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"go.uber.org/goleak"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/receiver"
)

// checks is the default of -rapid.checks. Each check starts a provider.
const checks = "30"

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "rapid.checks" })
	if !chosen {
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// testToken has all permissions in these tests.
const testToken = "token_of_the_tests"

// sim is a provider, its control API on a socket, and a receiver.
type sim struct {
	t        *testing.T
	provider *provider.Provider
	handler  *Handler
	url      string
	receiver *receiver.Server
	clock    *clock.ManualClock
	http     *http.Client
}

// start starts a provider on a manual clock, its control API, and a receiver with a subscription to three event types.
// Every exchange of the client is checked against the OpenAPI document.
func start(t *testing.T, o Options, tokens ...provider.Token) *sim {
	t.Helper()
	return startOn(t, o, nil, tokens...)
}

// startOn is start with a journal.
func startOn(t *testing.T, o Options, j journal.Journal, tokens ...provider.Token) *sim {
	t.Helper()
	s := &sim{t: t, clock: clock.Manual(time.Date(2026, 6, 8, 9, 0, 0, 0, time.UTC))}
	var err error
	s.receiver, err = receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{"whsec_test"}, Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	s.provider, err = provider.Start(t.Context(), provider.Options{
		Journal: j, Clock: s.clock, Fixed: true, Seed: 7, Tokens: append([]provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}}, tokens...),
		Subscriptions: []provider.NewSubscription{{
			URL: s.receiver.URL, Label: "test", Secret: "whsec_test", Local: true, EventTypes: []string{"booking.created", "booking.updated", "patient.created"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = New(s.provider, o)
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.WriteTimeout, server.Config.ReadTimeout = 5*time.Second, 5*time.Second
	server.Start()
	s.url = server.URL
	transport := &http.Transport{}
	s.http = &http.Client{Transport: &checked{t: t, next: transport}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.handler.Close()
		server.Close()
		if err := s.provider.Close(context.Background()); err != nil {
			t.Error(err)
		}
		s.receiver.Close()
	})
	return s
}

// reply is a response with its body.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// ask sends a request. A string is sent as it is, any other body as JSON. Headers are written as "Name: value".
func (s *sim) ask(method, path string, body any, headers ...string) reply {
	s.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	response, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{s.t, response.StatusCode, response.Header, data}
}

// api sends a request to the control API, which must get the status.
func (s *sim) api(status int, method, path string, body any, headers ...string) reply {
	s.t.Helper()
	r := s.ask(method, apiPath+path, body, headers...)
	if r.status != status {
		s.t.Fatalf("%s %s: %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

// into decodes the body.
func (r reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%v: %s", err, r.body)
	}
}

// problem returns the problem in the response, which must have the status and the kind.
func (r reply) problem(status int, kind string) Problem {
	r.t.Helper()
	var p Problem
	if r.header.Get("Content-Type") != "application/problem+json" {
		r.t.Fatalf("not a problem: %d %s: %s", r.status, r.header.Get("Content-Type"), r.body)
	}
	r.into(&p)
	if r.status != status || p.Status != status || p.Type != ProblemType+kind || p.Title != http.StatusText(status) || p.Detail == "" {
		r.t.Errorf("want %d %s, got %d %s", status, kind, r.status, r.body)
	}
	return p
}

// committed is the last number in the journal.
func (s *sim) committed() journal.Seq {
	last, _ := s.provider.Journal().Committed()
	return last
}

// settle waits until no delivery is pending.
func (s *sim) settle() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.provider.Wait(ctx, provider.Condition{AllFinished: true}); err != nil {
		s.t.Fatal(err)
	}
}

// subscriptionID is the id of the receiver's subscription.
func (s *sim) subscriptionID() string { return s.provider.Subscriptions(false)[0].ID }

// checked checks every exchange against the OpenAPI document: the document must allow a request that succeeds, and
// describe every response. It does not read the body of a stream.
type checked struct {
	t    testing.TB
	next http.RoundTripper
}

func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	var request []byte
	if r.Body != nil {
		request, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(request))
	}
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	asked := r.Clone(r.Context())
	asked.Body = io.NopCloser(bytes.NewReader(request))
	if err := checkExchange(asked, response); err != nil {
		c.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	return response, nil
}

// checkExchange returns an error for an exchange that the document does not describe. It reads the body and puts it back.
func checkExchange(r *http.Request, response *http.Response) error {
	contentType := response.Header.Get("Content-Type")
	stream := contentType == "text/event-stream"
	var body []byte
	if !stream {
		var err error
		if body, err = io.ReadAll(response.Body); err != nil {
			return err
		}
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
	}
	described, err := theDocument()
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		r.Method, body = http.MethodGet, nil
		stream = true // it has no body
	}
	route, parameters, err := described.router.FindRoute(r)
	if err != nil {
		switch response.StatusCode { // these do not depend on the path
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusMisdirectedRequest, http.StatusUnauthorized:
			return nil
		}
		return fmt.Errorf("status %d, but %w", response.StatusCode, err)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, ExcludeResponseBody: stream || contentType == contentTypes["ndjson"]},
	}
	if response.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			return fmt.Errorf("status %d, but the document does not allow the request: %w", response.StatusCode, err)
		}
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	})
	if err != nil {
		return fmt.Errorf("the document does not describe the response with status %d: %w\n%s", response.StatusCode, err, body)
	}
	return nil
}

// described is the OpenAPI document, made strict: it forbids keys that it does not describe.
type described struct {
	doc    *openapi3.T
	router routers.Router
}

var theDocument = sync.OnceValues(loadDocument)

func loadDocument() (*described, error) {
	var raw map[string]any
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, err
	}
	makeStrict(raw)
	strict, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(strict)
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	return &described{doc, router}, err
}

// makeStrict forbids keys that a schema with properties does not name.
func makeStrict(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			makeStrict(inner)
		}
	case []any:
		for _, inner := range v {
			makeStrict(inner)
		}
	}
}

// refusedAddress returns the URL of a port that nothing listens on.
func refusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}
