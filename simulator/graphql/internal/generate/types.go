package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"github.com/graph-gophers/graphql-go/ast"
)

// goTypes returns the Go source of the types.
func (s *schema) goTypes() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated from records.graphql by internal/generate. DO NOT EDIT.\n\npackage graphql\n\n" +
		"import graphql \"github.com/graph-gophers/graphql-go\"\n")
	for _, t := range s.types {
		switch t := t.(type) {
		case *ast.ObjectTypeDefinition:
			fmt.Fprintf(&b, "\n// %s is a type of the provider's API.%s\ntype %s struct {\n", t.Name, sentence(t.Desc), t.Name)
			for _, f := range t.Fields {
				if other, ok := f.Type.(*ast.ObjectTypeDefinition); ok && isRecord(t) && isRecord(other) {
					continue // a resolver reads the other record
				}
				writeField(&b, f.Name, f.Type, f.Desc)
			}
			b.WriteString("}\n")
		case *ast.InputObject:
			fmt.Fprintf(&b, "\n// %s is an input of the provider's API.%s\ntype %s struct {\n", t.Name, sentence(t.Desc), t.Name)
			for _, v := range t.Values {
				writeField(&b, v.Name.Name, v.Type, v.Desc)
			}
			b.WriteString("}\n")
		}
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("formatting the types: %w", err)
	}
	return source, nil
}

// isRecord reports whether a type shows a record of the clinic.
func isRecord(t *ast.ObjectTypeDefinition) bool {
	return argument(t.Directives, "clinic", "kind") != ""
}

func writeField(b *bytes.Buffer, name string, t ast.Type, description string) {
	if description != "" {
		description = " // " + description
	}
	fmt.Fprintf(b, "%s %s `json:%q`%s\n", goName(name), goType(t), name, description)
}

// sentence returns a description as the continuation of a comment.
func sentence(description string) string {
	if description == "" {
		return ""
	}
	return " " + description
}

// initialisms are the parts of names that Go writes in capitals.
var initialisms = map[string]string{"Id": "ID", "Ids": "IDs", "Url": "URL"}

// goName returns the name of a field as an exported Go name: patientId is PatientID.
func goName(name string) string {
	var words []string
	start := 0
	for i, c := range name {
		if i > 0 && 'A' <= c && c <= 'Z' {
			words = append(words, name[start:i])
			start = i
		}
	}
	words = append(words, name[start:])
	var b strings.Builder
	for _, w := range words {
		w = strings.ToUpper(w[:1]) + w[1:]
		if upper, ok := initialisms[w]; ok {
			w = upper
		}
		b.WriteString(w)
	}
	return b.String()
}

// scalars are the Go types of the built-in scalars. A scalar of the schema is a Go type of the same name.
var scalars = map[string]string{"ID": "graphql.ID", "String": "string", "Int": "int32", "Float": "float64", "Boolean": "bool"}

// goType returns the Go type that a type of the schema has in a resolver. A type that can be null is a pointer.
func goType(t ast.Type) string {
	pointer := "*"
	if n, ok := t.(*ast.NonNull); ok {
		t, pointer = n.OfType, ""
	}
	switch t := t.(type) {
	case *ast.List:
		return pointer + "[]" + goType(t.OfType)
	case *ast.EnumTypeDefinition:
		return pointer + "string"
	case ast.NamedType:
		if name, ok := scalars[t.TypeName()]; ok {
			return pointer + name
		}
		return pointer + t.TypeName()
	}
	panic(fmt.Sprintf("generate: unexpected type %T", t)) // the library has no other types
}
