package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionCommand prints what this binary was built from.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		GroupID: groupKnow,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(a.out, versionLine())
			return nil
		},
	}
}

// versionLine is what `semblance version` prints, and `semblance --version`.
func versionLine() string {
	return fmt.Sprintf("semblance %s %s %s/%s", version(debug.ReadBuildInfo()), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version names the release, or the commit where the binary was built from a checkout.
func version(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "(unknown)"
	}
	name := info.Main.Version
	if name == "" {
		name = "(devel)"
	}
	if name != "(devel)" {
		return name
	}
	var revision, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if revision == "" {
		return name
	}
	return "(devel) " + revision[:min(12, len(revision))] + dirty
}

// noArguments refuses positional arguments in the same words as everything else.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("`%s` takes no argument, but was given %q", c.CommandPath(), args[0])
	}
	return nil
}
