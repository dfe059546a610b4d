// Package browser opens the user's browser.
package browser

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// commands open a URL, by operating system.
var commands = map[string][]string{
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// patience is how long a command may take to pass the URL on. The browser itself is not waited for.
const patience = 10 * time.Second

// Open opens a URL in the browser. The URL is seen by other users of the machine in the list of processes for a moment.
func Open(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command, known := commands[runtime.GOOS]
	if !known {
		command = []string{"xdg-open"}
	}
	if err := exec.CommandContext(ctx, command[0], append(command[1:], url)...).Run(); err != nil {
		return fmt.Errorf("opening the browser: %s: %w; open %s yourself", command[0], err, url)
	}
	return nil
}
