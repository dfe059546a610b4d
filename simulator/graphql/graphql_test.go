package graphql

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testToken has all permissions in these tests.
const testToken = "token_of_the_tests"

// api is the GraphQL API of a provider, on a socket.
type api struct {
	t        testing.TB
	provider *provider.Provider
	handler  *Handler
	url      string
	http     *http.Client
}

// start starts a provider with one subscription and serves its API.
func start(t testing.TB, tokens ...provider.Token) *api {
	t.Helper()
	return startWith(t, Options{}, tokens...)
}

func startWith(t testing.TB, o Options, tokens ...provider.Token) *api {
	t.Helper()
	return serveProvider(t, o, provider.Options{
		Clock: clock.Manual(time.Date(2026, 6, 8, 9, 0, 0, 0, time.UTC)), Fixed: true, Seed: 7,
		Tokens: append([]provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}}, tokens...),
		Subscriptions: []provider.NewSubscription{{
			URL: "http://127.0.0.1:9/", Label: "test", Secret: "whsec_test", Local: true, EventTypes: []string{"booking.created", "patient.created"},
		}},
	})
}

// serveProvider starts a provider and serves its API.
func serveProvider(t testing.TB, o Options, po provider.Options) *api {
	t.Helper()
	p, err := provider.Start(t.Context(), po)
	if err != nil {
		t.Fatal(err)
	}
	h := New(p, guard.Guard{}, o)
	server := httptest.NewServer(h)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &api{t: t, provider: p, handler: h, url: server.URL + Path, http: &http.Client{Transport: transport}}
}

// committed is the number of the last record of the journal that is no request to the API.
func (a *api) committed() journal.Seq {
	records, err := a.provider.Journal().Read(a.t.Context(), 0, journal.MaxLimit)
	if err != nil {
		a.t.Fatal(err)
	}
	last := journal.Seq(0)
	for _, r := range records {
		if r.Kind() != journal.KindAPIRequest {
			last = r.Sequence()
		}
	}
	return last
}

// reply is a response with its body.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// post sends a body: a string as it is, any other value as JSON. Headers are written as "Name: value".
func (a *api) post(body any, headers ...string) reply {
	a.t.Helper()
	data, isText := body.(string)
	if !isText {
		encoded, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		data = string(encoded)
	}
	return a.send("POST", data, headers...)
}

func (a *api) send(method, body string, headers ...string) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	response, err := a.http.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, content}
}

// A request whose document is not read gets the provider's status, message and code, and does not change the journal.
func TestErrors(t *testing.T) {
	t.Parallel()
	a := start(t)
	const document, token = `{"query":"{ webhooks { id } }"}`, "x-token: " + testToken
	deep := `{"query":"{ webhooks ` + strings.Repeat("{ webhooks ", 40) + strings.Repeat("} ", 40) + `}"}`
	for _, test := range []struct {
		name, method, body string
		headers            []string
		status             int
		code, message      string
	}{
		{"no token", "POST", document, nil, 401, "UNAUTHENTICATED", "Missing token."},
		{"an unknown token", "POST", document, []string{"x-token: nobody's"}, 401, "UNAUTHENTICATED", "Invalid token."},
		{"a bearer token", "POST", document, []string{"Authorization: Bearer " + testToken}, 401, "UNAUTHENTICATED", "Send it in the x-token header"},
		{"a bearer token in x-token", "POST", document, []string{"x-token: Bearer " + testToken}, 401, "UNAUTHENTICATED", "Send the token alone"},
		{"a deep query without a token", "POST", deep, nil, 401, "UNAUTHENTICATED", "Missing token."},
		{"GET", "GET", "", []string{token}, 405, "BAD_REQUEST", "takes POST"},
		{"a foreign host", "POST", document, []string{token, "Host: evil.example"}, 421, "BAD_REQUEST", "host"},
		{"a foreign origin", "POST", document, []string{token, "Origin: https://evil.example"}, 403, "BAD_REQUEST", "other sites"},
		{"no document", "POST", `{}`, []string{token}, 400, "BAD_REQUEST", `"query"`},
		{"malformed JSON", "POST", `{"query":`, []string{token}, 400, "BAD_REQUEST", "malformed JSON"},
		{"a duplicate key", "POST", `{"query":"{","query":"{ webhooks { id } }"}`, []string{token}, 400, "BAD_REQUEST", "duplicate"},
		{"a batch", "POST", `[` + document + `]`, []string{token}, 400, "BAD_REQUEST", "JSON object"},
		{"no JSON", "POST", document, []string{token, "Content-Type: text/plain"}, 415, "BAD_REQUEST", "application/json"},
		{"an oversized body", "POST", `{"query":"` + strings.Repeat(" ", guard.MaxBody) + `"}`, []string{token}, 413, "BAD_REQUEST", "larger"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := a.committed()
			r := a.send(test.method, test.body, test.headers...)
			var body struct {
				Data   any
				Errors []struct {
					Message    string
					Extensions struct{ Code string }
				}
			}
			if err := json.Unmarshal(r.body, &body); err != nil || r.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%v: %v %s", err, r.header, r.body)
			}
			if r.status != test.status || len(body.Errors) != 1 || body.Data != nil {
				t.Fatalf("%d %s, want %d", r.status, r.body, test.status)
			}
			if e := body.Errors[0]; e.Extensions.Code != test.code || !strings.Contains(e.Message, test.message) || strings.Contains(e.Message, "nobody's") {
				t.Errorf("%s", r.body)
			}
			if (test.status == http.StatusUnauthorized) != (r.header.Get("WWW-Authenticate") != "") || (test.status == 405) != (r.header.Get("Allow") == "POST") {
				t.Errorf("headers %v", r.header)
			}
			if a.committed() != before {
				t.Error("the journal has changed")
			}
		})
	}
}

