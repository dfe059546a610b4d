// Package conformance contains the checks of `semblance check`, one file each, such as SIG-18.yaml. A check is a scenario with
// a head: its id, name, group, reason, fix and sources. To add a check is to add a file; README.md shows how.
package conformance

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files returns the checks as files: SIG-18.yaml is the check SIG-18.
func Files() fs.FS { return files }
