package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/provider"
)

// answer is what a GraphQL client reads.
type responder struct {
	Data struct {
		CreateWebhook, UpdateWebhook, DeleteWebhook *payloadJSON
		Webhook                                     *webhookJSON
		Webhooks                                    []webhookJSON
	}
	Errors []struct{ Message string }
}

type payloadJSON struct {
	Data  *webhookJSON
	Error *string
}

type webhookJSON struct {
	ID, Secret, URL, Label, Version, CreatedAt, UpdatedAt string
	EventTypes                                            []string
	Headers                                               []struct{ Key, Value string }
	Deleted, DeliveryPaused                               *bool
}

const webhookFields = ` id secret url label eventTypes headers { key value } version createdAt updatedAt deleted deliveryPaused `

// query executes a document with all permissions.
func (s *sim) query(document string, variables map[string]any, headers ...string) responder {
	s.t.Helper()
	if len(headers) == 0 {
		headers = []string{"x-token: " + testToken}
	}
	r := s.ask("POST", graphqlPath, map[string]any{"query": document, "variables": variables}, headers...)
	if r.status != http.StatusOK {
		s.t.Fatalf("%d %s", r.status, r.body)
	}
	var a responder
	r.into(&a)
	return a
}

const createDocument = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { data {` + webhookFields + `} error } }`
const updateDocument = `mutation ($id: ID!, $input: UpdateWebhookInput!) { updateWebhook(id: $id, input: $input) { data {` + webhookFields + `} error } }`

func input(change map[string]any) map[string]any {
	in := map[string]any{"url": "https://example.com/hooks", "eventTypes": []string{"invoice.paid"}, "label": "billing"}
	for name, value := range change {
		if in[name] = value; value == nil {
			delete(in, name)
		}
	}
	return map[string]any{"input": in}
}

// The life of a subscription, as a provisioning script leads it.
func TestGraphQLLife(t *testing.T) {
	s := start(t, Options{})
	made := s.query(createDocument, input(map[string]any{"headers": []map[string]string{{"key": "X-Tenant", "value": "demo"}}})).Data.CreateWebhook
	if made.Error != nil || made.Data == nil {
		t.Fatalf("%+v", made)
	}
	w := made.Data
	if len(w.ID) != 24 || !strings.HasPrefix(w.Secret, "whsec_") || w.URL != "https://example.com/hooks" || w.Label != "billing" || w.Version == "" ||
		len(w.EventTypes) != 1 || len(w.Headers) != 1 || w.Headers[0].Key != "X-Tenant" || *w.Deleted || *w.DeliveryPaused || w.CreatedAt != "2026-06-08T09:00:00.000Z" {
		t.Errorf("made %+v", w)
	}

	change := func(in map[string]any) *payloadJSON {
		t.Helper()
		return s.query(updateDocument, map[string]any{"id": w.ID, "input": in}).Data.UpdateWebhook
	}
	got := change(map[string]any{"label": "accounts"}).Data
	if got.Label != "accounts" || got.URL != w.URL || len(got.Headers) != 1 || len(got.EventTypes) != 1 {
		t.Errorf("an update of the label gave %+v", got)
	}
	got = change(map[string]any{"url": nil, "headers": nil, "deliveryPaused": true}).Data
	if got.URL != w.URL || len(got.Headers) != 1 || !*got.DeliveryPaused {
		t.Errorf("null is nothing, but gave %+v", got)
	}
	got = change(map[string]any{"headers": []any{}, "deliveryPaused": false}).Data
	if got.Headers == nil || len(got.Headers) != 0 || *got.DeliveryPaused || got.Label != "accounts" {
		t.Errorf("an empty list of headers gave %+v", got)
	}

	if found := s.query(`query ($id: ID!) { webhook(id: $id) {`+webhookFields+`} }`, map[string]any{"id": w.ID}).Data.Webhook; found == nil || found.Secret != w.Secret {
		t.Errorf("found %+v", found)
	}
	if found := s.query(`{ webhook(id: "000000000000000000000000") { id } }`, nil); found.Data.Webhook != nil || found.Errors != nil {
		t.Errorf("what is not there is null, but got %+v", found)
	}
	gone := s.query(`mutation ($id: ID!) { deleteWebhook(id: $id) { data { id deleted } error } }`, map[string]any{"id": w.ID}).Data.DeleteWebhook
	if gone.Error != nil || gone.Data == nil || !*gone.Data.Deleted {
		t.Errorf("deleted %+v", gone)
	}
	if n := len(s.query(`{ webhooks { id } }`, nil).Data.Webhooks); n != 1 {
		t.Errorf("%d are left, want that of the receiver", n)
	}
	if n := len(s.query(`{ webhooks(includeDeleted: true) { id deleted } }`, nil).Data.Webhooks); n != 2 {
		t.Errorf("%d with the deleted one", n)
	}
	if again := change(map[string]any{"label": "x"}); again.Data != nil || again.Error == nil || !strings.Contains(*again.Error, "deleted") {
		t.Errorf("an update of a deleted one gave %+v", again)
	}
}

// A refused mutation is answered 200, with error set and data null, and writes nothing.
func TestGraphQLRefusals(t *testing.T) {
	s := start(t, Options{})
	many := make([]string, 0, 11)
	for _, name := range []string{"created", "updated", "deleted", "paid", "partiallyPaid", "refunded", "shared", "lineItems.added", "lineItems.updated", "lineItems.removed", "integrations.xero.synced"} {
		many = append(many, "invoice."+name)
	}
	for _, test := range []struct {
		name   string
		change map[string]any
		says   string
	}{
		{"http", map[string]any{"url": "http://example.com/"}, "must be https"},
		{"no URL", map[string]any{"url": "example"}, "https"},
		{"unknown type", map[string]any{"eventTypes": []string{"invoice.payed"}}, `did you mean "invoice.paid"`},
		{"former enum name", map[string]any{"eventTypes": []string{"INVOICE_PAID"}}, `"invoice.paid"`},
		{"a pattern", map[string]any{"eventTypes": []string{"invoice.*"}}, "each event type in full"},
		{"no types", map[string]any{"eventTypes": []string{}}, "at least one"},
		{"one type twice", map[string]any{"eventTypes": []string{"invoice.paid", "invoice.paid"}}, "twice"},
		{"eleven types", map[string]any{"eventTypes": many}, "at most 10"},
		{"no label", map[string]any{"label": " "}, "label"},
		{"a long label", map[string]any{"label": strings.Repeat("x", 257)}, "at most 256"},
		{"our own header", map[string]any{"headers": []map[string]string{{"key": "x-webhook-signature", "value": "t=1"}}}, "cannot be set"},
		{"a hop's header", map[string]any{"headers": []map[string]string{{"key": "Connection", "value": "close"}}}, "cannot be set"},
		{"CR and LF", map[string]any{"headers": []map[string]string{{"key": "X-A", "value": "b\r\nX-C: d"}}}, "X-A"},
		{"CR and LF in a name", map[string]any{"headers": []map[string]string{{"key": "X-A: b\r\nX-C", "value": "d"}}}, "header"},
		{"URL and type of another", map[string]any{"url": s.receiver.URL, "eventTypes": []string{"patient.created"}}, "already"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.committed()
			a := s.query(createDocument, input(test.change))
			if p := a.Data.CreateWebhook; p == nil || p.Data != nil || p.Error == nil || !strings.Contains(*p.Error, test.says) || a.Errors != nil {
				t.Errorf("%+v", a)
			} else if strings.ContainsAny(*p.Error, "\r\n") {
				t.Errorf("the sentence has several lines: %q", *p.Error)
			}
			if s.committed() != before {
				t.Error("it wrote to the journal")
			}
		})
	}
}

// A document that lists the subscriptions again and again under other names is not answered in full.
func TestGraphQLListsAreBounded(t *testing.T) {
	s := start(t, Options{})
	for i := range 200 {
		n := provider.NewSubscription{URL: fmt.Sprintf("https://example.com/%d", i), Label: "l", EventTypes: []string{"booking.created"}}
		if _, err := s.provider.CreateSubscription(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	lists := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d: webhooks { id }", i)
		}
		return "{" + b.String() + " }"
	}
	few := s.ask("POST", graphqlPath, map[string]string{"query": lists(20)}, "x-token: "+testToken)
	if strings.Contains(string(few.body), "errors") || strings.Count(string(few.body), `"id"`) != 20*201 {
		t.Errorf("20 lists: %.200s", few.body)
	}
	many := s.ask("POST", graphqlPath, map[string]string{"query": lists(200)}, "x-token: "+testToken)
	if !strings.Contains(string(many.body), "list them once") || strings.Count(string(many.body), `"id"`) > maxListed {
		t.Errorf("200 lists: %.200s", many.body)
	}
}

// A malformed document is answered with errors, and writes nothing.
func TestGraphQLMalformed(t *testing.T) {
	s := start(t, Options{})
	for _, test := range []struct{ name, document, says string }{
		{"no document", `nonsense`, "syntax error"},
		{"an open brace", `{ webhooks { id }`, "syntax error"},
		{"an unknown field", `{ webhooks { colour } }`, "colour"},
		{"a missing argument", `{ webhook { id } }`, "id"},
		{"event types without quotes", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [invoice.paid]}) { error } }`, "syntax error"},
		{"an enum in place of a text", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [INVOICE_PAID]}) { error } }`, "INVOICE_PAID"},
		{"a missing key", `mutation { createWebhook(input: {url: "https://example.com", label: "x"}) { error } }`, "eventTypes"},
		{"an unknown key", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [], colour: 1}) { error } }`, "colour"},
		{"a deep query", "{ __schema { types { fields { type {" + strings.Repeat(" ofType {", maxQueryDepth) + " name " + strings.Repeat("}", maxQueryDepth) + "} } } } }", "depth"},
		{"a long query", "{ webhooks { id } } #" + strings.Repeat("x", maxQueryLength), "length"},
		{"fragments that multiply", multiplying(14), "selections"},
		{"a subscription", `subscription { webhooks { id } }`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.committed()
			a := s.query(test.document, nil)
			if len(a.Errors) == 0 || a.Data.CreateWebhook != nil || a.Data.Webhooks != nil {
				t.Fatalf("%+v", a)
			}
			if !strings.Contains(strings.ToLower(a.Errors[0].Message), strings.ToLower(test.says)) {
				t.Errorf("errors %+v do not speak of %s", a.Errors, test.says)
			}
			if s.committed() != before {
				t.Error("it wrote to the journal")
			}
		})
	}
}

