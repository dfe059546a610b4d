package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"semblance/simulator/graphql"
)

// Random requests, most of them valid by the OpenAPI document, get responses that the document describes. Requests that
// it does not allow get errors, and no request gets an internal error.
func TestAPIMatchesDocument(t *testing.T) {
	t.Parallel()
	described, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	var operations []documented
	for path, item := range described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if path != graphql.Path { // served beside this handler
				operations = append(operations, documented{method, path, o})
			}
		}
	}
	slices.SortFunc(operations, func(a, b documented) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	responses := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := start(t, Options{Player: &fakePlayer{requested: make(chan Play, 1000)}})
		d := &drawing{T: rt, words: map[string][]string{}}
		d.learn("subscription", s.subscriptionID())
		for range rapid.IntRange(5, 20).Draw(rt, "requests") {
			o := rapid.SampledFrom(operations).Draw(rt, "operation")
			r := d.request(o)
			recorder := httptest.NewRecorder()
			s.handler.ServeHTTP(recorder, r.send())
			response := recorder.Result()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				rt.Fatal(err)
			}
			response.Body = io.NopCloser(bytes.NewReader(body))
			if err := checkExchange(r.send(), response); err != nil {
				rt.Fatalf("%s: %v", r, err)
			}
			if response.StatusCode >= 500 && response.StatusCode != http.StatusGatewayTimeout {
				rt.Fatalf("%s: %d %s", r, response.StatusCode, body)
			}
			responses[fmt.Sprintf("%s %s %dxx", o.method, o.path, response.StatusCode/100)]++
			d.read(o, body)
		}
	})
	for _, o := range operations {
		if name := o.method + " " + o.path; responses[name+" 2xx"] == 0 && !strings.Contains(o.path, "{play}") {
			t.Logf("%s never succeeded", name)
		}
	}
}

type documented struct {
	method, path string
	*openapi3.Operation
}

// drawn is a request that can be sent more than once.
type drawn struct {
	method, target string
	body           []byte
	headers        map[string]string
}

func (d *drawn) send() *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), d.method, "http://127.0.0.1"+d.target, bytes.NewReader(d.body))
	if d.body == nil {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	for name, value := range d.headers {
		r.Header.Set(name, value)
	}
	return r
}

func (d *drawn) String() string {
	return fmt.Sprintf("%s %s %v %.300s", d.method, d.target, d.headers, d.body)
}

// drawing makes random requests with ids from earlier responses.
type drawing struct {
	*rapid.T
	words map[string][]string // ids, by what they are of
}

func (d *drawing) learn(of, id string) {
	if id != "" && !slices.Contains(d.words[of], id) && len(d.words[of]) < 50 {
		d.words[of] = append(d.words[of], id)
	}
}

// one returns one of some values.
func one[T any](d *drawing, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(d.T, label)
}

// wrong reports whether to make a mistake here, which is so in one of twelve cases.
func (d *drawing) wrong() bool { return rapid.IntRange(0, 11).Draw(d.T, "wrong") == 0 }

var garbage = []string{"", "x", "0", "-1", "1e9", "null", "%", "é", "a,b", "../..", "booking.created'--", strings.Repeat("9", 40), "2026-13-01T00:00:00Z"}

func (d *drawing) request(o documented) *drawn {
	method := o.method
	if strings.HasSuffix(o.path, "/stream") {
		method = http.MethodHead // a stream has no end
	}
	r := &drawn{method: method, target: o.path, headers: map[string]string{}}
	if rapid.Bool().Draw(d.T, "token") {
		r.headers["X-Token"] = testToken
	}
	values := url.Values{}
	for _, ref := range o.Parameters {
		p := ref.Value
		if p.In == "path" {
			r.target = strings.ReplaceAll(r.target, "{"+p.Name+"}", url.PathEscape(d.text(p.Name, p.Schema.Value)))
			continue
		}
		needed := p.Required || p.Name == "within"
		if p.In != "query" || !needed && rapid.IntRange(0, 2).Draw(d.T, p.Name) > 0 {
			continue
		}
		value := d.parameter(p)
		values.Set(p.Name, value)
	}
	if d.wrong() {
		values.Set(one(d, "unknown", "typo", "Limit", ""), "1")
	}
	if len(values) > 0 {
		r.target += "?" + values.Encode()
	}
	if o.RequestBody != nil && (o.RequestBody.Value.Required || rapid.Bool().Draw(d.T, "body")) {
		d.body(r, o)
	}
	return r
}

// parameter returns a random value of a parameter, as text.
func (d *drawing) parameter(p *openapi3.Parameter) string {
	if p.Name == "within" {
		return one(d, p.Name, "0s", "1ms", "soon", "99h")
	}
	if d.wrong() {
		return one(d, p.Name, garbage...)
	}
	schema := p.Schema.Value
	if !schema.Type.Is("array") {
		return fmt.Sprint(d.value(p.Name, schema))
	}
	list := []string{}
	for range rapid.IntRange(1, 3).Draw(d.T, p.Name) {
		list = append(list, fmt.Sprint(d.value(p.Name, schema.Items.Value)))
	}
	return strings.Join(list, ",")
}