// A small document can ask for a large response: with aliases, in lists, through introspection. The response and the memory
// for it are bounded.
func TestResponsesAreBounded(t *testing.T) { // not parallel, because it measures the memory of the process
	a := start(t)
	for i := range 200 {
		n := provider.NewSubscription{URL: fmt.Sprintf("https://example.com/%d", i), Label: strings.Repeat("l", 256), Local: true, EventTypes: []string{"booking.created", "booking.updated"}}
		if _, err := a.provider.CreateSubscription(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	aliases := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d: %s", i, field)
		}
		return "{" + b.String() + " }"
	}
	for _, test := range []struct {
		name, document string
		refused        bool
	}{
		{"20 lists", aliases(20, "webhooks { id }"), false},
		{"the introspection of clients", introspectionQuery, false},
		{"5 introspections", aliases(5, "__schema { types { fields(includeDeprecated: true) { args { name } } } }"), false},
		{"2,500 lists", aliases(2500, "webhooks { id }"), true},
		{"a list with 1,000 aliases", "{ webhooks " + aliases(1000, "label") + "}", true},
		{"a list with a long alias", "{ webhooks { " + strings.Repeat("a", 60_000) + ": id } }", true},
		{"700 introspections", aliases(700, "__schema{types{name fields{name description args{name} type{name ofType{name}}}}}"), true},
		{"an introspection with 700 aliases", "{ __schema " + aliases(700, "types { fields { name args { name } type { name ofType { name } } } }") + "}", true},
		{"500 types", aliases(500, `__type(name:"WebhookSubscription"){...f}`) + " fragment f on __Type { a: fields { ...g } b: fields { ...g } } fragment g on __Field { name type { name ofType { name fields { name } } } }", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := memory()
			r := a.post(map[string]string{"query": test.document}, "x-token: "+testToken)
			grown := memory() - before
			t.Logf("%d bytes, %d MiB of memory", len(r.body), grown>>20)
			if refused := r.status != http.StatusOK; refused != test.refused || strings.Contains(string(r.body), "select fewer fields") != test.refused {
				t.Errorf("%d %.300s", r.status, r.body)
			}
			if grown > 120<<20 {
				t.Errorf("it took %d MiB of memory", grown>>20)
			}
		})
	}
}

// memory returns how many bytes the process has obtained from the system. It hardly ever shrinks.
func memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// introspectionQuery is the query of the graphql-js library, which most clients send.
const introspectionQuery = `query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
  fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name } } } } } } } }`

// Records refer to each other, so a document can ask for the same ones again and again.
func TestNestedRecordsAreBounded(t *testing.T) { // not parallel, because it measures the memory of the process
	c := newClinic(t)
	ada := c.add("patient", nil)
	for range 200 {
		c.add("booking", related{"patient": ada, "doctor": c.Records("doctor")[0]})
	}
	a := c.api(Options{})
	document := "id"
	for range 4 {
		document = `id bookings(start: "1900-01-01", end: "2100-01-01") { id patient { ` + document + ` } }`
	}
	before := memory()
	began := time.Now()
	r := a.exec(`{ patient(id: "`+ada.ID()+`") { `+document+` } }`, nil)
	if grown := memory() - before; r.status != http.StatusBadRequest || !strings.Contains(r.body, "select fewer fields") || grown > 256<<20 {
		t.Errorf("status %d, %d MiB: %.300s", r.status, grown>>20, r.body)
	}
	t.Log(time.Since(began))
}

func TestLongestName(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]int64{"": 0, "{ webhooks { id } }": 8, "{ a_1: id }": 3, `{ f(x: "long_name_in_a_text") }`: 19} {
		if got := longestName(document); got != want {
			t.Errorf("%s: %d, want %d", document, got, want)
		}
	}
}

// The schema is valid for all options that change it, and clients do not see how we know it.
func TestSchema(t *testing.T) {
	t.Parallel()
	for _, hide := range []bool{false, true} {
		h := New(nil, guard.Guard{}, Options{Records: journal.NewMemory(journal.Options{}), HideEpisodes: hide})
		e, ctx := h.newExecution(t.Context(), "", "")
		defer e.cancel()
		r := h.schema().Exec(ctx, `{ __schema { directives { name } types { name } queryType { fields { name } } } }`, "", nil)
		if text := string(r.Data); len(r.Errors) > 0 || strings.Contains(text, "evidence") || strings.Contains(text, "clinic\"") || strings.Contains(text, `"episode"`) == hide {
			t.Errorf("%v %s", r.Errors, text)
		}
	}
}

func BenchmarkSchema(b *testing.B) {
	h := New(nil, guard.Guard{}, Options{Records: journal.NewMemory(journal.Options{})})
	for b.Loop() {
		h.parseSchema()
	}
}