// multiplying is a document whose fragments select twice as much each.
func multiplying(n int) string {
	var b strings.Builder
	b.WriteString("{ webhooks { ...f0 } }\n")
	for i := range n {
		next := string(rune('a' + i))
		spread := "...f" + strconv.Itoa(i+1)
		b.WriteString("fragment f" + strconv.Itoa(i) + " on WebhookSubscription { " + next + "1: id " + spread + " " + spread + " }\n")
	}
	b.WriteString("fragment f" + strconv.Itoa(n) + " on WebhookSubscription { id }\n")
	return b.String()
}

// Each operation asks for its permission: a mutation is refused in its payload, a query with an error.
func TestGraphQLPermissions(t *testing.T) {
	permissions := provider.AllPermissions()
	var tokens []provider.Token
	for _, lacking := range permissions {
		token := provider.Token{Text: "token_without_" + string(lacking)}
		for _, p := range permissions {
			if p != lacking {
				token.Permissions = append(token.Permissions, p)
			}
		}
		tokens = append(tokens, token)
	}
	s := start(t, Options{}, tokens...)
	id := s.subscriptionID()
	for i, operation := range []func(header string) responder{
		func(header string) responder { return s.query(`{ webhooks { id } }`, nil, header) },
		func(header string) responder { return s.query(createDocument, input(nil), header) },
		func(header string) responder {
			return s.query(updateDocument, map[string]any{"id": id, "input": map[string]any{"label": "renamed"}}, header)
		},
		func(header string) responder {
			return s.query(`mutation ($id: ID!) { deleteWebhook(id: $id) { data { id } error } }`, map[string]any{"id": id}, header)
		},
	} {
		lacking := string(permissions[i])
		before := s.committed()
		a := operation("x-token: token_without_" + lacking)
		said := ""
		for _, p := range []*payloadJSON{a.Data.CreateWebhook, a.Data.UpdateWebhook, a.Data.DeleteWebhook} {
			if p != nil && p.Error != nil && p.Data == nil {
				said = *p.Error
			}
		}
		if len(a.Errors) > 0 {
			said = a.Errors[0].Message
		}
		if !strings.Contains(said, lacking) || s.committed() != before {
			t.Errorf("without %s: %+v", lacking, a)
		}
		if a := operation("Authorization: Bearer " + testToken); len(a.Errors) > 0 {
			t.Errorf("with %s: %+v", lacking, a)
		}
	}
}

// The schema is the contract's: this is what clients generate code from.
func TestGraphQLIntrospection(t *testing.T) {
	s := start(t, Options{})
	r := s.ask("POST", graphqlPath, map[string]any{"query": `{ __type(name: "WebhookSubscription") { fields { name type { kind name ofType { name } } } } }`}, "x-token: "+testToken)
	for _, field := range []string{"id", "secret", "url", "label", "eventTypes", "headers", "version", "createdAt", "updatedAt", "deleted", "deliveryPaused"} {
		if !strings.Contains(string(r.body), `"name":"`+field+`"`) {
			t.Errorf("no field %s: %s", field, r.body)
		}
	}
	if _, err := graphql.ParseSchema(graphqlSchema, nil); err != nil {
		t.Error(err)
	}
}
