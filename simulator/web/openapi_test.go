package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"semblance/simulator/graphql"
)

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
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

// The document describes every operation of the router and no other.
func TestDocumentMatchesRoutes(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	s := start(t, Options{})
	if r := s.ask("GET", documentPath, nil); r.status != http.StatusOK || string(r.body) != string(document) {
		t.Errorf("%d %.100s", r.status, r.body)
	}
}

// The bounds in the document are those that the API enforces.
func TestDocumentedBounds(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	described, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	base := map[string]map[string]any{"FaultRequest": {"fault": "signature=tampered"}} // what else a body needs
	found := 0
	for path, item := range described.doc.Paths.Map() {
		path = strings.ReplaceAll(path, "{subscription}", s.subscriptionID())
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil {
				continue
			}
			ref := operation.RequestBody.Value.Content["application/json"].Schema
			for name, property := range ref.Value.Properties {
				for _, wrong := range outside(property.Value) {
					body := map[string]any{name: wrong}
					maps.Copy(body, base[ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]])
					r := s.ask(method, path, body)
					var p Problem
					if json.Unmarshal(r.body, &p) != nil || r.status != http.StatusBadRequest || p.Field != name {
						t.Errorf("%s %s with %v: %d %s", method, path, body, r.status, r.body)
					}
					found++
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d bounds were tried", found)
	}
}

// outside returns values just outside the bounds of a schema.
func outside(schema *openapi3.Schema) []any {
	var values []any
	if schema.Min != nil {
		values = append(values, *schema.Min-1)
	}
	if schema.ExclusiveMin.Value != nil {
		values = append(values, *schema.ExclusiveMin.Value)
	}
	if schema.Max != nil {
		values = append(values, *schema.Max+1)
	}
	if schema.MaxItems != nil {
		values = append(values, slices.Repeat([]string{"507f1f77bcf86cd799439011"}, int(*schema.MaxItems)+1))
	}
	if schema.MinItems > 0 {
		values = append(values, []string{})
	}
	return values
}
