package simtest_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// compiled lists the modules that a test with simtest may compile, besides Semblance. SQLite and the libraries of the command
// line are not among them: they would take most of the time of a first `go test`.
var compiled = []string{
	"github.com/HdrHistogram/hdrhistogram-go",
	"github.com/aymanbagabas/go-udiff",
	"github.com/brianvoe/gofakeit/v6",
	"github.com/graph-gophers/graphql-go",
	"github.com/santhosh-tekuri/jsonschema/v5",
	"go.yaml.in/yaml/v4",
}

func TestUserCompilesFewModules(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.Compact(modules)
	if len(modules) == 0 {
		t.Fatal("go list names no module")
	}
	for _, m := range modules {
		if !slices.Contains(compiled, m) {
			t.Errorf("a test that uses simtest compiles %s: import it in another package", m)
		}
	}
	t.Logf("%d modules besides Semblance: %s", len(modules), strings.Join(modules, " "))
}
