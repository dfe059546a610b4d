// Package openapi writes an OpenAPI 3.1 document from the description of an API's operations, the Go types of their bodies
// and the doc comments of both.
//
//	source, err := openapi.ReadSource("semblance", root, "simulator/web")
//	data, err := openapi.Document(api, source)
//
// Schemas follow encoding/json. A struct field is required unless its json tag has omitempty or omitzero. Its doc comment
// is its description. Its api tag adds constraints; see [Schema].
package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An API is all that a document says.
type API struct {
	Title, Version, Summary, Description string

	Groups  []Group
	Path    map[string]string       // descriptions of the parameters in paths, by name
	Problem reflect.Type            // body of every error
	Errors  map[int]string          // descriptions of error statuses
	Always  []int                   // error statuses that every operation can have
	Types   map[reflect.Type]Schema // schemas of types whose JSON reflection does not show
}

// A Group is a list of operations under one tag.
type Group struct {
	Tag        string
	Operations []Operation
}

// An Operation is one method of one path.
type Operation struct {
	Method, Path string
	Func         string // name of the handler, with its package
	Comment      string // doc comment, for a summary and a description; by default that of Func
	Parameters   []Parameter

	Request  reflect.Type // of the JSON body, or nil
	Optional bool         // the body may be absent

	Status      int          // of success
	Response    reflect.Type // of the JSON body, or nil
	ContentType string       // of the response, if it is not JSON
	Errors      []int        // error statuses besides those that follow from the above
	Problem     reflect.Type // body of every error, if it is not that of the API
}

// A Parameter is a parameter of an operation.
type Parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"` // query, path or header
	Description string `json:"description"`
	Required    bool   `json:"required,omitempty"`
	Schema      Schema `json:"schema"`
	Style       string `json:"style,omitempty"`
	Explode     *bool  `json:"explode,omitempty"`
}

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the object.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(strconv.AppendQuote(b, m.name), ':'), value...)
	}
	return append(b, '}'), nil
}

// set appends a member, unless its value is empty.
func (o *object) set(name string, value any) {
	if v := reflect.ValueOf(value); v.IsValid() && !v.IsZero() {
		*o = append(*o, member{name, value})
	}
}

// Document returns the document as indented JSON.
func Document(api API, source *Source) ([]byte, error) {
	b := &builder{api: api, source: source}
	var tags []object
	var paths object
	for _, group := range api.Groups {
		tags = append(tags, object{{"name", group.Tag}})
		for _, o := range group.Operations {
			i := slices.IndexFunc(paths, func(m member) bool { return m.name == o.Path })
			if i < 0 {
				i, paths = len(paths), append(paths, member{o.Path, object{}})
			}
			paths[i].value = append(paths[i].value.(object), member{strings.ToLower(o.Method), b.operation(group.Tag, o)})
		}
	}
	var responses object
	for _, status := range slices.Sorted(maps.Keys(api.Errors)) {
		responses = append(responses, member{strconv.Itoa(status), b.problem(status, api.Problem)})
	}
	data, err := marshal(object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", api.Title}, {"version", api.Version}, {"summary", api.Summary}, {"description", api.Description}}},
		{"servers", []object{{{"url", "/"}}}},
		{"security", []object{{}, {{"xToken", []string{}}}, {{"bearer", []string{}}}}},
		{"tags", tags},
		{"paths", paths},
		{"components", object{
			{"securitySchemes", object{
				{"xToken", object{{"type", "apiKey"}, {"in", "header"}, {"name", "x-token"}}},
				{"bearer", object{{"type", "http"}, {"scheme", "bearer"}}},
			}},
			{"responses", responses},
			{"schemas", b.components},
		}},
	})
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	err = json.Indent(&indented, append(data, '\n'), "", "  ")
	return indented.Bytes(), err
}

// operation returns the description of an operation.
func (b *builder) operation(tag string, o Operation) object {
	summary, description := b.source.function(cmp.Or(o.Comment, b.source.comments[o.Func]))
	id := o.Func[strings.LastIndex(o.Func, ".")+1:]
	out := object{{"operationId", id}, {"tags", []string{tag}}, {"summary", summary}}
	out.set("description", description)
	statuses := slices.Concat(b.api.Always, o.Errors)
	var parameters []Parameter
	for part := range strings.SplitSeq(o.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			parameters = append(parameters, Parameter{Name: name, In: "path", Description: b.api.Path[name], Required: true, Schema: Schema{Type: "string"}})
			statuses = append(statuses, http.StatusNotFound)
		}
	}
	out.set("parameters", append(parameters, o.Parameters...))
	if o.Request != nil {
		out = append(out, member{"requestBody", object{{"required", !o.Optional}, {"content", b.content("application/json", o.Request)}}})
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	success := object{{"description", http.StatusText(o.Status)}}
	switch {
	case o.ContentType == "application/json":
		success = append(success, member{"content", object{{o.ContentType, object{{"schema", Schema{Type: "object"}}}}}})
	case o.ContentType != "":
		success = append(success, member{"content", object{{o.ContentType, object{{"schema", Schema{Type: "string"}}}}}})
	case o.Response != nil:
		success = append(success, member{"content", b.content("application/json", o.Response)})
	}
	responses := object{{strconv.Itoa(o.Status), success}}
	slices.Sort(statuses)
	for _, status := range slices.Compact(statuses) {
		text := strconv.Itoa(status)
		if o.Problem != nil {
			responses = append(responses, member{text, b.problem(status, o.Problem)})
		} else {
			responses = append(responses, member{text, object{{"$ref", "#/components/responses/" + text}}})
		}
	}
	return append(out, member{"responses", responses})
}

// problem returns the description of an error response.
func (b *builder) problem(status int, body reflect.Type) object {
	contentType := "application/json"
	if body == b.api.Problem {
		contentType = "application/problem+json"
	}
	return object{{"description", b.api.Errors[status]}, {"content", b.content(contentType, body)}}
}

func (b *builder) content(contentType string, body reflect.Type) object {
	return object{{contentType, object{{"schema", b.schema(body)}}}}
}

// marshal encodes without escaping <, > and &.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
