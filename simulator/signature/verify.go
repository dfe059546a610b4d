package signature

import (
	"crypto/hmac"
	"fmt"
	"slices"
	"sync"
	"time"

	"semblance/schemas/human"
)

// Reason is the reason for a refusal, for programs.
type Reason string

// The reasons, in the order in which they are checked.
const (
	ReasonNoSecret       Reason = "no-secret"       // the verifier has no secret, or an empty one, with which anybody can sign
	ReasonMissing        Reason = "missing"         // no header, or an empty one
	ReasonTooLong        Reason = "too-long"        // more than 4096 bytes
	ReasonMalformed      Reason = "malformed"       // white space, or an element that is not key=value
	ReasonBadTimestamp   Reason = "bad-timestamp"   // t is not a time in Unix seconds
	ReasonTimestampTwice Reason = "timestamp-twice" // t more than once
	ReasonBadSignature   Reason = "bad-signature"   // a v1 is not 64 lowercase hexadecimal digits
	ReasonNoTimestamp    Reason = "no-timestamp"    // no t
	ReasonNoSignature    Reason = "no-signature"    // no v1
	ReasonMismatch       Reason = "mismatch"        // no v1 is the signature of this body with this secret
	ReasonStale          Reason = "stale"           // the signature is correct but too old
	ReasonFuture         Reason = "future"          // the signature is correct but too far in the future
)

// Error says why a signature is refused: a reason for programs, a sentence for people.
type Error struct {
	Reason   Reason
	Sentence string
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Sentence }

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Sentence: fmt.Sprintf(format, args...)}
}

// Verifier verifies signatures with one secret or, during a rotation, with several of which one must match. It reuses the
// state of its keys. It is safe for concurrent use.
type Verifier struct {
	tolerance time.Duration
	secrets   []string
	signers   sync.Pool // of *Signer, each for one goroutine at a time
}

// NewVerifier returns a verifier for the secrets. A tolerance of zero means [DefaultTolerance]. A negative tolerance
// accepts any age, which is right for stored deliveries and never for new ones.
func NewVerifier(tolerance time.Duration, secrets ...string) *Verifier {
	v := &Verifier{tolerance: tolerance, secrets: secrets}
	v.signers.New = func() any { return NewSigner(secrets...) }
	return v
}

// Verify returns nil if header, parsed by the rules of [Parse], has the signature of body with one of the secrets, and its
// t is at most the tolerance before or after now. Otherwise it returns an [*Error].
//
// It compares signatures in constant time, and before it checks the age: only a correct signature is called stale.
func (v *Verifier) Verify(body []byte, header string, now time.Time) error {
	if len(v.secrets) == 0 {
		return refuse(ReasonNoSecret, "no secret is set")
	}
	if slices.Contains(v.secrets, "") {
		return refuse(ReasonNoSecret, "the secret is empty, so anybody can sign")
	}
	h, err := Parse(header)
	if err != nil {
		return err
	}
	if !v.match(body, h) {
		return refuse(ReasonMismatch, "no v1 of the signature header matches this body and this secret")
	}
	return checkAge(h.T, now, v.tolerance)
}

// Verify verifies a signature with one secret. See [Verifier.Verify], and [NewVerifier] for the tolerance.
func Verify(body []byte, header, secret string, now time.Time, tolerance time.Duration) error {
	return NewVerifier(tolerance, secret).Verify(body, header, now)
}

// match compares every v1 with the signature of every secret, even after a match, so that the time reveals nothing.
func (v *Verifier) match(body []byte, h Header) bool {
	signer := v.signers.Get().(*Signer)
	defer v.signers.Put(signer)
	matched := false
	for _, key := range signer.keys {
		want := signer.mac(key, h.T, body)
		for _, got := range h.V1 {
			if hmac.Equal(got, want) {
				matched = true
			}
		}
	}
	return matched
}

func checkAge(t int64, now time.Time, tolerance time.Duration) error {
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	age := now.Sub(time.Unix(t, 0))
	switch {
	case tolerance < 0 || age.Abs() <= tolerance:
		return nil
	case age > 0:
		return refuse(ReasonStale, "the signature is %s old; the tolerance is %s", inWords(age), inWords(tolerance))
	}
	return refuse(ReasonFuture, "the signature is %s in the future; the tolerance is %s", inWords(age.Abs()), inWords(tolerance))
}

// inWords returns a duration in whole seconds or larger units.
func inWords(d time.Duration) string {
	if d > 10*365*24*time.Hour {
		return "more than ten years"
	}
	return human.Duration(d.Truncate(time.Second))
}
