package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// packages is the table of this module's packages: which of them each may import, and which libraries. It is the design:
// if code fits no package, or two, change this table first. Every folder with Go files is listed. Tests and examples may
// import anything.
var packages = map[string]struct {
	ours    string // import paths below semblance/
	outside string // short names of libraries
}{
	"schemas":                     {"schemas/human schemas/naming schemas/objectid", ""},
	"schemas/human":               {"", ""},
	"schemas/lazy":                {"", ""},
	"schemas/naming":              {"schemas/human", ""},
	"schemas/objectid":            {"schemas/splitmix", ""},
	"schemas/pointer":             {"schemas/human schemas/lazy", ""},
	"schemas/splitmix":            {"", ""},
	"schemas/internal/generate":   {"schemas", "yaml"},
	"schemas/validate":            {"schemas", "jsonschema yaml"},
	"schemas/export":              {"schemas", ""},
	"fixtures":                    {"schemas", "gofakeit"},
	"fixtures/internal/samples":   {"schemas fixtures simulator", ""},
	"schemas/internal/regenerate": {"", ""}, // runs the generators

	"simulator":                              {"schemas", ""},
	"simulator/capture":                      {"simulator", ""},
	"simulator/clock":                        {"", ""},
	"simulator/signature":                    {"", ""},
	"simulator/body":                         {"schemas", ""},
	"simulator/fault":                        {"schemas simulator simulator/signature simulator/clock simulator/body", ""},
	"simulator/delivery":                     {"schemas simulator simulator/signature simulator/fault simulator/clock", ""},
	"simulator/hint":                         {"simulator", ""},
	"simulator/journal":                      {"schemas simulator", ""},
	"simulator/journal/sqlite":               {"schemas simulator simulator/journal", "libc sqlite"},
	"simulator/journal/internal/journaltest": {"schemas simulator simulator/journal", "cmp"}, // what both journals' tests run
	"simulator/provider": {"schemas schemas/validate fixtures simulator simulator/signature simulator/fault simulator/delivery " +
		"simulator/journal simulator/clock", ""},
	"simulator/receiver": {"schemas schemas/validate simulator simulator/signature simulator/clock simulator/web/guard simulator/web/page", ""},
	"simulator/apifault": {"schemas", ""},
	"simulator/graphql":  {"schemas fixtures simulator simulator/apifault simulator/journal simulator/provider simulator/clock simulator/web/guard", "graphql"},
	"simulator/web": {"schemas schemas/validate fixtures simulator simulator/apifault simulator/fault simulator/journal simulator/provider " +
		"simulator/capture simulator/clock simulator/hint simulator/signature simulator/web/guard simulator/web/internal/openapi simulator/web/page", "mux"},
	"simulator/web/guard":                 {"simulator/clock", ""},
	"simulator/web/page":                  {"", ""},
	"simulator/web/internal/openapi":      {"", ""},
	"simulator/graphql/internal/generate": {"", "graphql"},                                      // the program that go generate runs
	"simulator/web/internal/generate":     {"simulator/web simulator/web/internal/openapi", ""}, // the program that go generate runs

	"scenarios":        {"schemas schemas/validate simulator simulator/hint", "hdrhistogram"},
	"scenarios/script": {"schemas schemas/validate fixtures simulator simulator/apifault simulator/body simulator/fault scenarios", "yaml"},
	"scenarios/player": {"schemas schemas/validate fixtures simulator simulator/apifault simulator/signature simulator/clock simulator/body simulator/fault " +
		"simulator/delivery simulator/journal simulator/provider scenarios scenarios/script", ""},
	"scenarios/load":         {"schemas schemas/validate fixtures simulator simulator/clock simulator/fault simulator/delivery simulator/hint scenarios", ""},
	"scenarios/report":       {"simulator simulator/capture simulator/clock simulator/fault simulator/hint scenarios scenarios/load scenarios/report/color", "udiff"},
	"scenarios/report/color": {"", ""},
	"scenarios/library":      {"schemas scenarios scenarios/script", ""},
	"scenarios/conformance":  {"", ""},
	"scenarios/check": {"schemas schemas/validate simulator simulator/signature simulator/clock simulator/hint scenarios scenarios/script scenarios/player " +
		"scenarios/conformance", "yaml"},
	"scenarios/simtest": {"schemas schemas/validate fixtures simulator simulator/capture simulator/hint simulator/clock simulator/signature simulator/fault " +
		"simulator/delivery simulator/apifault simulator/graphql simulator/journal simulator/provider simulator/receiver simulator/web/guard scenarios scenarios/script " +
		"scenarios/player scenarios/report scenarios/library scenarios/check", ""},

	"cmd/semblance/internal/playapi": {"schemas fixtures simulator simulator/apifault simulator/clock simulator/graphql simulator/journal simulator/provider simulator/web/guard scenarios/player cmd/semblance/internal/exit cmd/semblance/internal/flags", ""},
	"cmd/semblance/internal/apilog":  {"schemas cmd/semblance/internal/client", ""},
	"cmd/semblance/internal/browser": {"", ""},
	"cmd/semblance/internal/build":   {"", ""},
	"cmd/semblance/internal/client": {"simulator simulator/delivery simulator/provider simulator/web scenarios " +
		"cmd/semblance/internal/exit cmd/semblance/internal/flags", "cobra"},
	"cmd/semblance/internal/config": {"schemas simulator simulator/apifault simulator/delivery simulator/graphql simulator/journal simulator/provider scenarios " +
		"cmd/semblance/internal/files cmd/semblance/internal/flags cmd/semblance/internal/server", "yaml"},
	"cmd/semblance/internal/exit":   {"scenarios", ""},
	"cmd/semblance/internal/editor": {"", ""},
	"cmd/semblance/internal/feed":   {"schemas simulator simulator/hint simulator/journal simulator/web scenarios/report", ""},
	"cmd/semblance/internal/files":  {"", "term"},
	"cmd/semblance/internal/flags": {"schemas schemas/validate fixtures simulator simulator/capture simulator/clock simulator/delivery simulator/fault simulator/signature " +
		"scenarios scenarios/library scenarios/report scenarios/script cmd/semblance/internal/exit cmd/semblance/internal/files", "cobra pflag"},
	"cmd/semblance/internal/watch":     {"simulator/clock", ""},
	"cmd/semblance/internal/reference": {"simulator simulator/clock simulator/receiver scenarios/player", ""},
	"cmd/semblance/internal/server": {"fixtures simulator simulator/apifault simulator/delivery simulator/graphql simulator/journal simulator/journal/sqlite " +
		"simulator/provider simulator/web simulator/web/guard scenarios scenarios/library scenarios/player scenarios/report " +
		"scenarios/script cmd/semblance/internal/build cmd/semblance/internal/exit cmd/semblance/internal/flags", ""},
	"cmd/semblance": {"*", "cobra pflag term"},
}

