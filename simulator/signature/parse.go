package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"semblance/schemas/human"
)

// maxHeader is the longest header that Parse reads: about sixty v1, far more than a rotation needs.
const maxHeader = 4096

// maxTimestampDigits keeps t, and t plus any tolerance, within an int64.
const maxTimestampDigits = 18

// Header is a parsed signature header.
type Header struct {
	T  int64    // time of signing in Unix seconds
	V1 [][]byte // the v1 signatures in order, 32 bytes each; at least one
}

// Parse parses the value of a signature header. It accepts the provider's form and unknown schemes, and refuses everything
// else with an [*Error], so that no two readers understand a header differently:
//
//   - Elements are key=value, separated by one comma, in any order. No element may be empty.
//   - White space is refused everywhere (HTTP has already trimmed it around the value).
//   - t must occur exactly once: 1 to 18 decimal digits without sign or leading zero.
//   - v1 must occur at least once, and each must have 64 lowercase hexadecimal digits. One malformed v1 makes the whole
//     header malformed.
//   - Any other key is an unknown scheme, such as v0 or v2, and is ignored. Keys are case-sensitive, so T and V1 are unknown.
//   - More than 4096 bytes are refused.
//
// Parse does not check the signature; [Verify] does.
func Parse(header string) (Header, error) {
	var h Header
	switch {
	case header == "":
		return h, refuse(ReasonMissing, "the signature header is missing or empty")
	case len(header) > maxHeader:
		return h, refuse(ReasonTooLong, "the signature header has %d bytes; the limit is %d", len(header), maxHeader)
	}
	if i := strings.IndexAny(header, " \t\r\n"); i >= 0 {
		return h, refuse(ReasonMalformed, "the signature header has white space at byte %d", i)
	}
	timestamped := false
	for element := range strings.SplitSeq(header, ",") {
		key, value, ok := strings.Cut(element, "=")
		if !ok || key == "" || value == "" {
			return h, refuse(ReasonMalformed, "the signature header has the element %q, which is not key=value", human.Excerpt(element, 80))
		}
		switch key {
		case "t":
			if timestamped {
				return h, refuse(ReasonTimestampTwice, "the signature header has t twice")
			}
			timestamped = true
			if h.T, ok = parseTimestamp(value); !ok {
				return h, refuse(ReasonBadTimestamp, "t is %q, which is not a time in Unix seconds", human.Excerpt(value, 80))
			}
		case "v1":
			sum, ok := parseHex(value)
			if !ok {
				return h, refuse(ReasonBadSignature, "v1 is %q, which is not 64 lowercase hexadecimal digits", human.Excerpt(value, 80))
			}
			h.V1 = append(h.V1, sum)
		}
	}
	switch {
	case !timestamped:
		return h, refuse(ReasonNoTimestamp, "the signature header has no t")
	case len(h.V1) == 0:
		return h, refuse(ReasonNoSignature, "the signature header has no v1")
	}
	return h, nil
}

func parseTimestamp(s string) (int64, bool) {
	t, err := strconv.ParseUint(s, 10, 63) // it refuses a sign
	return int64(t), err == nil && len(s) <= maxTimestampDigits && (s[0] != '0' || len(s) == 1)
}

func parseHex(s string) ([]byte, bool) {
	sum, err := hex.DecodeString(s)
	return sum, err == nil && len(sum) == sha256.Size && !strings.ContainsAny(s, "ABCDEF")
}
