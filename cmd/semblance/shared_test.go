package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shared lists the identifiers that the files of this package may share, by the file that declares them: the helpers of
// output, and what root.go gives to every command. Everything else that two commands need is in a package.
var shared = map[string]string{
	"output.go": "output output.Write output.bold output.failure output.faint output.green output.json output.problems " +
		"output.red output.terminal output.text output.w output.warn output.yellow newOutput",
	"root.go": "app app.err app.getenv app.in app.out groupReceive groupReference groupRun groupScenarios groupSend run streams streams.err streams.in streams.out untilSignal",
}

// No file of this package knows all others: only root.go, which lists the commands, uses one identifier of each.
func TestFilesShareOnlyHelpers(t *testing.T) {
	t.Parallel()
	uses := sharedIdentifiers(t)
	constructors := map[string]bool{}
	for id, files := range uses {
		file, name, _ := strings.Cut(id, ": ")
		switch {
		case slices.Contains(strings.Fields(shared[file]), name):
			continue
		case strings.HasPrefix(name, "app.") && (strings.HasSuffix(name, "Command") || strings.HasSuffix(name, "Topic")) && slices.Equal(files, []string{"root.go"}):
			constructors[name] = true
			continue
		}
		t.Errorf("%s is declared in %s and used in %s: move it to a package, or into the file that uses it", name, file, strings.Join(files, ", "))
	}
	for file, names := range shared {
		for _, name := range strings.Fields(names) {
			if uses[file+": "+name] == nil {
				t.Errorf("%s of %s is not shared: remove it from the list", name, file)
			}
		}
	}
	if len(constructors) < 10 {
		t.Errorf("only %d commands found", len(constructors))
	}
}

// sharedIdentifiers returns, for each "FILE: NAME" that is declared in a file and used in others, these others. Names are
// functions, types, constants and variables of the package, and fields and methods as TYPE.NAME.
func sharedIdentifiers(t *testing.T) map[string][]string {
	t.Helper()
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(set, name, data, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	check := types.Config{Importer: emptyPackages{}, Error: func(error) {}} // imported names stay unknown
	pkg, _ := check.Check("main", set, parsed, info)
	owners := ownersOf(pkg)
	uses := map[string]map[string]bool{}
	for ident, object := range info.Uses {
		if object.Pkg() != pkg || owners[object] == "" {
			continue
		}
		declared, used := set.Position(object.Pos()).Filename, set.Position(ident.Pos()).Filename
		if declared == used {
			continue
		}
		id := declared + ": " + owners[object]
		if uses[id] == nil {
			uses[id] = map[string]bool{}
		}
		uses[id][used] = true
	}
	sorted := map[string][]string{}
	for id, files := range uses {
		sorted[id] = slices.Sorted(maps.Keys(files))
	}
	return sorted
}

// ownersOf returns the names of a package's identifiers, and of the fields and methods of its types.
func ownersOf(pkg *types.Package) map[types.Object]string {
	owners := map[types.Object]string{}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		owners[object] = name
		named, ok := object.Type().(*types.Named)
		if _, isType := object.(*types.TypeName); !ok || !isType {
			continue
		}
		for method := range named.Methods() {
			owners[method] = name + "." + method.Name()
		}
		if fields, ok := named.Underlying().(*types.Struct); ok {
			for field := range fields.Fields() {
				if !field.Embedded() {
					owners[field] = name + "." + field.Name()
				}
			}
		}
	}
	return owners
}

// emptyPackages imports every package as an empty one.
type emptyPackages struct{}

func (emptyPackages) Import(path string) (*types.Package, error) {
	pkg := types.NewPackage(path, filepath.Base(path))
	pkg.MarkComplete()
	return pkg, nil
}

// The text of a flag has at most 70 characters, and the help of serve at most 40 lines, besides the example of a
// configuration file.
func TestHelpIsShort(t *testing.T) {
	t.Parallel()
	root := (&app{out: &output{}, err: &output{}}).root(nil)
	for _, c := range root.Commands() {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if _, usage := pflag.UnquoteUsage(f); len(usage) > 70 && !f.Hidden {
				t.Errorf("%s --%s: the text has %d characters, want at most 70: %s", c.Name(), f.Name, len(usage), usage)
			}
		})
	}
	if help := runHere(t, nil, "serve", "--help").stdout; strings.Count(help, "\n") > 47 {
		t.Errorf("the help of serve has %d lines, want at most 47:\n%s", strings.Count(help, "\n"), help)
	}
}

// No line of the help is too long for a terminal of 100 columns.
func TestHelpIsNarrow(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		words := append(strings.Fields(c.CommandPath())[1:], "--help")
		if c.IsAdditionalHelpTopicCommand() {
			words = []string{"help", c.Name()}
		}
		help := runHere(t, nil, words...)
		if help.code != 0 || help.stdout == "" {
			t.Errorf("%s: exit code %d, %s", c.CommandPath(), help.code, help.stderr)
		}
		for line := range strings.Lines(help.stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%s: a line of its help has %d characters: %s", c.CommandPath(), n, line)
			}
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk((&app{out: &output{}, err: &output{}}).root(nil))
}
