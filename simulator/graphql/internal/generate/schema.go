package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/ast"
)

// schema is the schema of the provider's records.
type schema struct {
	types   []ast.NamedType // of records.graphql, in the order of the file
	queries []*ast.FieldDefinition
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
	s := &schema{}
	for _, t := range parsed.AST().Types {
		switch line := lineOf(t); {
		case t.TypeName() == "Query":
			for _, f := range t.(*ast.ObjectTypeDefinition).Fields {
				if f.Loc.Line >= first {
					s.queries = append(s.queries, f)
				}
			}
		case line >= first && t.TypeName() != "Mutation" && !strings.HasPrefix(t.TypeName(), "__"):
			s.types = append(s.types, t)
		}
	}
	slices.SortFunc(s.types, func(a, b ast.NamedType) int { return cmp.Compare(lineOf(a), lineOf(b)) })
	return s, nil
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