// dataBelow lists folders with data of the package above them, and at most a Go file that embeds it.
var dataBelow = map[string]string{
	"schemas/payload":  "schemas",
	"schemas/response": "schemas",
}

// leaves are the small packages that every package may import.
const leaves = "schemas/human schemas/lazy schemas/naming schemas/objectid schemas/pointer schemas/splitmix"

// libraries are the external modules by their short names. Only tests may import other modules.
var libraries = map[string]string{
	"cmp":          "github.com/google/go-cmp",
	"cobra":        "github.com/spf13/cobra",
	"pflag":        "github.com/spf13/pflag",
	"gofakeit":     "github.com/brianvoe/gofakeit/v6",
	"graphql":      "github.com/graph-gophers/graphql-go",
	"hdrhistogram": "github.com/HdrHistogram/hdrhistogram-go",
	"jsonschema":   "github.com/santhosh-tekuri/jsonschema/v5",
	"mux":          "github.com/gorilla/mux",
	"sqlite":       "modernc.org/sqlite",
	"libc":         "modernc.org/libc",
	"term":         "golang.org/x/term",
	"udiff":        "github.com/aymanbagabas/go-udiff",
	"yaml":         "go.yaml.in/yaml/v4",
}

// belongs lists names that only certain packages may use.
var belongs = []struct {
	pkg, name string // name "*" is any
	packages  string
	why       string
}{
	{"time", "Now Since Until Sleep After AfterFunc NewTimer NewTicker Tick", "simulator/clock", "only simulator/clock reads the time or waits"},
	{"crypto/hmac", "*", "simulator/signature", "only simulator/signature makes and compares MACs"},
	{"net", "Dial DialTimeout DialTCP DialUnix Dialer", "simulator/delivery", "only simulator/delivery dials a receiver"},
	{"net/http", "Client Transport DefaultClient DefaultTransport Get Head Post PostForm", "scenarios/player cmd/semblance/internal/client",
		"only probes and the client of serve send HTTP requests with net/http"},
	{"os/exec", "*", "scenarios/player schemas/internal/regenerate cmd/semblance/internal/browser cmd/semblance/internal/editor", "only a probe, serve --open and resend --edit run a command"},
	{"os", "Args Getenv LookupEnv Environ Exit", "cmd/semblance schemas/internal/regenerate schemas/internal/generate fixtures/internal/samples simulator/web/internal/generate simulator/graphql/internal/generate", "only commands use the process's arguments and environment"},
	{"regexp", "MustCompile", "schemas/lazy simulator/graphql/internal/generate", "only schemas/lazy compiles expressions of the program, at their first use: every command waits for those of a package's variables"},
	{"database/sql", "*", "simulator/journal/sqlite", "only simulator/journal/sqlite uses SQL"},
	{"testing", "*", "scenarios/simtest simulator/journal/internal/journaltest", "only scenarios/simtest takes a testing.TB"},
}

