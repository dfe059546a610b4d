package signature

import "time"

// Case is a signature to be examined, with all that is known about it.
type Case struct {
	Body            []byte        // as it was received
	Header          string        // the value of X-Webhook-Signature
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
	Mistake  string // the name of the mistake, "" where the signature holds or nothing that was tried fits
	Sentence string // what is the matter
	Mend     string // what to do about it, "" where the signature holds
}

// Explain says whether a signature holds and, if not, which mistake fits.
func Explain(c Case) Diagnosis {
	err := Verify(c.Body, c.Header, c.Secret, c.Now, c.Tolerance)
	if err == nil {
		return Diagnosis{Valid: true, Sentence: "the signature holds"}
	}
	refused := err.(*Error)
	return Diagnosis{Reason: refused.Reason, Sentence: refused.Sentence, Mend: "sign <t>.<raw body> with HMAC-SHA256"}
}
