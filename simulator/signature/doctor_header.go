package signature

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// claim is one reading of the header: a signature that it may hold, the time beside it, and what had to be overlooked to
// read it so. A header in the right form gives a claim without slips for each v1.
type claim struct {
	sum   []byte // nil where the header holds none
	t     string // as written, "" where there is none
	slips []slip
}

// maxClaims bounds how many signatures of one header are looked into.
const maxClaims = 8

// inMilliseconds says that t is likely in milliseconds: in seconds it would be the year 5138 or later. In milliseconds it
// is from 1973 to 5138.
func inMilliseconds(t int64) bool { return t >= 100_000_000_000 && t < 100_000_000_000_000 }

// readClaims reads the header as leniently as it can, and notes what it overlooks. It returns at least one claim.
func readClaims(c Case) []claim {
	claims := readHeader(c.Header, c.TimestampHeader)
	if c.TimestampHeader != "" && len(c.TimestampHeader) <= maxHeader && claims[0].sum == nil {
		if swapped := readHeader(c.TimestampHeader, c.Header); swapped[0].sum != nil {
			for i := range swapped {
				swapped[i].slips = slices.Insert(swapped[i].slips, 0, slip{"headers-swapped", ""})
			}
			return swapped
		}
	}
	return claims
}

func readHeader(header, timestampHeader string) []claim {
	if strings.TrimSpace(header) == "" {
		return []claim{{slips: []slip{{"no-header", ""}}}}
	}
	elements, overlooked := splitElements(header)
	var times []element
	var claims []claim
	for _, e := range elements {
		switch e.role {
		case roleTime:
			times = append(times, e)
		case roleSignature:
			if len(claims) < maxClaims {
				claims = append(claims, readSignature(e))
			}
		}
	}
	if len(claims) == 0 {
		claims = []claim{{slips: []slip{{"no-signature", ""}}}}
	}
	claims = withTimes(claims, times, strings.TrimSpace(timestampHeader))
	for i := range claims {
		claims[i].slips = slices.Concat(overlooked, claims[i].slips)
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return len(a.slips) - len(b.slips) })
	return claims
}

// withTimes gives every claim its time: each t in turn where there are several, that of the timestamp header where
// there is none.
func withTimes(claims []claim, times []element, timestampHeader string) []claim {
	if len(times) == 0 {
		for i := range claims {
			claims[i].t = timestampHeader
			if !bare(claims[i]) { // of which it goes without saying
				claims[i].slips = append(claims[i].slips, slip{"no-timestamp", ""})
			}
		}
		return claims
	}
	var all []claim
	for _, cl := range claims {
		for _, t := range times[:min(len(times), maxClaims)] {
			slips := slices.Clone(t.slips)
			if len(times) > 1 {
				slips = append(slips, slip{"timestamp-twice", ""})
			}
			if _, ok := parseTimestamp(t.value); !ok {
				slips = append(slips, slip{"bad-timestamp", ""})
			}
			all = append(all, claim{sum: cl.sum, t: t.value, slips: append(slips, cl.slips...)})
		}
	}
	return all
}

func bare(cl claim) bool {
	return mentions(cl.slips, "bare-signature") || mentions(cl.slips, "sha256-prefix")
}

type role int

const (
	roleOther role = iota // a scheme that nobody knows
	roleTime
	roleSignature
)

type element struct {
	key, value string
	role       role
	slips      []slip
}

// splitElements takes the header apart, and says what of the provider's form it had to overlook.
func splitElements(header string) (elements []element, overlooked []slip) {
	trimmed := strings.TrimSpace(header)
	if n := len(trimmed); n > 1 && trimmed[0] == trimmed[n-1] && (trimmed[0] == '"' || trimmed[0] == '\'') {
		overlooked = append(overlooked, slip{"quotes", ""})
		trimmed = strings.TrimSpace(trimmed[1 : n-1])
	}
	if strings.ContainsAny(header, " \t\r\n") {
		overlooked = append(overlooked, slip{"spaces", ""})
	}
	delimited, empty, malformed := false, false, false
	if !strings.Contains(trimmed, ",") && strings.ContainsAny(trimmed, "; &|") {
		delimited = strings.ContainsAny(trimmed, ";&|")
		trimmed = strings.NewReplacer(";", ",", "&", ",", "|", ",", " ", ",").Replace(trimmed)
	}
	for text := range strings.SplitSeq(trimmed, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			empty = true
			continue
		}
		e, colon := readElement(text)
		delimited = delimited || colon && e.role != roleOther
		malformed = malformed || e.role == roleOther && (colon || e.key == "" || e.value == "")
		elements = append(elements, e)
	}
	if delimited {
		overlooked = append(overlooked, slip{"delimiter", ""})
	}
	if empty {
		overlooked = append(overlooked, slip{"empty-element", ""})
	}
	if malformed {
		overlooked = append(overlooked, slip{"malformed-element", ""})
	}
	return elements, overlooked
}

// readElement takes one element for a time, a signature or neither. colon says that it was written key:value.
func readElement(text string) (e element, colon bool) {
	if _, _, ok := decodeSignature(text); ok {
		return element{value: text, role: roleSignature, slips: []slip{{"bare-signature", ""}}}, false
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		key, value, colon = strings.Cut(text, ":")
	}
	e = element{key: strings.TrimSpace(key), value: strings.TrimSpace(value)}
	switch lower := strings.ToLower(e.key); {
	case e.key == "t":
		e.role = roleTime
	case e.key == "v1":
		e.role = roleSignature
	case lower == "t" || lower == "ts" || lower == "timestamp":
		e.role, e.slips = roleTime, []slip{{"other-time-key", e.key}}
	case lower == "sha1" || lower == "sha256" || lower == "sha512" || lower == "hmac-sha256":
		e.role, e.slips = roleSignature, []slip{{"sha256-prefix", e.key + "="}}
	default:
		if _, _, ok := decodeSignature(e.value); ok {
			e.role, e.slips = roleSignature, []slip{{"other-scheme", excerpt(e.key)}}
		}
	}
	return e, colon
}

func readSignature(e element) claim {
	sum, encoding, ok := decodeSignature(e.value)
	switch {
	case !ok:
		return claim{slips: append(e.slips, slip{"bad-signature", ""})}
	case encoding != "":
		return claim{sum: sum, slips: append(e.slips, slip{encoding, ""})}
	}
	return claim{sum: sum, slips: e.slips}
}

// decodeSignature reads the text of a signature. encoding is "" for the right one and else the mistake that it is.
// Text that is no whole SHA-1, SHA-256, SHA-384 or SHA-512 sum in any known encoding is none.
func decodeSignature(text string) (sum []byte, encoding string, ok bool) {
	isSum := func(n int) bool { return n == 20 || n == 32 || n == 48 || n == 64 }
	if sum, err := hex.DecodeString(text); err == nil {
		if strings.ToLower(text) != text {
			encoding = "upper-case"
		}
		return sum, encoding, isSum(len(sum))
	}
	raw := strings.TrimRight(text, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if sum, err := e.DecodeString(raw); err == nil {
			return sum, "base64", isSum(len(sum))
		}
	}
	return nil, "", false
}
