package graphql

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"semblance/simulator/provider"
)

// responseJSON is a response as a GraphQL client reads it.
type responseJSON struct {
	Data struct {
		CreateWebhook, UpdateWebhook, DeleteWebhook *payloadJSON
		Webhook                                     *webhookJSON
		Webhooks                                    []webhookJSON
	}
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
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

// query executes a document with all permissions, or with the given headers.
func (a *api) query(document string, variables map[string]any, headers ...string) responseJSON {
	a.t.Helper()
	if len(headers) == 0 {
		headers = []string{"x-token: " + testToken}
	}
	r := a.post(map[string]any{"query": document, "variables": variables}, headers...)
	var response responseJSON
	if err := json.Unmarshal(r.body, &response); err != nil {
		a.t.Fatalf("%d %s", r.status, r.body)
	}
	if want := map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[malformed(response)]; r.status != want {
		a.t.Errorf("%d %s, want %d", r.status, r.body, want)
	}
	return response
}

// malformed reports whether the document was not executed.
func malformed(r responseJSON) bool { return len(r.Errors) > 0 && r.Errors[0].Extensions.Code != "" }

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

// A subscription is created, updated, read and deleted.
func TestSubscriptionLife(t *testing.T) {
	t.Parallel()
	a := start(t)
	made := a.query(createDocument, input(map[string]any{"headers": []map[string]string{{"key": "X-Tenant", "value": "demo"}}})).Data.CreateWebhook
	if made.Error != nil || made.Data == nil {
		t.Fatalf("%+v", made)
	}
	w := made.Data
	if len(w.ID) != 24 || !strings.HasPrefix(w.Secret, "whsec_") || w.URL != "https://example.com/hooks" || w.Label != "billing" || w.Version == "" ||
		len(w.EventTypes) != 1 || len(w.Headers) != 1 || w.Headers[0].Key != "X-Tenant" || *w.Deleted || *w.DeliveryPaused || w.CreatedAt != "2026-06-08T09:00:00.000Z" {
		t.Errorf("created %+v", w)
	}

	change := func(in map[string]any) *payloadJSON {
		t.Helper()
		return a.query(updateDocument, map[string]any{"id": w.ID, "input": in}).Data.UpdateWebhook
	}
	got := change(map[string]any{"label": "accounts"}).Data
	if got.Label != "accounts" || got.URL != w.URL || len(got.Headers) != 1 || len(got.EventTypes) != 1 {
		t.Errorf("an update of the label gave %+v", got)
	}
	got = change(map[string]any{"url": nil, "headers": nil, "deliveryPaused": true}).Data
	if got.URL != w.URL || len(got.Headers) != 1 || !*got.DeliveryPaused {
		t.Errorf("null must change nothing, but gave %+v", got)
	}
	got = change(map[string]any{"headers": []any{}, "deliveryPaused": false}).Data
	if got.Headers == nil || len(got.Headers) != 0 || *got.DeliveryPaused || got.Label != "accounts" {
		t.Errorf("an empty list of headers gave %+v", got)
	}

	if found := a.query(`query ($id: ID!) { webhook(id: $id) {`+webhookFields+`} }`, map[string]any{"id": w.ID}).Data.Webhook; found == nil || found.Secret != w.Secret {
		t.Errorf("found %+v", found)
	}
	if found := a.query(`{ webhook(id: "000000000000000000000000") { id } }`, nil); found.Data.Webhook != nil || found.Errors != nil {
		t.Errorf("an unknown id must give null, but gave %+v", found)
	}
	if r := a.query(`{ webhook(id: "first") { id } }`, nil); r.Data.Webhook != nil || len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, "Cast to ObjectId failed") {
		t.Errorf("a malformed id gave %+v", r)
	}
	gone := a.query(`mutation ($id: ID!) { deleteWebhook(id: $id) { data { id deleted } error } }`, map[string]any{"id": w.ID}).Data.DeleteWebhook
	if gone.Error != nil || gone.Data == nil || !*gone.Data.Deleted {
		t.Errorf("deleted %+v", gone)
	}
	if n := len(a.query(`{ webhooks { id } }`, nil).Data.Webhooks); n != 1 {
		t.Errorf("%d are left, want that of the receiver", n)
	}
	if n := len(a.query(`{ webhooks(includeDeleted: true) { id deleted } }`, nil).Data.Webhooks); n != 2 {
		t.Errorf("%d with the deleted one", n)
	}
	if again := change(map[string]any{"label": "x"}); again.Data != nil || again.Error == nil || !strings.Contains(*again.Error, "deleted") {
		t.Errorf("an update of a deleted one gave %+v", again)
	}
}

