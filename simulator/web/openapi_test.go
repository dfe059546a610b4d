package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"semblance/simulator/graphql"
)

func TestDocumentIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("it is OpenAPI %s", doc.OpenAPI)
	}
}

// The document has the router's operations, all of them and no other.
func TestDocumentHasEveryRoute(t *testing.T) {
	s := start(t, Options{})
	var routed, documented []string
	err := s.handler.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			return err
		}
		if slices.Contains(methods, http.MethodGet) != slices.Contains(methods, http.MethodHead) {
			t.Errorf("%s has %v: HEAD goes with GET", path, methods)
		}
		for _, m := range methods {
			if m != http.MethodHead {
				routed = append(routed, m+" "+path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	routed = append(routed, "POST "+graphql.Path) // served beside this handler
	described, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for path, item := range described.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			documented = append(documented, method+" "+path)
			if ids[operation.OperationID] {
				t.Errorf("two operations are called %s", operation.OperationID)
			}
			ids[operation.OperationID] = true
		}
	}
	slices.Sort(routed)
	slices.Sort(documented)
	if !slices.Equal(routed, documented) {
		t.Errorf("routed:\n%s\ndocumented:\n%s", strings.Join(routed, "\n"), strings.Join(documented, "\n"))
	}
}

func TestDocumentIsServed(t *testing.T) {
	s := start(t, Options{})
	if r := s.ask("GET", documentPath, nil); r.status != http.StatusOK || string(r.body) != string(document) {
		t.Errorf("%d %.100s", r.status, r.body)
	}
}