// A source is one Go file of a package.
type source struct {
	name string // slash path from the module's root
	pkg  string
	ast  *ast.File
	set  *token.FileSet
}

func TestLayers(t *testing.T) {
	t.Parallel()
	files := packageFiles(t)
	t.Run("imports", func(t *testing.T) { testImports(t, files) })
	t.Run("names", func(t *testing.T) { testNames(t, files) })
	t.Run("presence", func(t *testing.T) { testPresence(t, files) })
	t.Run("lengths", func(t *testing.T) { testLengths(t, files) })
}

func testImports(t *testing.T, files []source) {
	for _, f := range files {
		pkg, known := packages[f.pkg]
		if above, data := dataBelow[f.pkg]; data {
			pkg, known = packages[above], true
		}
		if !known {
			t.Errorf("%s: %s is not in the table of packages", f.name, f.pkg)
			continue
		}
		for _, spec := range f.ast.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if !allowedImport(f.pkg, pkg.ours, pkg.outside, imported) {
				t.Errorf("%s: %s may not import %s", f.set.Position(spec.Pos()), f.pkg, imported)
			}
		}
	}
}

func allowedImport(pkg, ours, outside, imported string) bool {
	if inner, ok := strings.CutPrefix(imported, "semblance/"); ok {
		above := dataBelow[inner]
		return contains(ours, "*") || contains(leaves, inner) && !contains(leaves, pkg) || contains(ours, inner) || above != "" && (above == pkg || contains(ours, above))
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return imported != "C"
	}
	for short, module := range libraries {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			return contains(outside, short)
		}
	}
	return false
}

func TestAllowedImport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pkg, imported string
		want          bool
	}{
		{"schemas", "strings", true},
		{"schemas", "semblance/simulator", false},
		{"schemas", "semblance/schemas/payload", true},
		{"schemas", "go.yaml.in/yaml/v4", false},
		{"schemas/validate", "github.com/santhosh-tekuri/jsonschema/v5", true},
		{"schemas/validate", "semblance/schemas/payload", true},
		{"fixtures", "semblance/simulator", false},
		{"simulator/receiver", "semblance/simulator/signature", true},
		{"simulator/receiver", "semblance/simulator/delivery", false},
		{"scenarios/simtest", "semblance/simulator/journal/sqlite", false},
		{"cmd/semblance", "semblance/simulator/journal/sqlite", true},
		{"cmd/semblance", "github.com/stripe/stripe-go/v82", false},
		{"simulator", "C", false},
	} {
		pkg := packages[test.pkg]
		if got := allowedImport(test.pkg, pkg.ours, pkg.outside, test.imported); got != test.want {
			t.Errorf("%s may import %s: %v, want %v", test.pkg, test.imported, got, test.want)
		}
	}
}

func TestTableHasNoCycle(t *testing.T) {
	t.Parallel()
	const walking, done = 1, 2
	state := map[string]int{}
	var walk func(pkg string, trail []string)
	walk = func(pkg string, trail []string) {
		if state[pkg] == walking {
			t.Fatalf("import cycle in the table: %s", strings.Join(append(trail, pkg), " > "))
		}
		if state[pkg] == done {
			return
		}
		state[pkg] = walking
		for _, next := range strings.Fields(packages[pkg].ours) {
			if next == "*" {
				continue
			}
			if _, ok := packages[next]; !ok {
				t.Errorf("%s may import %s, which is not in the table", pkg, next)
			}
			walk(next, append(trail, pkg))
		}
		state[pkg] = done
	}
	for pkg := range packages {
		walk(pkg, nil)
	}
}

func testNames(t *testing.T, files []source) {
	for _, f := range files {
		for _, message := range misplaced(f) {
			t.Error(message)
		}
	}
}