// A refused mutation gets status 200 with error set and data null, and does not change the journal.
func TestRefusedMutations(t *testing.T) {
	t.Parallel()
	a := start(t)
	many := make([]string, 0, 11)
	for _, name := range []string{"created", "updated", "deleted", "paid", "partiallyPaid", "refunded", "shared", "lineItems.added", "integrations.healthcode.statusUpdated", "lineItems.removed", "integrations.xero.synced"} {
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
		{"a retired type", map[string]any{"eventTypes": []string{"invoice.lineItems.updated"}}, "has retired"},
		{"no types", map[string]any{"eventTypes": []string{}}, "at least one"},
		{"one type twice", map[string]any{"eventTypes": []string{"invoice.paid", "invoice.paid"}}, "twice"},
		{"eleven types", map[string]any{"eventTypes": many}, "at most 10"},
		{"no label", map[string]any{"label": " "}, "label"},
		{"a long label", map[string]any{"label": strings.Repeat("x", 257)}, "at most 256"},
		{"our own header", map[string]any{"headers": []map[string]string{{"key": "x-webhook-signature", "value": "t=1"}}}, "cannot be set"},
		{"a hop's header", map[string]any{"headers": []map[string]string{{"key": "Connection", "value": "close"}}}, "cannot be set"},
		{"CR and LF", map[string]any{"headers": []map[string]string{{"key": "X-A", "value": "b\r\nX-C: d"}}}, "X-A"},
		{"CR and LF in a name", map[string]any{"headers": []map[string]string{{"key": "X-A: b\r\nX-C", "value": "d"}}}, "header"},
		{"URL and type of another", map[string]any{"url": "http://127.0.0.1:9/", "eventTypes": []string{"patient.created"}}, "already"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := a.committed()
			r := a.query(createDocument, input(test.change))
			if p := r.Data.CreateWebhook; p == nil || p.Data != nil || p.Error == nil || !strings.Contains(*p.Error, test.says) || r.Errors != nil {
				t.Errorf("%+v", r)
			} else if strings.ContainsAny(*p.Error, "\r\n") {
				t.Errorf("the error has several lines: %q", *p.Error)
			}
			if a.committed() != before {
				t.Error("the journal has changed")
			}
		})
	}
}

