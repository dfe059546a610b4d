// Package signature signs a body, verifies a signature, and explains why one does not hold. Bytes go in and words come
// out; it knows nothing of HTTP, of payloads or of the other packages.
//
// A delivery carries two headers:
//
//	X-Webhook-Timestamp: 1764000000
//	X-Webhook-Signature: t=1764000000,v1=<64 lowercase hexadecimal digits>
//
// v1 is HMAC-SHA256 with the subscription's secret as the key, used as text and not decoded, over the bytes
//
//	<t>.<raw body>
//
// where t is in Unix seconds and the body is exactly what was sent, before anything parsed it. During a change of secret
// there may be several v1, one for each secret. It is the scheme of Stripe's webhooks under another header name.
//
// The sender:
//
//	signer := signature.NewSigner(secret)
//	header := signer.Append(nil, now.Unix(), body)
//
// The receiver, with the body as it was read from the connection:
//
//	err := signature.Verify(body, header, secret, now, signature.DefaultTolerance)
//
// A receiver that verifies many keeps a [Verifier], which keeps the keys' state. When a signature does not hold and should,
// [Explain] tries the mistakes that people make and names the one that fits.
//
// For other languages there are published vectors in testdata/vectors.json ([Vectors]), and whole verifiers of a few
// lines to copy, in Go, Node and Python, in testdata/verifiers.
//
// Only the header with v1 is believed. X-Webhook-Timestamp repeats t for people who read logs; it is not
// signed by itself, so a receiver must take t from the signature header.
package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"time"
)

// The names of the two headers, as the provider writes them.
const (
	HeaderName    = "X-Webhook-Signature"
	TimestampName = "X-Webhook-Timestamp"
)

// DefaultTolerance is how far t may be from the receiver's clock, in either direction. The provider publishes none; five
// minutes is the convention of this scheme.
const DefaultTolerance = 5 * time.Minute

// Signer signs with one secret or, during a change of secret, with several. It keeps the state of each key, so that a
// signature costs what its bytes cost and no allocation. A Signer serves one goroutine at a time.
type Signer struct {
	keys []keyed
	sum  [sha256.Size]byte
	head [24]byte // "<t>.": at most 20 characters and the dot
}

// keyed is HMAC-SHA256 with its key in place: Reset returns it there.
type keyed struct{ hash.Hash }

// NewSigner returns a signer that writes one v1 for each of the secrets, in their order.
func NewSigner(secrets ...string) *Signer {
	s := &Signer{keys: make([]keyed, len(secrets))}
	for i, secret := range secrets {
		s.keys[i] = newKeyed(secret)
	}
	return s
}

func newKeyed(secret string) keyed { return keyed{hmac.New(sha256.New, []byte(secret))} }

// Append appends the value of the signature header, "t=…,v1=…" with a v1 for each secret, to dst. t is in Unix seconds.
func (s *Signer) Append(dst []byte, t int64, body []byte) []byte {
	head := append(strconv.AppendInt(s.head[:0], t, 10), '.')
	dst = append(dst, "t="...)
	dst = append(dst, head[:len(head)-1]...)
	for _, k := range s.keys {
		k.Reset()
		k.Write(head)
		k.Write(body)
		dst = append(dst, ",v1="...)
		dst = hex.AppendEncode(dst, k.Sum(s.sum[:0]))
	}
	return dst
}

// Sign returns the whole value of the signature header for one secret. A sender of many keeps a [Signer].
func Sign(secret string, t time.Time, body []byte) string {
	return string(NewSigner(secret).Append(nil, t.Unix(), body))
}

// MAC returns the HMAC of a message with "sha1", "sha256" or "sha512": for whoever signs wrongly on purpose. A delivery
// is signed by a [Signer].
func MAC(algorithm, secret string, message []byte) ([]byte, error) {
	var newHash func() hash.Hash
	switch algorithm {
	case "sha1":
		newHash = sha1.New
	case "sha256":
		newHash = sha256.New
	case "sha512":
		newHash = sha512.New
	default:
		return nil, fmt.Errorf("unknown algorithm %q: it is sha1, sha256 or sha512", algorithm)
	}
	mac := hmac.New(newHash, []byte(secret))
	mac.Write(message)
	return mac.Sum(nil), nil
}
