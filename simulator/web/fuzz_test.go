package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/provider"
)

// Whatever a document says, it is answered as GraphQL and soon: with data or with errors, and never with a fault of ours.
func FuzzGraphQL(f *testing.F) {
	p, err := provider.Start(f.Context(), provider.Options{Tokens: []provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = p.Close(context.Background()) })
	h, err := New(p, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{ webhooks { id headers { key value } } }`, `query ($id: ID!) { webhook(id: $id) { id } }`, createDocument, updateDocument,
		`mutation { createWebhook(input: {url: "https://example.com/", label: "x", eventTypes: ["invoice.paid"], headers: [{key: "A", value: "b"}]}) { data { id } error } }`,
		`mutation { deleteWebhook(id: "x") { data { id } error } }`, `{ __schema { types { name fields { name } } } }`, `{ ...a } fragment a on Query { ...a }`,
		`query a { webhooks { id } } query b { webhooks { id } }`, `{ webhooks @skip(if: true) { id } }`, `subscription { x }`, `{`, "\x00", `{ a: webhooks { id } a: webhook(id: 1) { id } }`, multiplying(6),
	} {
		f.Add(seed, `{"id":"692597070fe21cfa5e6a010f","input":{"label":"x"}}`)
	}
	f.Fuzz(func(t *testing.T, document, variables string) {
		ask := graphqlRequest{Query: document}
		if json.Unmarshal([]byte(variables), &ask.Variables) != nil {
			ask.Variables = nil
		}
		body, err := json.Marshal(ask)
		if err != nil {
			t.Skip()
		}
		r := httptest.NewRequest("POST", "http://127.0.0.1"+graphqlPath, strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Token", testToken)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var answer struct {
			Data   json.RawMessage
			Errors []struct{ Message string }
		}
		switch {
		case w.Code == http.StatusBadRequest && document == "" || w.Code == http.StatusRequestEntityTooLarge && len(body) > maxBody:
		case w.Code != http.StatusOK, json.Unmarshal(w.Body.Bytes(), &answer) != nil, answer.Data == nil && len(answer.Errors) == 0:
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, e := range answer.Errors {
			if strings.Contains(e.Message, "simulator's own") {
				t.Errorf("a resolver panicked: %s", w.Body)
			}
		}
	})
}
