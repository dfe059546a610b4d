package signature

import (
	"slices"
	"strings"
	"time"

	"semblance/schemas/human"
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
	Note     string // something else that is unusual, such as a timestamp header that differs from t; or ""
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
// If no mistake gives the signature, Explain says whether the body or the secret is visibly damaged, for which it needs no
// signature.
//
// The work is bounded: about ten milliseconds for a body of the usual size.
func Explain(c Case) Diagnosis {
	d := explain(c)
	d.Note = noteTimestamp(c)
	return d
}

// noteTimestamp says that the timestamp header differs from the t of the signature header, or "".
func noteTimestamp(c Case) string {
	header := strings.TrimSpace(c.TimestampHeader)
	if header == "" || len(header) > maxHeader || len(c.Header) > maxHeader {
		return ""
	}
	_, value := splitName(c.Header)
	if t := readHeader(value, "")[0].t; t != "" && t != header {
		return TimestampName + " is " + human.Excerpt(header, 40) + ", which differs from t=" + human.Excerpt(t, 40) + "; only t is signed"
	}
	return ""
}

func explain(c Case) Diagnosis {
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
		return unexplained(c, reason, claims[0], s.hashedBytes >= maxHashed)
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
	}
	return diagnose(reason, []finding{{string(late.Reason), inWords(c.Now.Sub(time.Unix(seconds, 0)).Abs())}})
}

// unexplained describes the findings in the header and says that no mistake explains the signature.
func unexplained(c Case, reason Reason, cl claim, large bool) Diagnosis {
	damaged := damagedSecret(c.Secret)
	if forms := formsOf(c.Body); len(forms) > 0 && !large && cl.sum != nil {
		damaged = append(damaged, forms[0].finding)
	}
	if len(damaged) > 0 {
		d := diagnose(reason, append(cl.findings, damaged...))
		if cl.sum != nil {
			d.Sentence += "; the signature does not match"
		}
		return d
	}
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

// ExplainComputed explains the digest that a receiver's code computed for a delivery whose body, header and secret are right.
// It names what the receiver computed instead.
func ExplainComputed(c Case, computed string) Diagnosis {
	_, value := splitName(c.Header)
	t := readHeader(value, c.TimestampHeader)[0].t
	computed = strings.TrimSpace(computed)
	if _, after, ok := strings.Cut(computed, "v1="); ok { // the whole header was pasted
		computed = after
	}
	own := c
	own.Header, own.Tolerance = "t="+t+",v1="+computed, -1
	if own.Now.IsZero() {
		own.Now = time.Unix(0, 0)
	}
	d := Explain(own)
	switch {
	case d.Valid:
		d.Sentence = "the digest is right, so the fault is in its comparison"
		d.Fix = "compare it with each v1 of the header as lowercase hexadecimal text of the same length, in constant time; check that the age is computed in seconds"
	case d.Mistake != "":
		d.Sentence = "your code's digest: " + d.Sentence
	default:
		d.Sentence = "no known mistake gives this digest: your code has another secret, another body or another message"
		d.Fix = "print the message that goes into the HMAC, and its length: it must be t, a dot and the " + human.Count(len(c.Body), "byte") + " of the body"
	}
	return d
}
