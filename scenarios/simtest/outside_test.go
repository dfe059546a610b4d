package simtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The code and the commands of README.md work in another module.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, source := range map[string]string{"receiver.go": fence(t, string(readme), "go", 0), "receiver_test.go": fence(t, string(readme), "go", 1)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Split(body(fence(t, string(readme), "go", 1)), "\n"); len(lines) >= 10 {
		t.Errorf("the test in README.md has %d lines; keep it below 10", len(lines))
	}
	for line := range strings.SplitSeq(strings.TrimSpace(fence(t, string(readme), "sh", 0)), "\n") {
		line = strings.ReplaceAll(line, "../semblance", root)
		command := exec.CommandContext(t.Context(), "sh", "-c", line)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		} else if strings.HasPrefix(line, "go test") && !strings.Contains(string(out), "ok") {
			t.Errorf("%s printed\n%s", line, out)
		}
	}
	testFailedStep(t, folder)
}

// testFailedStep breaks the receiver of the module and checks the output and the artifacts of its test.
func testFailedStep(t *testing.T, folder string) {
	t.Helper()
	file := filepath.Join(folder, "receiver.go")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(source), "fmt.Fprint(w, `", "w.WriteHeader(http.StatusTeapot); fmt.Fprint(w, `", 1)
	if err := os.WriteFile(file, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "test", "-artifacts", "-outputdir", folder, ".")
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("the test of a broken receiver passes:\n%s", out)
	}
	for _, want := range []string{ // as semblance play prints it
		"--- FAIL: TestReceiver/1_send_patient.created_about_ada", "first-visit.yaml:12:5", "expected  2xx", "got       418",
		"rerun     semblance play first-visit.yaml --to http://127.0.0.1:", "--until 1 --seed ", "semblance send booking.created",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the test of a broken receiver does not print %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "FAIL: TestReceiver/2") {
		t.Errorf("one cause fails several steps:\n%s", out)
	}
	for _, name := range []string{"first-visit.ndjson", "attempts.ndjson"} {
		artifact := ""
		filepath.WalkDir(filepath.Join(folder, "_artifacts"), func(path string, _ os.DirEntry, err error) error {
			if err == nil && filepath.Base(path) == name {
				artifact = path
			}
			return nil
		})
		if artifact == "" {
			t.Errorf("the test of a broken receiver does not write %s:\n%s", name, out)
		}
	}
}

// fence returns the n-th code block of a language in a Markdown text.
func fence(t *testing.T, text, language string, n int) string {
	t.Helper()
	blocks := strings.Split(text, "```"+language+"\n")
	if len(blocks) < n+2 {
		t.Fatalf("README.md has no block %d of %s", n, language)
	}
	block, _, _ := strings.Cut(blocks[n+1], "```")
	return block
}

// body returns the test function without the package clause and the imports.
func body(source string) string {
	_, function, _ := strings.Cut(source, "func Test")
	return strings.TrimSpace(function)
}
