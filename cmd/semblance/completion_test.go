package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script for bash works without the package bash-completion, also where bash splits a word at = or at a colon.
func TestBashCompletion(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("SEMBLANCE_CI") != "" {
			t.Fatal(err)
		}
		t.Skip("bash is not installed")
	}
	file := filepath.Join(t.TempDir(), "semblance.bash")
	if err := os.WriteFile(file, []byte(runHere(t, nil, "completion", "bash").stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"semblance send booking.cr":              "booking.created",
		"semblance send --fault signature=st":    "stale",
		"semblance send --fault=signature=st":    "stale",
		"semblance send group:le":                "letter",
		"semblance deliveries list --state fai":  "failed",
		"semblance subs":                         "subscriptions",
		"semblance send booking.created --body-": "--body-style",
	} {
		script := `source "$1"; COMP_LINE="$2"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); __start_semblance; printf '%s\n' "${COMPREPLY[@]}"`
		out, err := exec.CommandContext(t.Context(), bash, "--norc", "--noprofile", "-c", script, "bash", file, line).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) || strings.Contains(string(out), "not found") {
			t.Errorf("%s: got %q (%v), want %s", line, out, err, want)
		}
	}
}
