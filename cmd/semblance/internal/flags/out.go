package flags

import (
	"io"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/files"
)

// Out is --out, the file that a command writes.
type Out struct{ path string }

// Add adds the flag.
func (o *Out) Add(c *cobra.Command) {
	c.Flags().StringVar(&o.path, "out", "", "write to this `FILE` (default standard output)")
}

// Write writes to the file, completely or not at all, or to stdout.
func (o *Out) Write(stdout io.Writer, write func(io.Writer) error) error {
	if o.path == "" || o.path == "-" {
		return write(stdout)
	}
	if err := files.Write(o.path, write); err != nil {
		return exit.Internalf("cannot write %s: %w", o.path, files.WithoutPath(err))
	}
	return nil
}
