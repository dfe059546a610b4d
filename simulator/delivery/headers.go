package delivery

import (
	"fmt"
	"strings"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// ours are the headers that a subscription must not set, and why: they are the simulator's, or they belong to the
// connection. A name that ends in "-" is all that begin with it.
var ours = []struct{ name, why string }{
	{"Host", "it comes from the URL"},
	{"Content-Type", "it is a setting of the simulator"},
	{"Content-", "it says what the simulator sends"},
	{signature.TimestampName, "it is part of the signature"},
	{signature.HeaderName, "it is the signature"},
	{"Transfer-Encoding", "it belongs to the connection"},
	{"Connection", "it belongs to the connection"},
	{"Keep-Alive", "it belongs to the connection"},
	{"Proxy-", "it belongs to the connection"},
	{"TE", "it belongs to the connection"},
	{"Trailer", "it belongs to the connection"},
	{"Upgrade", "it belongs to the connection"},
	{"Expect", "it belongs to the connection"},
}

// CheckHeader says in one sentence why a subscription cannot have this header, or returns nil: its name must be a token, its
// value one line, and it must not override what the simulator sets itself (content, signature, hop-by-hop).
func CheckHeader(h simulator.Header) error {
	if err := checkField(h); err != nil {
		return err
	}
	for i := range ours {
		name := ours[i].name
		if len(h.Name) < len(name) || !strings.EqualFold(h.Name[:len(name)], name) {
			continue
		}
		if len(h.Name) == len(name) || name[len(name)-1] == '-' {
			return fmt.Errorf("the header %s cannot be set: %s", h.Name, ours[i].why)
		}
	}
	return nil
}

// checkField refuses what would be no header field, or more than one.
func checkField(h simulator.Header) error {
	if h.Name == "" {
		return fmt.Errorf("a header needs a name; its value is %q", h.Value)
	}
	for i := range len(h.Name) {
		if !isToken(h.Name[i]) {
			return fmt.Errorf("the header name %q cannot be sent: a name is letters, digits and hyphens", h.Name)
		}
	}
	for i := range len(h.Value) {
		if c := h.Value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return fmt.Errorf("the value of the header %s cannot be sent: it holds a line break or another control character", h.Name)
		}
	}
	return nil
}

// isToken reports whether c may be in a header's name or a method (RFC 9110, section 5.6.2).
func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func has(headers []simulator.Header, name string) bool {
	for i := range headers {
		if len(headers[i].Name) == len(name) && strings.EqualFold(headers[i].Name, name) {
			return true
		}
	}
	return false
}
