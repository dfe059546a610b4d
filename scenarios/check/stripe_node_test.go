package check_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"semblance/simulator"
)

// Nor does one with the library for Node. Both take a signature from the future and explain refusals, as their authors decided.
func TestStripeNode(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "stripe-node")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "stripe"))
	}
	switch {
	case err != nil && os.Getenv("SEMBLANCE_CI") == "1":
		t.Fatalf("SEMBLANCE_CI=1 requires node, and npm ci in %s: %v", folder, err)
	case err != nil:
		t.Skipf("node is not installed, or npm ci did not run in %s: %v", folder, err)
	}
	receiver := exec.CommandContext(t.Context(), node, "receiver.mjs")
	receiver.Dir = folder
	receiver.Env = append(os.Environ(), "SECRET="+simulator.DefaultSecret.Reveal())
	receiver.Stderr = os.Stderr
	out, err := receiver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = receiver.Process.Kill()
		_ = receiver.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	testStripe(t, strings.TrimSpace(url))
}
