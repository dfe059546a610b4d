package delivery

import (
	"fmt"
	"strings"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// reserved lists the headers that a subscription must not set, with the reason. A name that ends in "-" is a prefix.
var reserved = []struct{ name, why string }{
	{"Host", "it comes from the URL"},
	{"Content-Type", "Semblance sets it"},
	{"Content-", "it describes the body"},
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

// CheckHeader returns an error if a subscription cannot set this header. The name must be a token, the value one line, and
// the header must not be one that Semblance sets (content, signature, hop-by-hop).
func CheckHeader(h simulator.Header) error {
	if err := checkField(h); err != nil {
		return err
	}
	for i := range reserved {
		name := reserved[i].name
		if len(h.Name) < len(name) || !strings.EqualFold(h.Name[:len(name)], name) {
			continue
		}
		if len(h.Name) == len(name) || name[len(name)-1] == '-' {
			return fmt.Errorf("the header %s cannot be set: %s", h.Name, reserved[i].why)
		}
	}
	return nil
}

// checkField returns an error unless h is exactly one valid header field.
func checkField(h simulator.Header) error {
	if h.Name == "" {
		return fmt.Errorf("a header with the value %q has no name", h.Value)
	}
	for i := range len(h.Name) {
		if !isToken(h.Name[i]) {
			return fmt.Errorf("invalid header name %q; use letters, digits and hyphens", h.Name)
		}
	}
	for i := range len(h.Value) {
		if c := h.Value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return fmt.Errorf("invalid value of the header %s: it contains a line break or another control character", h.Name)
		}
	}
	return nil
}

// isToken reports whether c may occur in a header name or a method (RFC 9110, section 5.6.2).
func isToken(c byte) bool { return tokens[c>>6]&(1<<(c&63)) != 0 }

// tokens is the set of characters for isToken, one bit each.
var tokens = func() (set [4]uint64) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		set[c>>6] |= 1 << (c & 63)
	}
	return set
}()

func hasHeader(headers []simulator.Header, name string) bool {
	for i := range headers {
		if len(headers[i].Name) == len(name) && strings.EqualFold(headers[i].Name, name) {
			return true
		}
	}
	return false
}
