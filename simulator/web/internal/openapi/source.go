package openapi

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A Source holds the doc comments and the string constants of some packages.
type Source struct {
	comments map[string]string   // by package.Type, package.Type.Field and package.(*Type).Method
	enums    map[string][]string // values of the constants of a type without "", by package.Type
}

// ReadSource reads packages of a module, whose folders are below root.
func ReadSource(module, root string, packages ...string) (*Source, error) {
	s := &Source{comments: map[string]string{}, enums: map[string][]string{}}
	for _, pkg := range packages {
		names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*.go"))
		if err != nil {
			return nil, err
		}
		var files []*ast.File
		set := token.NewFileSet()
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		if err := s.read(path.Join(module, pkg), set, files); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// read adds the types of a package.
func (s *Source) read(pkg string, set *token.FileSet, files []*ast.File) error {
	p, err := doc.NewFromFiles(set, files, pkg, doc.AllDecls)
	if err != nil {
		return err
	}
	for _, t := range p.Types {
		name := pkg + "." + t.Name
		s.comments[name] = t.Doc
		for _, method := range t.Methods {
			s.comments[pkg+".(*"+t.Name+")."+method.Name] = method.Doc
		}
		if structure, ok := t.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType); ok {
			for _, field := range structure.Fields.List {
				for _, ident := range field.Names {
					s.comments[name+"."+ident.Name] = cmp.Or(field.Doc.Text(), field.Comment.Text())
				}
			}
		}
		for _, group := range t.Consts {
			for _, spec := range group.Decl.Specs {
				for _, value := range spec.(*ast.ValueSpec).Values {
					if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING && literal.Value != `""` {
						text, err := strconv.Unquote(literal.Value)
						if err != nil {
							return err
						}
						s.enums[name] = append(s.enums[name], text)
					}
				}
			}
		}
	}
	return nil
}

// summarise divides the doc comment of a function into a summary, without the name and a period, and a description.
func summarise(comment string) (summary, description string) {
	_, comment, _ = strings.Cut(comment, " ")
	summary, description, _ = strings.Cut(sentence(comment), ". ")
	return strings.TrimSuffix(summary, "."), description
}

// sentence returns a comment on one line, with a capital letter and a period.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}
