package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/graph-gophers/graphql-go/ast"
)

// fillIn replaces the tables of README.md.
func (s *schema) fillIn(readme []byte) ([]byte, error) {
	for name, table := range map[string]string{
		"identifiers": s.identifierTable(), "queries": fieldTable("query", s.queries),
		"mutations": fieldTable("mutation", s.mutations), "types": s.typeTable(), "unknown": s.unknownList(),
	} {
		begin, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->")
		i, j := bytes.Index(readme, begin), bytes.Index(readme, end)
		if i < 0 || j < i {
			return nil, fmt.Errorf("README.md has no place for the table of %s", name)
		}
		readme = slices.Concat(readme[:i], begin, []byte(table), readme[j:])
	}
	return readme, nil
}

func (s *schema) identifierTable() string {
	var b strings.Builder
	b.WriteString("| identifier | query |\n| --- | --- |\n")
	for _, i := range s.identifiers {
		query := i[1]
		if strings.HasPrefix(query, "{") {
			query = "`" + query + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", i[0], query)
	}
	return b.String()
}

// fieldTable returns a table of root fields.
func fieldTable(what string, fields []*ast.FieldDefinition) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | result | evidence | |\n| --- | --- | --- | --- |\n", what)
	for _, f := range fields {
		var arguments []string
		for _, a := range f.Arguments {
			arguments = append(arguments, a.Name.Name)
		}
		call := f.Name
		if len(arguments) > 0 {
			call += "(" + strings.Join(arguments, ", ") + ")"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", call, f.Type, grade(f.Directives), f.Desc)
	}
	return b.String()
}

// typeTable returns a table of the types that show records of the clinic, and of those that they contain.
func (s *schema) typeTable() string {
	var b strings.Builder
	b.WriteString("| type | record | evidence | fields with other evidence | fields with an unknown form |\n| --- | --- | --- | --- | --- |\n")
	for _, t := range s.types {
		object, ok := t.(*ast.ObjectTypeDefinition)
		if !ok || strings.HasSuffix(object.Name, "Data") && len(s.unknown[object.Name]) == 0 {
			continue
		}
		own := grade(object.Directives)
		var others []string
		for _, f := range object.Fields {
			if g := grade(f.Directives); g != "" && g != own {
				others = append(others, fmt.Sprintf("`%s` %s", f.Name, g))
			}
		}
		unknown := s.unknown[object.Name]
		kind := argument(object.Directives, "clinic", "kind")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", object.Name, kind, own, strings.Join(others, ", "), strings.Join(unknown, "; "))
	}
	return b.String()
}

// unknownList returns the unknown root fields.
func (s *schema) unknownList() string {
	var b strings.Builder
	for _, owner := range []string{"Query", "Mutation"} {
		for _, text := range s.unknown[owner] {
			fmt.Fprintf(&b, "- %s\n", text)
		}
	}
	return b.String()
}

// grade returns the grade of evidence, or "".
func grade(directives ast.DirectiveList) string { return argument(directives, "evidence", "grade") }

func argument(directives ast.DirectiveList, directive, name string) string {
	d := directives.Get(directive)
	if d == nil {
		return ""
	}
	value, _ := d.Arguments.Get(name)
	return strings.Trim(value.String(), `"`)
}
