// Package examples holds receivers to copy, each with a test that uses Semblance, and this test of all of them: each
// passes, and each fails when its signature check is broken on purpose.
package examples

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// An example is a folder with a receiver and its test, and the command that runs the test there.
type example struct {
	folder  string
	command []string
	ran     string // what the output holds when its tests have passed
}

var examples = []example{
	{"go-nethttp", []string{"go", "test", "-count=1", "-vet=off", "-timeout", "60s", "."}, "ok"},
	{"go-mux", []string{"go", "test", "-count=1", "-vet=off", "-timeout", "60s", "."}, "ok"},
	{"node-express", []string{"node", "--test"}, "pass 4"},
	{"node-fastify", []string{"node", "node_modules/vitest/vitest.mjs", "run"}, "4 passed"},
	{"node-http", []string{"node", "node_modules/jest/bin/jest.js"}, "4 passed"},
	{"python-fastapi", pytest, "4 passed"},
	{"python-flask", pytest, "4 passed"},
}

// fetching are the receivers that read records. The first has a test of its own; both are tested with the API of a provider,
// the second in package graphql.
var fetching = []example{{folder: "go-fetch"}, {folder: "python-fetch"}}

// pytest runs the tests with the plugin of this checkout.
var pytest = []string{"python3", "-m", "pytest", "-p", "pytest_semblance", "-p", "no:cacheprovider", "--tb=short"}

// breakages are the values of BREAK_SIGNATURE: which forgery each lets pass, and which it does not.
var breakages = []struct{ name, lets, refuses string }{
	{"skip", "no-signature", ""},
	{"reparse", "changed-white-space", "changed-body"},
}

func TestExamples(t *testing.T) {
	program := semblance(t)
	for _, e := range examples {
		t.Run(e.folder, func(t *testing.T) {
			t.Parallel()
			e.need(t)
			if out, err := e.run(t, program, ""); err != nil || !strings.Contains(out, e.ran) {
				t.Fatalf("it does not pass: %v\n%s", err, out)
			}
			for _, b := range breakages {
				out, err := e.run(t, program, b.name)
				if err == nil || !strings.Contains(out, b.lets) {
					t.Errorf("BREAK_SIGNATURE=%s: it passes, or fails without naming %s: %v\n%s", b.name, b.lets, err, out)
				}
				if b.refuses != "" && strings.Contains(out, b.refuses) {
					t.Errorf("BREAK_SIGNATURE=%s: it fails for another reason than that, see %s:\n%s", b.name, b.refuses, out)
				}
			}
		})
	}
}

// run runs the example's own test, with its signature check broken or not.
func (e *example) run(t *testing.T, program, broken string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	plugin, err := filepath.Abs(filepath.Join(top, "scenarios", "simtest", "python"))
	if err != nil {
		t.Fatal(err)
	}
	words := e.command
	if words[0] == "python3" {
		words = append([]string{e.python()}, words[1:]...)
	}
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir = e.folder
	c.Env = append(os.Environ(), "SEMBLANCE="+program, "BREAK_SIGNATURE="+broken, "NO_COLOR=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+plugin)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	return string(out), err
}

// need skips the test where the example's language is not installed, but not where everything must run.
func (e *example) need(t *testing.T) {
	t.Helper()
	switch language, _, _ := strings.Cut(e.folder, "-"); language {
	case "node":
		if _, err := exec.LookPath("node"); err != nil {
			missing(t, "node is not installed")
		}
		if _, err := os.Stat(filepath.Join(e.folder, "node_modules", "semblance")); err != nil {
			missing(t, "its packages are not installed: npm ci --prefix simulator/receiver/examples/%s --ignore-scripts", e.folder)
		}
	case "python":
		if e.python() == "" {
			missing(t, "no python3 with %s: apt-get install python3-pytest python3-flask python3-fastapi python3-uvicorn", e.modules())
		}
	}
}

func missing(t *testing.T, format string, arguments ...any) {
	t.Helper()
	if os.Getenv("SEMBLANCE_CI") == "1" {
		t.Fatalf(format, arguments...)
	}
	t.Skipf(format, arguments...)
}

// modules are the Python modules that the example imports.
func (e *example) modules() string {
	if e.folder == "python-fastapi" {
		return "pytest, fastapi, uvicorn"
	}
	return "pytest, flask"
}

// python returns the python3 that has the example's modules: the first on the path, or Debian's. "" if there is none.
func (e *example) python() string {
	for _, path := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(path, "-c", "import "+e.modules()).Run() == nil {
			return path
		}
	}
	return ""
}

// built is the folder of the program, while the tests run.
var built string

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "semblance"); err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(built)
	m.Run()
}

// build builds the program.
var build = sync.OnceValue(func() error {
	if out, err := exec.Command("go", "build", "-o", built, "semblance/cmd/semblance").CombinedOutput(); err != nil {
		return fmt.Errorf("building semblance: %w\n%s", err, out)
	}
	return nil
})

// semblance returns the path of the program.
func semblance(t *testing.T) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(built, "semblance")
}

// Every folder with a receiver is in the table.
func TestExamplesAreAll(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range slices.Concat(examples, fetching) {
		known[e.folder] = true
	}
	for _, entry := range entries {
		if entry.IsDir() && !known[entry.Name()] {
			t.Errorf("%s is not tested", entry.Name())
		}
	}
}

// What each example verifies with is what the vectors of simulator/signature are run against.
func TestExamplesVerifyAsTested(t *testing.T) {
	for _, e := range slices.Concat(examples, fetching) {
		from, begin, file := "verify.go", "// Verify reports", "receiver.go"
		switch language, _, _ := strings.Cut(e.folder, "-"); language {
		case "node":
			from, begin, file = "verify.js", "function verify(", "receiver.js"
		case "python":
			from, begin, file = "verify.py", "def verify(", "receiver.py"
		}
		tested := read(t, filepath.Join("..", "..", "signature", "testdata", "verifiers", from))
		_, tested, _ = strings.Cut(tested, begin)
		tested, _, _ = strings.Cut(tested, "\nmodule.exports")
		if receiver := read(t, filepath.Join(e.folder, file)); !strings.Contains(receiver, begin+strings.TrimRight(tested, "\n")) {
			t.Errorf("%s/%s does not verify as %s does", e.folder, file, from)
		}
	}
}

// Packages have exact versions, and the lock files name no registry: they are installed from whichever is at hand.
func TestPackagesArePinned(t *testing.T) {
	for _, folder := range []string{"node-express", "node-fastify", "node-http"} {
		if lock := read(t, filepath.Join(folder, "package-lock.json")); strings.Contains(lock, `"resolved": "http`) || !strings.Contains(lock, `"integrity"`) {
			t.Errorf("%s/package-lock.json names a registry, or has no check sums: npm install --omit-lockfile-registry-resolved", folder)
		}
		var manifest struct{ Dependencies, DevDependencies map[string]string }
		if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "package.json"))), &manifest); err != nil {
			t.Fatal(err)
		}
		if manifest.DevDependencies["semblance"] != "file:../../../../scenarios/simtest/node" {
			t.Errorf("%s/package.json does not use the helper of this checkout", folder)
		}
		delete(manifest.DevDependencies, "semblance")
		for _, list := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
			for name, version := range list {
				if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
					t.Errorf("%s/package.json: %s %s is no exact version", folder, name, version)
				}
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
