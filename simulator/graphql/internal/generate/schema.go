package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/ast"
)

// schema is the schema of the provider's records.
type schema struct {
	types       []ast.NamedType // of records.graphql, in the order of the file
	queries     []*ast.FieldDefinition
	mutations   []*ast.FieldDefinition
	identifiers [][2]string         // the identifiers of events, each with the query that reads its record
	unknown     map[string][]string // by the name of the type whose parts they are
}

// readSchema reads records.graphql. It needs schema.graphql, which contains the root types and DateTime.
func readSchema(dir string) (*schema, error) {
	base, err := os.ReadFile(filepath.Join(dir, "schema.graphql"))
	if err != nil {
		return nil, err
	}
	records, err := os.ReadFile(filepath.Join(dir, "records.graphql"))
	if err != nil {
		return nil, err
	}
	parsed, err := graphql.ParseSchema(string(base)+string(records), nil, graphql.UseStringDescriptions())
	if err != nil {
		return nil, fmt.Errorf("parsing records.graphql: %w", err)
	}
	first := strings.Count(string(base), "\n") + 1
	s := &schema{unknown: map[string][]string{}}
	s.readComments(string(records))
	for _, t := range parsed.AST().Types {
		switch line := lineOf(t); {
		case t.TypeName() == "Query":
			s.queries = fieldsFrom(t, first)
		case t.TypeName() == "Mutation":
			s.mutations = fieldsFrom(t, first)
		case line >= first && !strings.HasPrefix(t.TypeName(), "__"):
			s.types = append(s.types, t)
		}
	}
	slices.SortFunc(s.types, func(a, b ast.NamedType) int { return cmp.Compare(lineOf(a), lineOf(b)) })
	return s, nil
}

// fieldsFrom returns the fields of a type from a line on.
func fieldsFrom(t ast.NamedType, line int) []*ast.FieldDefinition {
	var fields []*ast.FieldDefinition
	for _, f := range t.(*ast.ObjectTypeDefinition).Fields {
		if f.Loc.Line >= line {
			fields = append(fields, f)
		}
	}
	return fields
}

// definition is the first line of the definition of a type.
var definition = regexp.MustCompile(`^(?:extend )?(?:type|input|enum) (\w+)`)

// readComments reads the comments "identifier" and "unknown".
func (s *schema) readComments(text string) {
	owner := ""
	for line := range strings.Lines(text) {
		if m := definition.FindStringSubmatch(line); m != nil {
			owner = m[1]
		}
		comment := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(comment, "# unknown: "); ok {
			s.unknown[owner] = append(s.unknown[owner], rest)
		}
		if rest, ok := strings.CutPrefix(comment, "# identifier: "); ok {
			name, query, _ := strings.Cut(rest, ": ")
			s.identifiers = append(s.identifiers, [2]string{name, query})
		}
	}
}

// lineOf returns the line of a definition, or 0 for a built-in type.
func lineOf(t ast.NamedType) int {
	switch t := t.(type) {
	case *ast.ObjectTypeDefinition:
		return t.Loc.Line
	case *ast.InputObject:
		return t.Loc.Line
	case *ast.EnumTypeDefinition:
		return t.Loc.Line
	}
	return 0
}
