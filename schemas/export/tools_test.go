package export

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"semblance/schemas"
)

// installed is the folder of the validators from npm.
const installed = "testdata/npm"

// tool returns a program that npm has installed. If it is missing, the test is skipped, or fails in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(installed, "node_modules", ".bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		missing(t, "%s is not installed: npm ci --prefix schemas/export/%s --ignore-scripts --no-audit --no-fund", name, installed)
	}
	return path
}

func missing(t *testing.T, format string, arguments ...any) {
	t.Helper()
	if os.Getenv("SEMBLANCE_CI") == "1" {
		t.Fatalf(format, arguments...)
	}
	t.Skipf(format, arguments...)
}

// run runs a program in a folder and fails the test with its output.
func run(t *testing.T, dir, program string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, arguments...)
	c.Dir = dir
	c.Env = append(os.Environ(), "NO_COLOR=1", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	if output, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", program, arguments, err, output)
	}
}

func save(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// node returns Node, if the packages are installed too.
func node(t *testing.T) string {
	t.Helper()
	tool(t, "tsc")
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	return path
}

func TestTypeScriptCompiles(t *testing.T) {
	t.Parallel()
	tsc := tool(t, "tsc")
	dir := t.TempDir()
	uses, err := os.ReadFile(filepath.Join(installed, "uses.ts"))
	if err != nil {
		t.Fatal(err)
	}
	save(t, dir, "uses.ts", uses)
	save(t, dir, "types.ts", write(t, func(w *bytes.Buffer) error { return TypeScript(w) }))
	run(t, dir, tsc, "--strict", "--exactOptionalPropertyTypes", "--noEmit", "--module", "nodenext", "uses.ts", "types.ts")
}

func TestAsyncAPIByItsParser(t *testing.T) {
	t.Parallel()
	node := node(t)
	file := save(t, t.TempDir(), "asyncapi.json", document(t, "asyncapi"))
	run(t, installed, node, "asyncapi.js", file, strconv.Itoa(len(schemas.AllWithRetired())))
}

func TestOpenAPIByRedocly(t *testing.T) {
	t.Parallel()
	redocly := tool(t, "redocly")
	file := save(t, t.TempDir(), "openapi.json", document(t, "openapi"))
	run(t, installed, redocly, "lint", "--config", "redocly.yaml", file)
}

func TestSchemasByAjv(t *testing.T) {
	t.Parallel()
	node := node(t)
	var cases []judged
	for _, e := range schemas.AllWithRetired() {
		cases = append(cases, payloads(t, e)...)
	}
	data, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run(t, installed, node, "schemas.js", save(t, dir, "schemas.json", document(t, "schemas")), save(t, dir, "cases.json", data))
}

// TestGoRoundTrips compiles the Go types in a module of their own, decodes each payload with them and encodes it again.
func TestGoRoundTrips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := os.ReadFile("testdata/roundtrip.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "webhooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	save(t, dir, "go.mod", []byte("module roundtrip\n\ngo 1.24\n"))
	save(t, dir, "main.go", program)
	save(t, dir, "webhooks/webhooks.go", write(t, func(w *bytes.Buffer) error { return Go(w) }))
	var all []json.RawMessage
	for _, e := range schemas.AllWithRetired() {
		for _, p := range payloads(t, e) {
			if p.Valid {
				all = append(all, p.Payload)
			}
		}
	}
	samples, err := filepath.Glob("../../fixtures/samples/*.json")
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples of the clinic: %v", err)
	}
	for _, name := range samples {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d payloads", len(all))
	run(t, dir, "go", "run", ".", save(t, dir, "payloads.json", data))
}