// A malformed document gets status 400 with errors, and does not change the journal.
func TestMalformedDocuments(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, test := range []struct{ name, document, code, says string }{
		{"no document", `nonsense`, "GRAPHQL_PARSE_FAILED", "syntax error"},
		{"an open brace", `{ webhooks { id }`, "GRAPHQL_PARSE_FAILED", "syntax error"},
		{"an unknown field", `{ webhooks { colour } }`, "GRAPHQL_VALIDATION_FAILED", "colour"},
		{"a missing argument", `{ webhook { id } }`, "GRAPHQL_VALIDATION_FAILED", "id"},
		{"event types without quotes", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [invoice.paid]}) { error } }`, "GRAPHQL_PARSE_FAILED", "syntax error"},
		{"an enum in place of a text", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [INVOICE_PAID]}) { error } }`, "GRAPHQL_VALIDATION_FAILED", "INVOICE_PAID"},
		{"a missing key", `mutation { createWebhook(input: {url: "https://example.com", label: "x"}) { error } }`, "GRAPHQL_VALIDATION_FAILED", "eventTypes"},
		{"an unknown key", `mutation { createWebhook(input: {url: "https://example.com", label: "x", eventTypes: [], colour: 1}) { error } }`, "GRAPHQL_VALIDATION_FAILED", "colour"},
		{"a deep query", "{ __schema { types { fields { type {" + strings.Repeat(" ofType {", maxDepth) + " name " + strings.Repeat("}", maxDepth) + "} } } } }", "GRAPHQL_VALIDATION_FAILED", "depth"},
		{"a long query", "{ webhooks { id } } #" + strings.Repeat("x", maxLength), "GRAPHQL_VALIDATION_FAILED", "length"},
		{"fragments that multiply", multiplying(14), "GRAPHQL_VALIDATION_FAILED", "selections"},
		{"a subscription", `subscription { webhooks { id } }`, "GRAPHQL_VALIDATION_FAILED", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := a.committed()
			r := a.query(test.document, nil)
			if len(r.Errors) == 0 || r.Data.CreateWebhook != nil || r.Data.Webhooks != nil {
				t.Fatalf("%+v", r)
			}
			if !strings.Contains(strings.ToLower(r.Errors[0].Message), strings.ToLower(test.says)) || r.Errors[0].Extensions.Code != test.code {
				t.Errorf("errors %+v, want %s: %s", r.Errors, test.code, test.says)
			}
			if a.committed() != before {
				t.Error("the journal has changed")
			}
		})
	}
}

// multiplying returns a document in which each fragment selects twice as much as the next.
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

// Each operation needs its permission. A mutation without it is refused in the payload, a query with an error.
func TestPermissions(t *testing.T) {
	t.Parallel()
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
	a := start(t, tokens...)
	id := a.provider.Subscriptions(false)[0].ID
	for i, operation := range []func(header string) responseJSON{
		func(header string) responseJSON { return a.query(`{ webhooks { id } }`, nil, header) },
		func(header string) responseJSON { return a.query(createDocument, input(nil), header) },
		func(header string) responseJSON {
			return a.query(updateDocument, map[string]any{"id": id, "input": map[string]any{"label": "renamed"}}, header)
		},
		func(header string) responseJSON {
			return a.query(`mutation ($id: ID!) { deleteWebhook(id: $id) { data { id } error } }`, map[string]any{"id": id}, header)
		},
	} {
		lacking := string(permissions[i])
		before := a.committed()
		r := operation("x-token: token_without_" + lacking)
		said := ""
		for _, p := range []*payloadJSON{r.Data.CreateWebhook, r.Data.UpdateWebhook, r.Data.DeleteWebhook} {
			if p != nil && p.Error != nil && p.Data == nil {
				said = *p.Error
			}
		}
		if len(r.Errors) > 0 {
			said = r.Errors[0].Message
			if len(r.Errors[0].Path) == 0 {
				t.Errorf("no path: %+v", r.Errors)
			}
		}
		if said != "Missing permission "+lacking || a.committed() != before {
			t.Errorf("without %s: %+v", lacking, r)
		}
		if r := operation("x-token: " + testToken); len(r.Errors) > 0 {
			t.Errorf("with %s: %+v", lacking, r)
		}
	}
}

// The schema has the fields of the contract.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	a := start(t)
	r := a.post(map[string]any{"query": `{ __type(name: "WebhookSubscription") { fields { name type { kind name ofType { name } } } } }`}, "x-token: "+testToken)
	for _, field := range []string{"id", "secret", "url", "label", "eventTypes", "headers", "version", "createdAt", "updatedAt", "deleted", "deliveryPaused"} {
		if !strings.Contains(string(r.body), `"name":"`+field+`"`) {
			t.Errorf("no field %s: %s", field, r.body)
		}
	}
	wrong := a.query(`query ($id: ID!) { webhook(id: $id) { id } }`, map[string]any{"id": []int{1}})
	if len(wrong.Errors) != 1 || wrong.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
		t.Errorf("a variable of a wrong type gave %+v", wrong)
	}
}
