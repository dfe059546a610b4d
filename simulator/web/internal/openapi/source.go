package openapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// A Source holds the doc comments and the string constants of some packages.
type Source struct {
	comments map[string]string   // by package.Type, package.Type.Field and package.(*Type).Method
	enums    map[string][]string // values of the constants of a type, by package.Type
}

// ReadSource reads packages of a module, whose folders are below root.
func ReadSource(module, root string, packages ...string) (*Source, error) {
	s := &Source{comments: map[string]string{}, enums: map[string][]string{}}
	for _, pkg := range packages {
		names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			s.read(path.Join(module, pkg), file)
		}
	}
	return s, nil
}

// read adds the declarations of a file.
func (s *Source) read(pkg string, file *ast.File) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				if pointer, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
					if owner, ok := pointer.X.(*ast.Ident); ok {
						s.comments[pkg+".(*"+owner.Name+")."+d.Name.Name] = d.Doc.Text()
					}
				}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					s.readType(pkg, d, spec)
				case *ast.ValueSpec:
					s.readConstant(pkg, d, spec)
				}
			}
		}
	}
}

func (s *Source) readType(pkg string, d *ast.GenDecl, spec *ast.TypeSpec) {
	name := pkg + "." + spec.Name.Name
	s.comments[name] = d.Doc.Text()
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range structure.Fields.List {
		text := field.Doc.Text()
		if text == "" {
			text = field.Comment.Text()
		}
		for _, ident := range field.Names {
			s.comments[name+"."+ident.Name] = text
		}
	}
}

func (s *Source) readConstant(pkg string, d *ast.GenDecl, spec *ast.ValueSpec) {
	kind, ok := spec.Type.(*ast.Ident)
	if d.Tok != token.CONST || !ok || len(spec.Values) != 1 {
		return
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	if value, err := strconv.Unquote(literal.Value); err == nil && value != "" {
		name := pkg + "." + kind.Name
		s.enums[name] = append(s.enums[name], value)
	}
}

// enum returns the values of the constants of a type, without the empty one.
func (s *Source) enum(t reflect.Type) []string { return s.enums[t.PkgPath()+"."+t.Name()] }

// function divides the doc comment of a function into a summary, without its name and a period, and a description.
func (s *Source) function(comment string) (summary, description string) {
	summary, description, _ = strings.Cut(sentence(comment, true), ". ")
	return strings.TrimSuffix(summary, "."), description
}

// typeComment returns the doc comment of a type without "name is".
func (s *Source) typeComment(t reflect.Type) string {
	text := strings.TrimPrefix(s.comments[t.PkgPath()+"."+t.Name()], t.Name()+" is ")
	return sentence(text, false)
}

// fieldComment returns the comment of a field of the first of the types that has one.
func (s *Source) fieldComment(field string, types ...reflect.Type) string {
	for _, t := range types {
		name, _, _ := strings.Cut(t.Name(), "[")
		if text := s.comments[t.PkgPath()+"."+name+"."+field]; text != "" {
			return sentence(text, false)
		}
	}
	return ""
}

// sentence returns a comment on one line, with a capital letter and a period. It drops the first word if that is a name.
func sentence(text string, dropName bool) string {
	text = strings.Join(strings.Fields(text), " ")
	if dropName {
		_, text, _ = strings.Cut(text, " ")
	}
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
