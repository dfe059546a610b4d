package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Reason is why a signature is refused, for programs.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	ReasonNoSecret       Reason = "no-secret"       // the verifier has no secret, or an empty one, which anybody can sign with
	ReasonMissing        Reason = "missing"         // no header, or an empty one
	ReasonTooLong        Reason = "too-long"        // more than 4096 bytes
	ReasonMalformed      Reason = "malformed"       // white space, or an element that is not key=value
	ReasonBadTimestamp   Reason = "bad-timestamp"   // t is no time in Unix seconds
	ReasonTimestampTwice Reason = "timestamp-twice" // t more than once
	ReasonBadSignature   Reason = "bad-signature"   // a v1 is not 64 lowercase hexadecimal digits
	ReasonNoTimestamp    Reason = "no-timestamp"    // no t
	ReasonNoSignature    Reason = "no-signature"    // no v1
	ReasonMismatch       Reason = "mismatch"        // no v1 is the signature of this body with this secret
	ReasonStale          Reason = "stale"           // rightly signed, too long ago
	ReasonFuture         Reason = "future"          // rightly signed, too far ahead of the receiver's clock
)

// Error is a refused signature: a reason for programs, a sentence for people.
type Error struct {
	Reason   Reason
	Sentence string
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Sentence }

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Sentence: fmt.Sprintf(format, args...)}
}

// Verifier verifies signatures with one secret or, during a change of secret, with several, of which one must fit. It
// keeps the keys' state. Its methods may be called from several goroutines.
type Verifier struct {
	tolerance time.Duration
	secrets   []string
	states    sync.Pool // of *keyring
}

// keyring is the state of every key, for one goroutine at a time.
type keyring struct {
	keys []keyed
	sum  [sha256.Size]byte
	head [24]byte
}

// NewVerifier returns a verifier for the secrets. A tolerance of zero is [DefaultTolerance]; a negative one lets any age
// pass, which is for looking at old deliveries and never for receiving new ones.
func NewVerifier(tolerance time.Duration, secrets ...string) *Verifier {
	v := &Verifier{tolerance: tolerance, secrets: secrets}
	v.states.New = func() any {
		ring := &keyring{keys: make([]keyed, len(secrets))}
		for i, secret := range secrets {
			ring.keys[i] = newKeyed(secret)
		}
		return ring
	}
	return v
}

// Verify returns nil if header, read by the rules of [Parse], holds the signature of body with one of the secrets, and its t
// is at most the tolerance away from now, on either side, the bound included. Otherwise it returns an [*Error].
//
// The signature is compared in constant time, and before the age is looked at: a header is called stale only
// if it was once right.
func (v *Verifier) Verify(body []byte, header string, now time.Time) error {
	if len(v.secrets) == 0 {
		return refuse(ReasonNoSecret, "there is no secret to verify with")
	}
	for _, secret := range v.secrets {
		if secret == "" {
			return refuse(ReasonNoSecret, "the secret is empty, and anybody can sign with that")
		}
	}
	h, err := Parse(header)
	if err != nil {
		return err
	}
	if !v.match(body, h) {
		return refuse(ReasonMismatch, "no v1 of the signature header is the signature of this body with this secret")
	}
	return checkAge(h.T, now, v.tolerance)
}

// Verify verifies with one secret; see [Verifier.Verify] and, for the tolerance, [NewVerifier].
func Verify(body []byte, header, secret string, now time.Time, tolerance time.Duration) error {
	return NewVerifier(tolerance, secret).Verify(body, header, now)
}

// match compares every v1 with the signature of every secret, however early one fits, so that the time tells nothing.
func (v *Verifier) match(body []byte, h Header) bool {
	ring := v.states.Get().(*keyring)
	defer v.states.Put(ring)
	head := append(strconv.AppendInt(ring.head[:0], h.T, 10), '.')
	matched := false
	for _, k := range ring.keys {
		k.Reset()
		k.Write(head)
		k.Write(body)
		want := k.Sum(ring.sum[:0])
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
	case tolerance < 0:
		return nil
	case age > tolerance:
		return refuse(ReasonStale, "the signature is %s old; at most %s is allowed", inWords(age), inWords(tolerance))
	case -age > tolerance || age == minDuration:
		return refuse(ReasonFuture, "the signature is from %s in the future; at most %s is allowed", inWords(-age), inWords(tolerance))
	}
	return nil
}

// minDuration is what time.Time.Sub saturates at; it has no negative.
const minDuration time.Duration = -1 << 63

// inWords writes a duration as people say it: whole seconds, and days where there are many.
func inWords(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == minDuration || d > 3650*day:
		return "more than ten years"
	case d >= 2*day:
		return fmt.Sprintf("%d days", d/day)
	}
	return d.Truncate(time.Second).String()
}
