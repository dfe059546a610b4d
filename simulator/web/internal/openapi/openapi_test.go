package openapi

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// colour is one of a few words.
type colour string

// The colours.
const (
	red  colour = "red"
	blue colour = "blue"
)

// baseView is the base of a thing.
type baseView struct {
	ID string `json:"id" api:"id"` // id of the thing
}

// thingView is a thing. It may have parts.
type thingView struct {
	baseView
	Colour colour            `json:"colour,omitempty"`
	Size   *int              `json:"size,omitempty" api:"minimum=1,maximum=9,default=2"` // how large it is
	Share  float64           `json:"share" api:"exclusiveMinimum=0"`
	Made   time.Time         `json:"made"`
	Names  map[string]string `json:"names,omitzero"`
	Note   string            `json:"note,omitempty" api:"null"`
	Parts  []thingView       `json:"parts" api:"minItems=1,maxItems=3"`
	hidden bool
}

type handler struct{}

// update updates a thing. It returns the thing, and "v1.2" in a header.
func (*handler) update() {}

func TestDocument(t *testing.T) {
	t.Parallel()
	_, _ = red, thingView{hidden: true}
	(*handler).update(nil)
	source, err := ReadSource("semblance/simulator/web/internal", "..", "openapi")
	if err != nil {
		t.Fatal(err)
	}
	// Comments and constants of test files are left out of a source.
	if source.enums[typeName(reflect.TypeFor[colour]())] != nil {
		t.Error("a constant of a test file")
	}
	readTestFile(t, source)
	data, err := Document(API{
		Info: map[string]string{"title": "t", "version": "1"}, Path: map[string]string{"thing": "Id of a thing."}, Problem: reflect.TypeFor[baseView](),
		Errors: map[int]string{400: "Wrong.", 404: "Unknown.", 409: "Busy.", 413: "Large.", 415: "Not JSON."}, Always: []int{400},
		Groups: []Group{{"things", []Operation{
			{
				Method: "PATCH", Path: "/things/{thing}", Func: "semblance/simulator/web/internal/openapi.(*handler).update", Status: 200, Errors: []int{409},
				Parameters: []Parameter{{Name: "dry", In: "query", Description: "Change nothing.", Schema: Schema{"type": "boolean"}}},
				Request:    reflect.TypeFor[thingView](), Optional: true, Response: reflect.TypeFor[thingView](),
			},
			{Method: "GET", Path: "/things/{thing}", Func: "events", Comment: "events streams <events>.", Status: 200, ContentType: "text/event-stream"},
		}}},
	}, source)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("%v\n%s", err, data)
	}
	var compact strings.Builder
	if err := json.NewEncoder(&compact).Encode(json.RawMessage(data)); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(compact.String(), `\u003c`, "<"), `\u003e`, ">")
	for _, want := range []string{
		`"description":"It returns the thing, and \"v1.2\" in a header.","operationId":"update"`, `"summary":"Updates a thing","tags":["things"]`,
		`"parameters":[{"name":"thing","in":"path","description":"Id of a thing.","required":true,"schema":{"type":"string"}},{"name":"dry","in":"query"`,
		`"required":false}`, `"404":{"$ref":"#/components/responses/404"},"409":{"$ref":"#/components/responses/409"},"413":{"$ref":"#/components/responses/413"},"415":`,
		`"operationId":"events"`, `"summary":"Streams <events>"`, `"text/event-stream":{"schema":{"type":"string"}}`,
		`"Thing":{"description":"A thing. It may have parts.","properties":{"colour":{"enum":["red","blue"],"type":"string"},"id":{"description":"Id of the thing.","pattern":"^[0-9a-f]{24}$","type":"string"}`,
		`"size":{"default":2,"description":"How large it is.","maximum":9,"minimum":1,"type":"integer"}`,
		`"share":{"exclusiveMinimum":0,"type":"number"}`, `"made":{"format":"date-time","type":"string"}`, `"names":{"additionalProperties":{"type":"string"},"type":"object"}`,
		`"note":{"type":["string","null"]}`, `"parts":{"items":{"$ref":"#/components/schemas/Thing"},"maxItems":3,"minItems":1,"type":"array"}`, `"required":["id","share","made","parts"]`,
		`"404":{"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Base"}}},"description":"Unknown."}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "hidden") {
		t.Error("an unexported field is in the document")
	}
}

// readTestFile adds this file to a source.
func readTestFile(t *testing.T, s *Source) {
	t.Helper()
	set := token.NewFileSet()
	text, err := os.ReadFile("openapi_test.go")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(set, "things.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.read("semblance/simulator/web/internal/openapi", set, []*ast.File{file}); err != nil {
		t.Fatal(err)
	}
}
