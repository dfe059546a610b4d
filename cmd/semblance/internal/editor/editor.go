// Package editor lets the user edit a text in the editor of their choice.
package editor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Editor is a text editor with the terminal that it uses.
type Editor struct {
	Command     string // such as "code --wait"; "" for the usual one of the system
	In          io.Reader
	Out, ErrOut io.Writer
}

// Command returns the user's editor: VISUAL, or else EDITOR, or "".
func Command(getenv func(string) (string, bool)) string {
	visual, _ := getenv("VISUAL")
	editor, _ := getenv("EDITOR")
	return cmp.Or(visual, editor)
}

// Edit opens a file with the text and returns the text that is in it when the editor ends. The name of the file, such as
// "body.json", tells the editor its language.
func (e Editor) Edit(ctx context.Context, name string, text []byte) ([]byte, error) {
	folder, err := os.MkdirTemp("", "semblance-edit-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	words := strings.Fields(e.Command)
	if len(words) == 0 {
		words = []string{"vi"}
		if runtime.GOOS == "windows" {
			words = []string{"notepad"}
		}
	}
	command := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	command.Stdin, command.Stdout, command.Stderr = e.In, e.Out, e.ErrOut
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("the editor %s: %w; EDITOR names another one", words[0], err)
	}
	return os.ReadFile(file)
}
