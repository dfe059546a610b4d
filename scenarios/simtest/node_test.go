package simtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The types of the npm package agree with its use in TypeScript, as an ES module and as CommonJS. The examples of
// simulator/receiver use the package itself.
func TestTypesOfTheNodePackage(t *testing.T) {
	t.Parallel()
	tsc, err := filepath.Abs("../../schemas/export/testdata/npm/node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		if os.Getenv("SEMBLANCE_CI") == "1" {
			t.Fatal(err)
		}
		t.Skip("tsc is not installed: npm ci --prefix schemas/export/testdata/npm --ignore-scripts --no-audit --no-fund")
	}
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "node_modules", "semblance"), os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"uses.mts", "uses.cts"} {
		source, err := os.ReadFile(filepath.Join("node", "testdata", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), source, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), tsc, "--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "uses.mts", "uses.cts")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
