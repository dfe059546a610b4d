package openapi

import (
	"encoding/json"
	"go/parser"
	"go/token"
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
	Size   *int              `json:"size,omitempty" api:"min=1,max=9,default=2"` // how large it is
	Share  float64           `json:"share" api:"above=0"`
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
	if source.enum(reflect.TypeFor[colour]()) != nil {
		t.Error("a constant of a test file")
	}
	readTestFile(t, source)
	data, err := Document(API{
		Title: "t", Version: "1", Path: map[string]string{"thing": "Id of a thing."}, Problem: reflect.TypeFor[baseView](),
		Errors: map[int]string{400: "Wrong.", 404: "Unknown.", 409: "Busy.", 413: "Large.", 415: "Not JSON."}, Always: []int{400},
		Groups: []Group{{"things", []Operation{
			{
				Method: "PATCH", Path: "/things/{thing}", Func: "semblance/simulator/web/internal/openapi.(*handler).update", Status: 200, Errors: []int{409},
				Parameters: []Parameter{{Name: "dry", In: "query", Description: "Change nothing.", Schema: Schema{Type: "boolean"}}},
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
		`"operationId":"update","tags":["things"],"summary":"Updates a thing","description":"It returns the thing, and \"v1.2\" in a header."`,
		`"parameters":[{"name":"thing","in":"path","description":"Id of a thing.","required":true,"schema":{"type":"string"}},{"name":"dry","in":"query"`,
		`"requestBody":{"required":false,`,
		`"400":{"$ref":"#/components/responses/400"},"404":{"$ref":"#/components/responses/404"},"409":{"$ref":"#/components/responses/409"},"413":{"$ref":"#/components/responses/413"},"415":`,
		`"operationId":"events","tags":["things"],"summary":"Streams <events>"`, `"text/event-stream":{"schema":{"type":"string"}}`,
		`"Thing":{"type":"object","description":"A thing. It may have parts.","required":["id","share","made","parts"],"properties":{"id":{"type":"string","description":"Id of the thing.","pattern":"^[0-9a-f]{24}$"}`,
		`"colour":{"type":"string","enum":["red","blue"]}`, `"size":{"type":"integer","description":"How large it is.","minimum":1,"maximum":9,"default":2}`,
		`"share":{"type":"number","exclusiveMinimum":0}`, `"made":{"type":"string","format":"date-time"}`, `"names":{"type":"object","additionalProperties":{"type":"string"}}`,
		`"note":{"type":["string","null"]}`, `"parts":{"type":"array","minItems":1,"maxItems":3,"items":{"$ref":"#/components/schemas/Thing"}}`,
		`"404":{"description":"Unknown.","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Base"}}}}`,
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
	file, err := parser.ParseFile(token.NewFileSet(), "openapi_test.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s.read("semblance/simulator/web/internal/openapi", file)
}
