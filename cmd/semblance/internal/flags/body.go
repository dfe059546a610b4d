package flags

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/files"
)

// Body is a body that a command reads from a file, from standard input or from --body.
type Body struct{ text string }

// Add adds --body.
func (b *Body) Add(c *cobra.Command) {
	c.Flags().StringVar(&b.text, "body", "", "body as `TEXT` instead of a file")
}

// Read returns the body.
func (b *Body) Read(c *cobra.Command, args []string, in io.Reader, notices io.Writer) ([]byte, error) {
	given := c.Flags().Changed("body")
	switch {
	case given && len(args) > 0:
		return nil, fmt.Errorf("the body comes from %s or from --body, not from both", args[0])
	case given:
		return []byte(b.text), nil
	case len(args) > 0:
		return files.Read(c.Context(), args[0], in, notices)
	}
	return files.Read(c.Context(), "-", in, notices)
}
