package graphql

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/web/guard"
)

// Every document gets a response in the form of GraphQL, with data or with errors, and no resolver panics.
func FuzzGraphQL(f *testing.F) {
	a := start(f)
	for _, seed := range []string{
		`{ webhooks { id headers { key value } } }`, `query ($id: ID!) { webhook(id: $id) { id } }`, createDocument, updateDocument,
		`mutation { createWebhook(input: {url: "https://example.com/", label: "x", eventTypes: ["invoice.paid"], headers: [{key: "A", value: "b"}]}) { data { id } error } }`,
		`mutation { deleteWebhook(id: "x") { data { id } error } }`, `{ __schema { types { name fields { name } } } }`, `{ ...a } fragment a on Query { ...a }`,
		`query a { webhooks { id } } query b { webhooks { id } }`, `{ webhooks @skip(if: true) { id } }`, `subscription { x }`, `{`, "\x00", `{ a: webhooks { id } a: webhook(id: 1) { id } }`, multiplying(6),
	} {
		f.Add(seed, `{"id":"692597070fe21cfa5e6a010f","input":{"label":"x"}}`)
	}
	f.Fuzz(func(t *testing.T, document, variables string) {
		in := request{Query: document}
		if json.Unmarshal([]byte(variables), &in.Variables) != nil {
			in.Variables = nil
		}
		body, err := json.Marshal(in)
		if err != nil {
			t.Skip()
		}
		r := httptest.NewRequest("POST", "http://127.0.0.1"+Path, strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Token", testToken)
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		var response struct {
			Data   json.RawMessage
			Errors []struct {
				Message    string
				Extensions struct{ Code string }
			}
		}
		if json.Unmarshal(w.Body.Bytes(), &response) != nil || response.Data == nil && len(response.Errors) == 0 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		switch {
		case w.Code == http.StatusOK && response.Data != nil:
		case w.Code == http.StatusBadRequest && response.Data == nil && response.Errors[0].Extensions.Code != "":
		case w.Code == http.StatusRequestEntityTooLarge && len(body) > guard.MaxBody:
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, e := range response.Errors {
			if e.Message == guard.Internal().Detail {
				t.Errorf("a resolver panicked: %s", w.Body)
			}
		}
	})
}
