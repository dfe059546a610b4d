package signature

import (
	"slices"
	"strings"
	"time"
)

// Case is a signature to examine, with everything that is known about it.
type Case struct {
	Body            []byte        // as it was received
	Header          string        // the value of X-Webhook-Signature, or the whole line with the header's name
	TimestampHeader string        // the value of X-Webhook-Timestamp, "" if it was absent
	Secret          string        // the expected secret
	Others          []string      // other known secrets, such as a published default; Explain reports if one of them was used
	Now             time.Time     // the receiver's clock
	Tolerance       time.Duration // as for [NewVerifier]
}

// Diagnosis is the result of [Explain].
type Diagnosis struct {
	Valid    bool
	Reason   Reason // why [Verify] refuses the signature, "" if it is valid
	Mistake  string // the names of the mistakes, joined with +; "" if there is none or no mistake explains the signature
	Sentence string // the result in one sentence
	Fix      string // what to change, "" if the signature is valid
}

// String returns the diagnosis and the fix in one sentence.
func (d Diagnosis) String() string {
	if d.Fix == "" {
		return d.Sentence
	}
	return d.Sentence + "; fix: " + d.Fix
}

// Explain reports whether a signature is valid and, if not, which mistake made it. It repeats the usual mistakes, one at
// a time and then combined, until one of them gives the signature in the header. A mistake that it names is therefore
// certain. The explanation with the fewest mistakes wins.
//
// The work is bounded: about ten milliseconds for a body of the usual size.
func Explain(c Case) Diagnosis {
	name, value := splitName(c.Header)
	c.Header = value
	err := Verify(c.Body, c.Header, c.Secret, c.Now, c.Tolerance)
	if err == nil && name == "" {
		return Diagnosis{Valid: true, Sentence: "the signature is valid"}
	}
	reason := ReasonMissing // the provider's header is missing
	if refused, ok := err.(*Error); ok {
		reason = refused.Reason
	}
	switch {
	case c.Secret == "":
		return diagnose(reason, []finding{{"no-secret", ""}})
	case len(c.Header) > maxHeader:
		return diagnose(reason, []finding{{"too-long", ""}})
	}
	claims := readClaims(c)
	if name != "" {
		for i := range claims {
			claims[i].findings = slices.Insert(claims[i].findings, 0, finding{"other-header-name", name})
		}
	}
	s := newSearch(c, claims)
	found, findings := s.run()
	if found == nil {
		return unexplained(reason, claims[0], s.hashedBytes >= maxHashed)
	}
	findings = slices.Concat(found.findings, findings)
	if len(findings) == 0 && reason != ReasonStale && reason != ReasonFuture { // the signature is right; something else in the header is wrong
		findings = claims[len(claims)-1].findings
		if len(findings) == 0 { // and the lenient reader did not see it
			return Diagnosis{Reason: reason, Sentence: err.Error(), Fix: writeForm}
		}
	}
	return explained(c, reason, found.t, findings)
}

// explained describes the findings, and a wrong time if there is one.
func explained(c Case, reason Reason, t string, findings []finding) Diagnosis {
	seconds, ok := parseTimestamp(t)
	switch {
	case !ok:
		return diagnose(reason, findings)
	case inMilliseconds(seconds):
		if !mentions(findings, "milliseconds") {
			findings = append(findings, finding{"milliseconds", ""})
		}
		return diagnose(reason, findings)
	}
	late, _ := checkAge(seconds, c.Now, c.Tolerance).(*Error)
	switch {
	case late == nil:
		return diagnose(reason, findings)
	case len(findings) > 0:
		d := diagnose(reason, findings)
		d.Sentence += "; besides, " + late.Sentence
		return d
	case late.Reason == ReasonStale:
		return diagnose(reason, []finding{{"stale", inWords(c.Now.Sub(time.Unix(seconds, 0)))}})
	default:
		return diagnose(reason, []finding{{"future", inWords(time.Unix(seconds, 0).Sub(c.Now))}})
	}
}

// unexplained describes the findings in the header and says that no mistake explains the signature.
func unexplained(reason Reason, cl claim, large bool) Diagnosis {
	tried := "no known mistake"
	if large {
		tried = "no mistake that can be tried on such a large body"
	}
	if len(cl.findings) > 0 {
		d := diagnose(reason, cl.findings)
		if cl.sum != nil {
			d.Sentence += "; besides, it does not match this body and this secret, and " + tried + " explains it"
		}
		return d
	}
	return Diagnosis{
		Reason:   reason,
		Sentence: "the signature does not match this body and this secret, and " + tried + " explains it: the secret or the body differs from the signed one",
		Fix:      "compare the last characters of the secret on both sides; then " + keepRaw,
	}
}

func mentions(findings []finding, mistake string) bool {
	return slices.ContainsFunc(findings, func(s finding) bool { return s.mistake == mistake })
}

// splitName splits a complete header line into name and value. The name is "" if it is the provider's.
func splitName(header string) (name, value string) {
	before, after, ok := strings.Cut(header, ":")
	before = strings.TrimSpace(before)
	if !ok || len(before) > 64 || !strings.Contains(before, "-") || strings.ContainsAny(before, "=, \t\r\n\"") {
		return "", header
	}
	after = strings.TrimSpace(after)
	if strings.EqualFold(before, HeaderName) {
		return "", after
	}
	return before, after
}
