package flags

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
)

// DefaultReceiver is where listen runs by default, one port above the provider.
const DefaultReceiver = "127.0.0.1:4701"

// AddAddr adds --addr, which [Address] reads.
func AddAddr(c *cobra.Command, target *string, address string) {
	c.Flags().StringVar(target, "addr", address, "`ADDRESS`: host:port or port (0: any)")
}

// Address reads --addr: host:port, or a port of 127.0.0.1.
func Address(text string) (string, error) {
	address := text
	if port := strings.TrimPrefix(text, ":"); Digits(port) {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	_, port, err := net.SplitHostPort(address)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		return "", fmt.Errorf("--addr %q: expected host:port, or a port such as 4701", text)
	}
	return address, nil
}

// Digits reports whether text is a whole number.
func Digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// ListenError explains why listening at an address failed.
func ListenError(address string, err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner // the innermost error is the operating system's
	}
	return exit.Internalf("cannot listen at %s: %w; use another --addr", address, err)
}
