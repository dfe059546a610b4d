package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// A new event type is a row of the catalogue and the action that makes it happen. One run of go generate writes the
// rest and changes no other file.
func TestNewEventType(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the module")
	}
	t.Parallel()
	module := t.TempDir()
	copyModule(t, module)
	insertBefore(t, filepath.Join(module, "schemas", "catalogue.yaml"), "  - name: letter.shared\n", `  - name: letter.signed
    group: letter
    summary: A letter was signed
    required: [letterId, patientId]
    evidence: inferred
`)
	insertBefore(t, filepath.Join(module, "fixtures", "actions_clinical.go"), `		{name: "share-letter",`, `		{name: "sign-letter", summary: "Sign a letter", main: letter, gives: []string{"letter.signed"}},
`)
	before := contents(t, module)
	for _, command := range []string{"generate ./...", "build ./..."} {
		c := exec.Command("go", strings.Fields(command)...)
		c.Dir, c.Env = module, append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off")
		if output, err := c.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", command, err, output)
		}
	}
	after := contents(t, module)
	var changed []string
	for name := range after {
		if before[name] != after[name] {
			changed = append(changed, filepath.ToSlash(name))
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s was removed", name)
		}
	}
	slices.Sort(changed)
	want := []string{
		"fixtures/samples/letter.signed.json",
		"fixtures/samples/letter.signed.minimal.json",
		"scenarios/README.md",
		"scenarios/library/every-event-type.yaml",
		"schemas/payload/letter.signed.schema.json",
		"schemas/scenario.schema.json",
		"schemas/table.go",
	}
	if !slices.Equal(changed, want) {
		t.Errorf("go generate changed\n  %s\nwant\n  %s", strings.Join(changed, "\n  "), strings.Join(want, "\n  "))
	}
}

// The directive that runs this command is the only one, so that one run of go generate is enough.
func TestSingleDirective(t *testing.T) {
	t.Parallel()
	var found []string
	for name, content := range contents(t, root) {
		if strings.HasSuffix(name, ".go") && strings.Contains(content, "\n//go:"+"generate ") {
			found = append(found, filepath.ToSlash(name))
		}
	}
	slices.Sort(found)
	if want := []string{"schemas/schemas.go"}; !slices.Equal(found, want) {
		t.Errorf("go:generate directives in %v, want only %v; add other generators to steps in schemas/internal/regenerate", found, want)
	}
}

// contents returns the files of a module by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// copyModule copies the module to dir.
func copyModule(t *testing.T, dir string) {
	t.Helper()
	files := contents(t, root)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(files[name]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func insertBefore(t *testing.T, file, anchor, text string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte(anchor)) != 1 {
		t.Fatalf("%s: %q must occur once", file, anchor)
	}
	data = bytes.Replace(data, []byte(anchor), []byte(text+anchor), 1)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
