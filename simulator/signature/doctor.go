package signature

import (
	"slices"
	"strings"
	"time"
)

// Case is a signature to be examined, with all that is known about it.
type Case struct {
	Body            []byte        // as it was received
	Header          string        // the value of X-Webhook-Signature, or the whole line with the header's name
	TimestampHeader string        // the value of X-Webhook-Timestamp, "" where there was none
	Secret          string        // what it should be signed with
	Others          []string      // other secrets at hand, such as a published default: the doctor says if one of them was used
	Now             time.Time     // the receiver's clock
	Tolerance       time.Duration // as for [NewVerifier]
}

// Diagnosis says whether a signature holds and, if not, which mistake fits.
type Diagnosis struct {
	Valid    bool
	Reason   Reason // why [Verify] refuses it, "" where it holds
	Mistake  string // the names of the mistakes, joined with +; "" where the signature holds or nothing that was tried fits
	Sentence string // what is the matter
	Fix      string // what to do about it, "" where the signature holds
}

// String returns the diagnosis as one sentence that names the mistake and the mend.
func (d Diagnosis) String() string {
	if d.Fix == "" {
		return d.Sentence
	}
	return d.Sentence + "; mend: " + d.Fix
}

// Explain says whether a signature holds and, if not, which mistake fits. It makes the mistakes that people make, one
// at a time and then together, and compares: what it names has really produced the signature, or can be
// seen in the header. The explanation with the fewest mistakes wins.
//
// It does a bounded amount of work, whatever it is given: some ten milliseconds for a body of the usual size.
func Explain(c Case) Diagnosis {
	name, value := splitName(c.Header)
	c.Header = value
	err := Verify(c.Body, c.Header, c.Secret, c.Now, c.Tolerance)
	if err == nil && name == "" {
		return Diagnosis{Valid: true, Sentence: "the signature holds"}
	}
	reason := ReasonMissing // of the header that the provider sends
	if refused, ok := err.(*Error); ok {
		reason = refused.Reason
	}
	switch {
	case c.Secret == "":
		return diagnose(reason, []slip{{"no-secret", ""}})
	case len(c.Header) > maxHeader:
		return diagnose(reason, []slip{{"too-long", ""}})
	}
	claims := readClaims(c)
	if name != "" {
		for i := range claims {
			claims[i].slips = slices.Insert(claims[i].slips, 0, slip{"other-header-name", name})
		}
	}
	s := newSearch(c, claims)
	found, slips := s.run()
	if found == nil {
		return unexplained(reason, claims[0], s.hashed >= maxHashed)
	}
	slips = slices.Concat(found.slips, slips)
	if len(slips) == 0 && reason != ReasonStale && reason != ReasonFuture { // right, but for something beside it
		slips = claims[len(claims)-1].slips
		if len(slips) == 0 { // and that is out of the sight of a lenient reader
			return Diagnosis{Reason: reason, Sentence: err.Error(), Fix: writeForm}
		}
	}
	return explained(c, reason, found.t, slips)
}

// explained puts what was found into words, and with it that the time is wrong, where it is.
func explained(c Case, reason Reason, t string, slips []slip) Diagnosis {
	seconds, ok := parseTimestamp(t)
	switch {
	case !ok:
		return diagnose(reason, slips)
	case inMilliseconds(seconds):
		if !mentions(slips, "milliseconds") {
			slips = append(slips, slip{"milliseconds", ""})
		}
		return diagnose(reason, slips)
	}
	late, _ := checkAge(seconds, c.Now, c.Tolerance).(*Error)
	switch {
	case late == nil:
		return diagnose(reason, slips)
	case len(slips) > 0:
		d := diagnose(reason, slips)
		d.Sentence += "; besides, " + late.Sentence
		return d
	case late.Reason == ReasonStale:
		return diagnose(reason, []slip{{"stale", inWords(c.Now.Sub(time.Unix(seconds, 0)))}})
	default:
		return diagnose(reason, []slip{{"future", inWords(time.Unix(seconds, 0).Sub(c.Now))}})
	}
}

// unexplained says what can be seen in the header, and that the signature itself fits nothing.
func unexplained(reason Reason, cl claim, large bool) Diagnosis {
	tried := "no mistake that was tried"
	if large {
		tried = "no mistake that could be tried on so large a body"
	}
	if len(cl.slips) > 0 {
		d := diagnose(reason, cl.slips)
		if cl.sum != nil {
			d.Sentence += "; besides, it is not the signature of this body with this secret, and " + tried + " explains it"
		}
		return d
	}
	return Diagnosis{
		Reason:   reason,
		Sentence: "this is not the signature of this body with this secret, and " + tried + " explains it: the secret is another one, or the body is not what was signed",
		Fix:      "compare the last characters of the secret on both sides; then " + keepRaw,
	}
}

func mentions(slips []slip, mistake string) bool {
	return slices.ContainsFunc(slips, func(s slip) bool { return s.mistake == mistake })
}

// splitName takes the name off a header line that was pasted whole. The provider's own name is returned as "".
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