// misplaced returns an error message for each name that the file must not use.
func misplaced(f source) []string {
	var messages []string
	local := map[string]string{} // imported packages by their names in this file
	for _, spec := range f.ast.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		local[name] = imported
		if name == "." {
			messages = append(messages, fmt.Sprintf("%s: a dot import of %s hides where names come from", f.set.Position(spec.Pos()), imported))
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := selector.X.(*ast.Ident)
		if !ok || pkg.Obj != nil { // a variable of that name
			return true
		}
		for _, b := range belongs {
			if local[pkg.Name] == b.pkg && (b.name == "*" || contains(b.name, selector.Sel.Name)) && !contains(b.packages, f.pkg) {
				messages = append(messages, fmt.Sprintf("%s: %s.%s: %s", f.set.Position(n.Pos()), pkg.Name, selector.Sel.Name, b.why))
			}
		}
		return true
	})
	return messages
}

func TestMisplaced(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pkg, imported, code string
		want                string // part of the message, or "" for none
	}{
		{"simulator/provider", `"time"`, "time.Now()", "time.Now: only simulator/clock"},
		{"simulator/provider", `tick "time"`, "tick.NewTicker(1)", "tick.NewTicker: only simulator/clock"},
		{"simulator/provider", `. "time"`, "Now()", "a dot import"},
		{"simulator/provider", `"time"`, "time.Duration(1).String()", ""},
		{"simulator/provider", `"strings"`, "time := struct{ Now func() }{}; time.Now()", ""},
		{"simulator/clock", `"time"`, "time.Now()", ""},
		{"simulator/web", `"crypto/hmac"`, "hmac.Equal(nil, nil)", "only simulator/signature"},
		{"simulator/provider", `"net"`, `net.Dial("tcp", "")`, "only simulator/delivery dials"},
		{"simulator/receiver", `"net"`, `net.Listen("tcp", "")`, ""},
		{"simulator/delivery", `"net/http"`, "_ = http.Client{}", "only probes"},
		{"scenarios/player", `"net/http"`, "_ = http.Client{}", ""},
		{"scenarios/script", `"os/exec"`, `exec.Command("true")`, "only a probe, serve --open and resend --edit run"},
		{"scenarios/player", `"os"`, `os.Getenv("HOME")`, "only commands"},
		{"scenarios/player", `"os"`, `os.Open("file")`, ""},
		{"simulator/journal", `"database/sql"`, `sql.Open("", "")`, "uses SQL"},
		{"simulator", `"testing"`, "testing.Short()", "testing.TB"},
	} {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, "line.go", "package p\nimport "+test.imported+"\nfunc f() { "+test.code+" }\n", 0)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(misplaced(source{name: "line.go", pkg: test.pkg, ast: parsed, set: set}), "; ")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s in %s: %q, want %q", test.code, test.pkg, got, test.want)
		}
	}
}

// testPresence checks that every package of the table exists.
func testPresence(t *testing.T, files []source) {
	there := map[string]bool{}
	for _, f := range files {
		there[f.pkg] = true
	}
	for pkg := range packages {
		if !there[pkg] {
			t.Errorf("%s is in the table but has no Go file", pkg)
		}
	}
	for _, b := range belongs {
		for _, pkg := range strings.Fields(b.packages) {
			if !there[pkg] {
				t.Errorf("%s.%s belongs to %s, which has no Go file", b.pkg, b.name, pkg)
			}
		}
	}
}

// longFile is the maximum number of lines of a file, except generated ones.
const longFile = 500

func testLengths(t *testing.T, files []source) {
	for _, f := range files {
		lines := f.set.Position(f.ast.End()).Line
		if lines > longFile && !ast.IsGenerated(f.ast) {
			t.Errorf("%s has %d lines, more than %d", f.name, lines, longFile)
		}
	}
}

// packageFiles parses every Go file of the module except tests, examples and test data.
func packageFiles(t *testing.T) []source {
	t.Helper()
	top := filepath.Join("..", "..")
	var files []source
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			skip := base == "testdata" || base == "examples" || base == "node_modules" || strings.HasPrefix(base, ".") && base != ".." && name != top
			if skip {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, filepath.ToSlash(rel), data, parser.ParseComments)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(rel)
		files = append(files, source{name: slashed, pkg: path.Dir(slashed), ast: parsed, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files found", len(files))
	}
	return files
}

func contains(list, word string) bool { return slices.Contains(strings.Fields(list), word) }
