package script_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"semblance/scenarios/script"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; `go test -update` updates it. Got:\n%s", file, got)
	}
}

func examples(t testing.TB, folder string) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.yaml", "*.json"} {
		found, err := filepath.Glob(filepath.Join("testdata", folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatalf("no examples in testdata/%s", folder)
	}
	return files
}

// outline lists the steps, one per line, and the warnings.
func outline(s *script.Scenario) string {
	var b strings.Builder
	for _, step := range s.Info() {
		b.WriteString(step.Path + "  " + step.Title + "\n")
	}
	b.WriteString(s.Warnings.String())
	return b.String()
}

func TestValidExamples(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t, "valid") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			scenario, err := script.Load(script.Files{}, file)
			if err != nil {
				t.Fatalf("\n%s", err)
			}
			golden(t, file+".golden", outline(scenario))
		})
	}
}

// Every problem of a file is reported with its position.
func TestInvalidExamples(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t, "invalid") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := script.Load(script.Files{}, file)
			if err == nil {
				t.Fatal("accepted")
			}
			golden(t, file+".golden", err.Error()+"\n")
		})
	}
}

// allocated returns the bytes allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := script.Load(script.Files{}, "testdata/valid/first-visit.yaml"); err != nil {
			b.Fatal(err)
		}
	}
}
