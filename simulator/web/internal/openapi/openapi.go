// Package openapi writes an OpenAPI 3.1 document from the description of an API's operations, the Go types of their bodies
// and the doc comments of both.
//
//	source, err := openapi.ReadSource("semblance", root, "simulator/web")
//	data, err := openapi.Document(api, source)
//
// Schemas follow encoding/json. A struct field is required unless its json tag has omitempty or omitzero. Its doc comment
// is its description. Its api tag adds constraints, separated by commas: id (an ObjectId), null (null is allowed, too), or
// a keyword of JSON Schema with a number, such as minimum=1.
package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An API is all that a document says.
type API struct {
	Info   map[string]string // title, version, summary and description
	Groups []Group
	Path   map[string]string // descriptions of the parameters in paths, by name

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
	Also        []string     // further content types of the response, if a parameter chooses between them
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

// object is a JSON object.
type object = map[string]any

// Document returns the document as indented JSON.
func Document(api API, source *Source) ([]byte, error) {
	b := &builder{api: api, source: source, components: object{}}
	var tags []object
	paths, responses := map[string]object{}, object{}
	for _, group := range api.Groups {
		tags = append(tags, object{"name": group.Tag})
		for _, o := range group.Operations {
			if paths[o.Path] == nil {
				paths[o.Path] = object{}
			}
			paths[o.Path][strings.ToLower(o.Method)] = b.operation(group.Tag, o)
		}
	}
	for status := range api.Errors {
		responses[strconv.Itoa(status)] = b.problem(status, api.Problem)
	}
	var data bytes.Buffer
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"openapi": "3.1.0", "info": api.Info, "servers": []object{{"url": "/"}}, "tags": tags, "paths": paths,
		"security": []object{{}, {"xToken": []string{}}, {"bearer": []string{}}},
		"components": object{
			"responses": responses, "schemas": b.components,
			"securitySchemes": object{
				"xToken": object{"type": "apiKey", "in": "header", "name": "x-token"},
				"bearer": object{"type": "http", "scheme": "bearer"},
			},
		},
	})
	return data.Bytes(), err
}

// operation returns the description of an operation.
func (b *builder) operation(tag string, o Operation) object {
	summary, description := summarise(cmp.Or(o.Comment, b.source.comments[o.Func]))
	out := object{"operationId": o.Func[strings.LastIndex(o.Func, ".")+1:], "tags": []string{tag}, "summary": summary}
	if description != "" {
		out["description"] = description
	}
	statuses := slices.Concat(b.api.Always, o.Errors)
	var parameters []Parameter
	for part := range strings.SplitSeq(o.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			parameters = append(parameters, Parameter{Name: name, In: "path", Description: b.api.Path[name], Required: true, Schema: Schema{"type": "string"}})
			statuses = append(statuses, http.StatusNotFound)
		}
	}
	if parameters = append(parameters, o.Parameters...); parameters != nil {
		out["parameters"] = parameters
	}
	if o.Request != nil {
		out["requestBody"] = object{"required": !o.Optional, "content": content("application/json", b.schema(o.Request))}
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	success := object{"description": http.StatusText(o.Status)}
	switch {
	case o.Response != nil:
		success["content"] = content("application/json", b.schema(o.Response))
	case o.ContentType == "application/json":
		success["content"] = content(o.ContentType, Schema{"type": "object"})
	case o.ContentType != "":
		success["content"] = content(o.ContentType, Schema{"type": "string"})
	}
	for _, contentType := range o.Also {
		success["content"].(object)[contentType] = object{"schema": Schema{}}
	}
	responses := object{strconv.Itoa(o.Status): success}
	for _, status := range statuses {
		text := strconv.Itoa(status)
		responses[text] = object{"$ref": "#/components/responses/" + text}
		if o.Problem != nil {
			responses[text] = b.problem(status, o.Problem)
		}
	}
	out["responses"] = responses
	return out
}

// problem returns the description of an error response.
func (b *builder) problem(status int, body reflect.Type) object {
	contentType := "application/json"
	if body == b.api.Problem {
		contentType = "application/problem+json"
	}
	return object{"description": b.api.Errors[status], "content": content(contentType, b.schema(body))}
}

func content(contentType string, schema Schema) object {
	return object{contentType: object{"schema": schema}}
}