func (d *drawing) body(r *drawn, o documented) {
	r.headers["Content-Type"] = "application/json"
	v := d.value("body", o.RequestBody.Value.Content["application/json"].Schema.Value)
	data, err := json.Marshal(v)
	if err != nil {
		d.Fatal(err)
	}
	if d.wrong() {
		switch one(d, "how", "cut", "type", "key", "bytes") {
		case "cut":
			data = data[:rapid.IntRange(0, len(data)-1).Draw(d.T, "cut")]
		case "type":
			r.headers["Content-Type"] = one(d, "type", "text/plain", "", "application/xml", "application/json; charset=utf-8")
		case "key":
			data = []byte(strings.Replace(string(data), "{", `{"typo":1,`, 1))
		case "bytes":
			data = rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(d.T, "bytes")
		}
	}
	r.body = data
}

// value returns a random value for a schema, sometimes a wrong one.
func (d *drawing) value(name string, s *openapi3.Schema) any {
	if d.wrong() {
		return one[any](d, name, 7, -1, "x", "", true, nil, []any{}, map[string]any{}, 1.5)
	}
	switch {
	case s.Type == nil || s.Type.Includes("null"):
		return nil
	case s.Type.Is("object"):
		return d.object(s)
	case s.Type.Is("array"):
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(d.T, name) {
			list = append(list, d.value(name, s.Items.Value))
		}
		return list
	case s.Type.Is("integer"):
		if ids := d.words[name]; len(ids) > 0 {
			return json.Number(one(d, name, ids...))
		}
		return rapid.IntRange(0, 5).Draw(d.T, name)
	case s.Type.Is("number"):
		return one(d, name, 0.5, 1, 3.0)
	case s.Type.Is("boolean"):
		return rapid.Bool().Draw(d.T, name)
	}
	return d.text(name, s)
}

func (d *drawing) object(s *openapi3.Schema) map[string]any {
	o := map[string]any{}
	names := []string{}
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(s.Required, name) || rapid.IntRange(0, 2).Draw(d.T, name) == 0 {
			o[name] = d.value(name, s.Properties[name].Value)
		}
	}
	if len(names) == 0 && s.MaxProps == nil && rapid.Bool().Draw(d.T, "pair") {
		o[one(d, "key", "patientId", "doctorId", "", "patient")] = d.text("record", nil)
	}
	return o
}

// fitting has meaningful texts for keys and parameters, by name.
var fitting = map[string][]string{
	"type": {"booking.created", "patient.merged", "invoice.paid"}, "eventType": {"booking.created", "patient.created"}, "types": {"booking.*", "patient.created", "group:invoice"},
	"match": {"booking.*", "**"}, "eventTypes": {"booking.*", "invoice.paid"}, "action": {"merge", "book", "nothing"}, "kind": {"patient", "booking", "attempt", "event"},
	"url": {"http://127.0.0.1:9/", "https://example.com/x", "ftp://x"}, "label": {"one", "two"}, "secret": {"whsec_a"}, "by": {"0s", "1s", "10m", "-1s", "soon"}, "overlap": {"0s", "1h", "-1h", "later"},
	"fault": {"signature=tampered", "transport=reset", "signature=stale,age=400s", "nothing"}, "with": {"all", "patientId"}, "omit": {"all", "patientId"},
	"query": {"{ webhooks { id } }", "{", "mutation { deleteWebhook(id: \"x\") { error } }"}, "source": {"passes", "wrong"}, "scenario": {"first-visit"}, "cursor": {"bjEw"},
	"origin": {"api", "clinic"}, "name": {"X-One", "x-webhook-signature", "a b"}, "value": {"one", "two\r\nthree"},
}

func (d *drawing) text(name string, s *openapi3.Schema) string {
	if s != nil && len(s.Enum) > 0 {
		return fmt.Sprint(one(d, name, s.Enum...))
	}
	if s != nil && s.Format == "date-time" {
		return one(d, name, "2026-06-08T09:00:00Z", "2026-06-09T00:00:00+01:00")
	}
	of := name
	switch name {
	case "subscriptionId":
		of = "subscription"
	case "ids":
		of = "delivery"
	case "after": // of a list of records
		of = "record"
	}
	known := slices.Concat(d.words[of], fitting[name])
	if len(known) == 0 || d.wrong() {
		known = garbage[1:]
	}
	return one(d, name, known...)
}

// read remembers the ids in a response.
func (d *drawing) read(o documented, body []byte) {
	var seen struct {
		Items  []json.RawMessage
		Events []struct {
			ID          json.Number
			Deliveries  []string
			Identifiers map[string]string
		}
		ID json.RawMessage
	}
	if json.Unmarshal(body, &seen) != nil {
		return
	}
	for _, e := range seen.Events {
		d.learn("event", e.ID.String())
		for _, id := range e.Deliveries {
			d.learn("delivery", id)
		}
		for _, id := range e.Identifiers {
			d.learn("record", id)
		}
	}
	kind := strings.TrimSuffix(strings.TrimPrefix(o.path, apiPath+"/"), "s")
	kind = strings.Replace(kind, "deliverie", "delivery", 1)
	if len(seen.ID) > 0 {
		d.learn(kind, strings.Trim(string(seen.ID), `"`))
	}
	for _, item := range seen.Items {
		var v struct{ ID json.RawMessage }
		if json.Unmarshal(item, &v) == nil {
			d.learn(kind, strings.Trim(string(v.ID), `"`))
		} else {
			d.learn(kind, strings.Trim(string(item), `"`))
		}
	}
}
