// Package build tells which version of Semblance is running.
package build

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Version returns the version of the module: a release tag such as v1.2.0, a pseudo-version of a commit, or "(devel)".
func Version() string { return version(debug.ReadBuildInfo()) }

// Line returns the version, the commit with its date, the Go version and the platform.
func Line() string { return line(debug.ReadBuildInfo()) }

func version(info *debug.BuildInfo, ok bool) string {
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func line(info *debug.BuildInfo, ok bool) string {
	commit := ""
	if ok {
		setting := map[string]string{}
		for _, s := range info.Settings {
			setting[s.Key] = s.Value
		}
		if revision := setting["vcs.revision"]; revision != "" {
			commit = " (" + revision[:min(12, len(revision))]
			if t, err := time.Parse(time.RFC3339, setting["vcs.time"]); err == nil {
				commit += ", " + t.UTC().Format(time.DateOnly)
			}
			if setting["vcs.modified"] == "true" {
				commit += ", modified"
			}
			commit += ")"
		}
	}
	return fmt.Sprintf("semblance %s%s %s %s/%s", version(info, ok), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
