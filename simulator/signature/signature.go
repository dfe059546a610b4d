// Package signature signs a body, verifies a signature, and explains why a signature is invalid. It works on bytes and
// does not depend on HTTP or on the payload.
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
// where t is in Unix seconds and the raw body is the exact bytes of the request, before anything parsed them. During a
// rotation of the secret there may be several v1, one for each secret. The scheme is Stripe's under another header name.
//
// The sender:
//
//	signer := signature.NewSigner(secret)
//	header := signer.Append(nil, now.Unix(), body)
//
// The receiver, with the body as read from the connection:
//
//	err := signature.Verify(body, header, secret, now, signature.DefaultTolerance)
//
// A receiver of many deliveries uses a [Verifier], which reuses the state of its keys. When a signature should be valid and
// is not, [Explain] tries the usual mistakes and names the one that made it.
//
// For other languages there are test vectors in testdata/vectors.json ([Vectors]), and short verifiers to copy, in Go, Node
// and Python, in testdata/verifiers.
//
// Only the header with v1 counts. X-Webhook-Timestamp repeats t for people who read logs. It is not signed, so a receiver
// must take t from the signature header.
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

// DefaultTolerance is the largest accepted difference between t and the receiver's clock, in either direction. The provider
// publishes none; five minutes is the convention of this scheme.
const DefaultTolerance = 5 * time.Minute

// Signer signs with one secret or, during a rotation, with several. It reuses the state of each key, so that a signature
// takes no allocation. It is not safe for concurrent use.
type Signer struct {
	keys []hash.Hash // HMAC-SHA256 with the key; Reset returns it to the state after the key
	sum  [sha256.Size]byte
	head [24]byte // "<t>.": at most 20 characters and the dot
}

// NewSigner returns a signer that writes one v1 for each of the secrets, in their order.
func NewSigner(secrets ...string) *Signer {
	s := &Signer{}
	for _, secret := range secrets {
		s.keys = append(s.keys, hmac.New(sha256.New, []byte(secret)))
	}
	return s
}

// Append appends the value of the signature header, "t=…,v1=…" with a v1 for each secret, to dst. t is in Unix seconds.
func (s *Signer) Append(dst []byte, t int64, body []byte) []byte {
	dst = strconv.AppendInt(append(dst, "t="...), t, 10)
	for _, key := range s.keys {
		dst = hex.AppendEncode(append(dst, ",v1="...), s.mac(key, t, body))
	}
	return dst
}

// mac returns the signature with one of the keys. The next call overwrites it.
func (s *Signer) mac(key hash.Hash, t int64, body []byte) []byte {
	key.Reset()
	key.Write(append(strconv.AppendInt(s.head[:0], t, 10), '.'))
	key.Write(body)
	return key.Sum(s.sum[:0])
}

// Sign returns the value of the signature header for one secret. For many signatures use a [Signer].
func Sign(secret string, t time.Time, body []byte) string {
	return string(NewSigner(secret).Append(nil, t.Unix(), body))
}

// PlainSHA256 is the algorithm of [MAC] that hashes the secret and the message without HMAC.
const PlainSHA256 = "plain-sha256"

// MAC returns the HMAC of a message with the algorithm "sha1", "sha256" or "sha512", or the hash [PlainSHA256]. It serves tests of receivers with wrong
// signatures; deliveries are signed by a [Signer].
func MAC(algorithm, secret string, message []byte) ([]byte, error) {
	if algorithm == PlainSHA256 {
		sum := sha256.Sum256(append([]byte(secret), message...))
		return sum[:], nil
	}
	newHash, ok := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[algorithm]
	if !ok {
		return nil, fmt.Errorf("unknown algorithm %q; use sha1, sha256, sha512 or %s", algorithm, PlainSHA256)
	}
	mac := hmac.New(newHash, []byte(secret))
	mac.Write(message)
	return mac.Sum(nil), nil
}

// Digest returns the HMAC-SHA256 of any message as v1 writes it. It serves tests, like [MAC].
func Digest(secret string, message []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(message)
	return hex.EncodeToString(mac.Sum(nil))
}
