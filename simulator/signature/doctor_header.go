package signature

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"semblance/schemas/human"
)

// claim is one reading of the header: a signature in it, its time, and the mistakes in its form. A header in the right
// form gives one claim without findings for each v1.
type claim struct {
	sum      []byte // nil if the header has none
	t        string // as written, "" if absent
	findings []finding
}

// maxClaims is the largest number of signatures of one header that are examined.
const maxClaims = 8

// inMilliseconds reports whether t is probably in milliseconds: a time from 1973 to 5138. In seconds it would be later
// than 5138.
func inMilliseconds(t int64) bool { return t >= 100_000_000_000 && t < 100_000_000_000_000 }

// readClaims reads the header leniently and records the mistakes in its form. It returns at least one claim.
func readClaims(c Case) []claim {
	claims := readHeader(c.Header, c.TimestampHeader)
	if c.TimestampHeader != "" && len(c.TimestampHeader) <= maxHeader && claims[0].sum == nil {
		if swapped := readHeader(c.TimestampHeader, c.Header); swapped[0].sum != nil {
			for i := range swapped {
				swapped[i].findings = slices.Insert(swapped[i].findings, 0, finding{"headers-swapped", ""})
			}
			return swapped
		}
	}
	return claims
}

func readHeader(header, timestampHeader string) []claim {
	if strings.TrimSpace(header) == "" {
		return []claim{{findings: []finding{{"no-header", ""}}}}
	}
	elements, findings := splitElements(header)
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
	switch {
	case len(claims) == 0 && len(times) == 0: // the form of what else is there does not matter
		return []claim{{t: strings.TrimSpace(timestampHeader), findings: []finding{{"no-elements", ""}}}}
	case len(claims) == 0:
		claims = []claim{{findings: []finding{{"no-signature", ""}}}}
	}
	claims = withTimes(claims, times, strings.TrimSpace(timestampHeader))
	for i := range claims {
		claims[i].findings = slices.Concat(findings, claims[i].findings)
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return len(a.findings) - len(b.findings) })
	return claims
}

// withTimes combines each claim with each t. Without a t it uses the timestamp header.
func withTimes(claims []claim, times []element, timestampHeader string) []claim {
	if len(times) == 0 {
		for i := range claims {
			claims[i].t = timestampHeader
			if !bare(claims[i]) { // a bare signature never has a t
				claims[i].findings = append(claims[i].findings, finding{"no-timestamp", ""})
			}
		}
		return claims
	}
	var all []claim
	for _, cl := range claims {
		for _, t := range times[:min(len(times), maxClaims)] {
			findings := slices.Clone(t.findings)
			if len(times) > 1 {
				findings = append(findings, finding{"timestamp-twice", ""})
			}
			if _, ok := parseTimestamp(t.value); !ok {
				findings = append(findings, finding{"bad-timestamp", ""})
			}
			all = append(all, claim{sum: cl.sum, t: t.value, findings: append(findings, cl.findings...)})
		}
	}
	return all
}

func bare(cl claim) bool {
	return mentions(cl.findings, "bare-signature") || mentions(cl.findings, "sha256-prefix")
}

type role int

const (
	roleOther role = iota // an unknown scheme
	roleTime
	roleSignature
)

type element struct {
	key, value string
	role       role
	findings   []finding
}

// splitElements splits the header into its elements and returns the mistakes in its form.
func splitElements(header string) (elements []element, findings []finding) {
	trimmed := strings.TrimSpace(header)
	if n := len(trimmed); n > 1 && trimmed[0] == trimmed[n-1] && (trimmed[0] == '"' || trimmed[0] == '\'') {
		findings = append(findings, finding{"quotes", ""})
		trimmed = strings.TrimSpace(trimmed[1 : n-1])
	}
	if strings.ContainsAny(header, " \t\r\n") {
		findings = append(findings, finding{"spaces", ""})
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
	for _, form := range []struct {
		found   bool
		mistake string
	}{{delimited, "delimiter"}, {empty, "empty-element"}, {malformed, "malformed-element"}} {
		if form.found {
			findings = append(findings, finding{form.mistake, ""})
		}
	}
	return elements, findings
}

// readElement decides whether an element is a time, a signature or neither. colon reports the form key:value.
func readElement(text string) (e element, colon bool) {
	if _, _, ok := decodeSignature(text); ok {
		return element{value: text, role: roleSignature, findings: []finding{{"bare-signature", ""}}}, false
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
		e.role, e.findings = roleTime, []finding{{"other-time-key", e.key}}
	case lower == "sha1" || lower == "sha256" || lower == "sha512" || lower == "hmac-sha256":
		e.role, e.findings = roleSignature, []finding{{"sha256-prefix", e.key + "="}}
	default:
		if _, _, ok := decodeSignature(e.value); ok {
			e.role, e.findings = roleSignature, []finding{{"other-scheme", human.Excerpt(e.key, 80)}}
		}
	}
	return e, colon
}

func readSignature(e element) claim {
	sum, mistake, ok := decodeSignature(e.value)
	if !ok {
		sum, mistake = nil, "bad-signature"
	}
	if mistake != "" {
		e.findings = append(e.findings, finding{mistake, ""})
	}
	return claim{sum: sum, findings: e.findings}
}

// decodeSignature decodes a signature in any known encoding. encoding is "" for lowercase hexadecimal, otherwise the name
// of the mistake. ok is false unless the text is a complete SHA-1, SHA-256, SHA-384 or SHA-512 digest.
func decodeSignature(text string) (sum []byte, encoding string, ok bool) {
	isSum := func(n int) bool { return digests[n].hash != nil }
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
