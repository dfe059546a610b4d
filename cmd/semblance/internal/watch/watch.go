// Package watch runs something again whenever a file is saved.
//
//	folders, err := watch.Folders(files)
//	err = watch.Run(ctx, folders, os.Stderr, play)
package watch

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"semblance/simulator/clock"
)

const (
	every    = 200 * time.Millisecond // between two looks at the files
	maxFiles = 10_000                 // looked at, at most
)

// Folders returns the folders of the files among the names. Other names, such as those of the library, are left out.
func Folders(names []string) []string {
	var folders []string
	for _, name := range names {
		info, err := os.Stat(name)
		if folder := filepath.Dir(name); err == nil && !info.IsDir() && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// Run calls f, and again whenever a YAML or JSON file in one of the folders was saved since the call before, until ctx ends.
// It says on notices that it waits.
func Run(ctx context.Context, folders []string, notices io.Writer, f func()) {
	for {
		before := fingerprint(folders)
		f()
		if ctx.Err() != nil {
			return
		}
		fmt.Fprintf(notices, "watching %s; Ctrl+C ends\n", strings.Join(folders, ", "))
		for fingerprint(folders) == before {
			if clock.Sleep(ctx, every) != nil {
				return
			}
		}
		fmt.Fprintf(notices, "\nsaved; again\n")
	}
}

// fingerprint describes the files of the folders, so that a change is seen.
func fingerprint(folders []string) string {
	var b strings.Builder
	n := 0
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil { // f says so
			continue
		}
		for _, entry := range entries {
			ext := filepath.Ext(entry.Name())
			if entry.IsDir() || ext != ".yaml" && ext != ".yml" && ext != ".json" || n == maxFiles {
				continue
			}
			n++
			if info, err := entry.Info(); err == nil {
				fmt.Fprintf(&b, "%s %d %d\n", entry.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}
