package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// maxHeader bounds what Parse reads: t and some sixty v1, far more than a change of secret needs.
const maxHeader = 4096

// maxTimestampDigits keeps t within an int64, and every sum of it with a tolerance too.
const maxTimestampDigits = 18

// Header is what a signature header says.
type Header struct {
	T  int64    // when it was signed, in Unix seconds
	V1 [][]byte // the signatures of the scheme v1, 32 bytes each, in their order; at least one
}

// Parse reads the value of a signature header. It is strict: it takes what the provider sends and what its scheme leaves
// room for, and refuses the rest with an [*Error], so that no two readers take one header for two things:
//
//   - Elements are key=value, separated by one comma. Their order is free. Nothing may be empty: no comma at either end,
//     none doubled.
//   - White space is refused everywhere (HTTP has already trimmed it around the value).
//   - t must be there once: twice is refused, even twice the same. It is decimal digits without sign or leading zero,
//     at most 18 of them, so that the number and its text are the same thing.
//   - v1 must be there at least once, and each must be 64 lowercase hexadecimal digits. Upper case is refused, and so is the
//     whole header if one v1 of several is malformed.
//   - Any other key is a scheme that we do not know, such as v0 or v2: it is ignored, whatever its value holds.
//     Keys are case-sensitive, so T and V1 are unknown too.
//   - More than 4096 bytes are refused.
//
// It does not say that a signature is right; [Verify] does.
func Parse(header string) (Header, error) {
	var h Header
	switch {
	case header == "":
		return h, refuse(ReasonMissing, "there is no signature header, or it is empty")
	case len(header) > maxHeader:
		return h, refuse(ReasonTooLong, "the signature header has %d bytes; more than %d are refused", len(header), maxHeader)
	}
	if i := strings.IndexAny(header, " \t\r\n"); i >= 0 {
		return h, refuse(ReasonMalformed, "the signature header has white space at byte %d", i)
	}
	timestamped := false
	for element := range strings.SplitSeq(header, ",") {
		key, value, ok := strings.Cut(element, "=")
		if !ok || key == "" || value == "" {
			return h, refuse(ReasonMalformed, "the signature header has the element %q, which is not key=value", excerpt(element))
		}
		switch key {
		case "t":
			if timestamped {
				return h, refuse(ReasonTimestampTwice, "the signature header has t twice")
			}
			timestamped = true
			if h.T, ok = parseTimestamp(value); !ok {
				return h, refuse(ReasonBadTimestamp, "t is %q, which is not a time in Unix seconds", excerpt(value))
			}
		case "v1":
			sum, ok := parseHex(value)
			if !ok {
				return h, refuse(ReasonBadSignature, "v1 is %q, which is not 64 lowercase hexadecimal digits", excerpt(value))
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
	if s == "" || len(s) > maxTimestampDigits || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	t, err := strconv.ParseInt(s, 10, 64)
	return t, err == nil
}

func parseHex(s string) ([]byte, bool) {
	if len(s) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'F' {
			return nil, false
		}
	}
	sum, err := hex.DecodeString(s)
	return sum, err == nil
}

// excerpt shortens what a stranger sent, so that an error stays one readable line.
func excerpt(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
