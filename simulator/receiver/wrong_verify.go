package receiver

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"semblance/simulator/signature"
)

// errUnsigned is the refusal of a typical wrong receiver.
var errUnsigned = &refusal{http.StatusUnauthorized, "mismatch", "invalid signature"}

func verifySembleHeader(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return r.verifier.Verify(body, h.Get("X-Semble-Signature"), now)
}

func verifySHA256Prefix(r *Receiver, body []byte, h http.Header, _ time.Time) error {
	got := strings.TrimPrefix(h.Get(signature.HeaderName), "sha256=")
	return r.anySecret(h.Get(signature.TimestampName)+".", body, func(want string) bool { return got == want })
}

func verifyBodyOnly(r *Receiver, body []byte, h http.Header, _ time.Time) error {
	header, err := signature.Parse(h.Get(signature.HeaderName))
	if err != nil {
		return err
	}
	return r.anySecret("", body, func(want string) bool {
		return slices.ContainsFunc(header.V1, func(v1 []byte) bool { return hex.EncodeToString(v1) == want })
	})
}

// verifyReserialised verifies the result of JSON.stringify(JSON.parse(body)). It refuses valid bodies in another JSON style
// and accepts changed bodies that parse to the same value.
func verifyReserialised(r *Receiver, body []byte, h http.Header, now time.Time) error {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return errUnsigned
	}
	return r.verifier.Verify(compact.Bytes(), h.Get(signature.HeaderName), now)
}

func verifyPlainly(r *Receiver, body []byte, h http.Header, _ time.Time) error {
	t := h.Get(signature.TimestampName)
	return r.anySecret(t+".", body, func(want string) bool { return h.Get(signature.HeaderName) == "t="+t+",v1="+want })
}

// anySecret returns nil if compare accepts the HMAC of prefix and body, in hexadecimal digits, with one of the secrets.
func (r *Receiver) anySecret(prefix string, body []byte, compare func(want string) bool) error {
	for _, secret := range r.options.Secrets {
		sum, err := signature.MAC("sha256", secret, append([]byte(prefix), body...))
		if err != nil {
			return err
		}
		if compare(hex.EncodeToString(sum)) {
			return nil
		}
	}
	return errUnsigned
}
