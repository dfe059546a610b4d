package graphql

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"semblance/simulator/web/guard"
)

// Every document gets a response as checkDocument describes.
func FuzzGraphQL(f *testing.F) {
	d := newPracticeDay(f, Options{})
	a := d.api
	for _, doc := range d.documents() {
		variables, err := json.Marshal(doc.variables)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc.document, string(variables))
	}
	for _, document := range d.mistakes() {
		f.Add(document, "")
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
		checkDocument(t, a, document, variables)
	})
}

// The same for documents that are cut and joined from those of public clients.
func TestMutatedDocuments(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	var tokens []string
	var documents [][]string
	token := regexp.MustCompile(`"[^"]*"|[$!]?\w+!?|[^\s,]`)
	for _, doc := range d.documents() {
		documents = append(documents, token.FindAllString(doc.document, -1))
		tokens = append(tokens, documents[len(documents)-1]...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	variables := []string{`{}`, `{"id":"` + d.ada.ID() + `","from":"2020-01-01","to":"2030-01-01","page":1,"s":"a"}`, `{"id":7,"page":"x","from":null}`, `{"page":2147483647,"id":["x"]}`, `{"pagination":{"page":-1,"pageSize":1e9},"options":[]}`}
	for range 3000 {
		doc := slices.Clone(documents[random.IntN(len(documents))])
		for range 1 + random.IntN(4) {
			switch at := random.IntN(len(doc)); random.IntN(3) {
			case 0:
				doc[at] = tokens[random.IntN(len(tokens))]
			case 1:
				doc = slices.Insert(doc, at, tokens[random.IntN(len(tokens))])
			default:
				other := documents[random.IntN(len(documents))]
				doc = slices.Concat(doc[:at], other[random.IntN(len(other)):])
			}
		}
		checkDocument(t, d.api, strings.Join(doc, " "), variables[random.IntN(len(variables))])
	}
}

// checkDocument executes a document. The response has a bounded size and the form of GraphQL, with data or with errors, and
// no resolver panics.
func checkDocument(t *testing.T, a *api, document, variables string) {
	t.Helper()
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
	if w.Body.Len() > 2*maxResponse {
		t.Errorf("%d bytes", w.Body.Len())
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
}
