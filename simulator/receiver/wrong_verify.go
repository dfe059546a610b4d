package receiver

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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
	return r.anySecret("", body, func(want string) bool { return hasV1(header, want) })
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

// cutHeader splits a header of the form t=…,v1=… without parsing it.
func cutHeader(header string) (t, v1 string, ok bool) {
	t, v1, ok = strings.Cut(header, ",v1=")
	return strings.TrimPrefix(t, "t="), v1, ok
}

func verifyPlainly(r *Receiver, body []byte, h http.Header, now time.Time) error {
	t, v1, _ := cutHeader(h.Get(signature.HeaderName))
	if strings.Contains(v1, ",") {
		return errUnsigned
	}
	return r.verifier.Verify(body, "t="+t+",v1="+v1, now)
}

func verifyIfSigned(r *Receiver, body []byte, h http.Header, now time.Time) error {
	if h.Get(signature.HeaderName) == "" {
		return nil
	}
	return verify(r, body, h, now)
}

// verifyIfWellFormed catches the failure to split the header, and goes on.
func verifyIfWellFormed(r *Receiver, body []byte, h http.Header, now time.Time) error {
	for element := range strings.SplitSeq(h.Get(signature.HeaderName), ",") {
		if element != "" && !strings.Contains(element, "=") {
			return nil
		}
	}
	return verify(r, body, h, now)
}

func verifyFormOnly(_ *Receiver, _ []byte, h http.Header, _ time.Time) error {
	_, err := signature.Parse(h.Get(signature.HeaderName))
	return err
}

// verifyTimestampHeader checks the age of t and signs another time.
func verifyTimestampHeader(r *Receiver, body []byte, h http.Header, now time.Time) error {
	header, err := signature.Parse(h.Get(signature.HeaderName))
	if err == nil {
		err = age(header.T, now)
	}
	if err != nil {
		return err
	}
	return r.anySecret(h.Get(signature.TimestampName)+".", body, func(want string) bool { return hasV1(header, want) })
}

// verifyPrefix compares only the digits that were sent.
func verifyPrefix(r *Receiver, body []byte, h http.Header, now time.Time) error {
	t, v1, ok := cutHeader(h.Get(signature.HeaderName))
	seconds, err := strconv.ParseInt(t, 10, 64)
	if !ok || err != nil || age(seconds, now) != nil || len(v1) >= 64 {
		return verify(r, body, h, now)
	}
	return r.anySecret(t+".", body, func(want string) bool { return strings.HasPrefix(want, v1) })
}

func verifyUnlessSeveral(r *Receiver, body []byte, h http.Header, now time.Time) error {
	if header, err := signature.Parse(h.Get(signature.HeaderName)); err == nil && len(header.V1) > 1 {
		return age(header.T, now)
	}
	return verify(r, body, h, now)
}

// verifyAnyScheme renames every scheme to v1.
func verifyAnyScheme(r *Receiver, body []byte, h http.Header, now time.Time) error {
	elements := strings.Split(h.Get(signature.HeaderName), ",")
	for i, element := range elements {
		if scheme, value, ok := strings.Cut(element, "="); ok && len(scheme) == 2 && (scheme[0] == 'v' || scheme[0] == 'V') {
			elements[i] = "v1=" + value
		}
	}
	return r.verifier.Verify(body, strings.Join(elements, ","), now)
}

// verifyLastT reads the header into a map, in which the last t wins, but signs the text of the first.
func verifyLastT(r *Receiver, body []byte, h http.Header, now time.Time) error {
	var times, rest []string
	for element := range strings.SplitSeq(h.Get(signature.HeaderName), ",") {
		if t, ok := strings.CutPrefix(element, "t="); ok {
			times = append(times, t)
			continue
		}
		rest = append(rest, element)
	}
	if len(times) < 2 {
		return verify(r, body, h, now)
	}
	last, err := strconv.ParseInt(times[len(times)-1], 10, 64)
	if err != nil {
		return errUnsigned
	}
	if err := age(last, now); err != nil {
		return err
	}
	return r.ageless(body, "t="+times[0]+","+strings.Join(rest, ","), now)
}

func verifyUnlessRepeated(r *Receiver, body []byte, h http.Header, now time.Time) error {
	if len(h.Values(signature.HeaderName)) > 1 {
		return nil
	}
	return verify(r, body, h, now)
}

// verifyASCII compares texts with a function that raises an error on text that is not ASCII.
func verifyASCII(r *Receiver, body []byte, h http.Header, now time.Time) error {
	for _, c := range []byte(h.Get(signature.HeaderName)) {
		if c >= 0x80 {
			return crash("comparing strings with non-ASCII characters is not supported")
		}
	}
	return verify(r, body, h, now)
}

// verifyOr accepts also another signature, within the tolerance.
func verifyOr(r *Receiver, body []byte, h http.Header, now time.Time, accepts func(signature.Header) bool) error {
	err := verify(r, body, h, now)
	header, unreadable := signature.Parse(h.Get(signature.HeaderName))
	if err != nil && unreadable == nil && age(header.T, now) == nil && accepts(header) {
		return nil
	}
	return err
}

func verifyOldScheme(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return verifyOr(r, body, h, now, func(signature.Header) bool { return verifyBodyOnly(r, body, h, now) == nil })
}

func verifyUnsetSecret(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return verifyOr(r, body, h, now, func(header signature.Header) bool {
		return hasV1(header, signature.Digest("", fmt.Appendf(nil, "%d.%s", header.T, body)))
	})
}

func verifyAnyAge(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return r.ageless(body, h.Get(signature.HeaderName), now)
}

func verifyStrictAge(r *Receiver, body []byte, h http.Header, now time.Time) error {
	return signature.NewVerifier(30*time.Second, r.options.Secrets...).Verify(body, h.Get(signature.HeaderName), now)
}

func verifyZeroTime(r *Receiver, body []byte, h http.Header, now time.Time) error {
	if header, err := signature.Parse(h.Get(signature.HeaderName)); err == nil && header.T == 0 {
		return r.ageless(body, h.Get(signature.HeaderName), now)
	}
	return verify(r, body, h, now)
}

func verifyHeaderAge(r *Receiver, body []byte, h http.Header, now time.Time) error {
	t, err := strconv.ParseInt(h.Get(signature.TimestampName), 10, 64)
	if err != nil {
		return errUnsigned
	}
	if err := age(t, now); err != nil {
		return err
	}
	return r.ageless(body, h.Get(signature.HeaderName), now)
}

// ageless verifies a signature of any age.
func (r *Receiver) ageless(body []byte, header string, now time.Time) error {
	return signature.NewVerifier(-1, r.options.Secrets...).Verify(body, header, now)
}

// age returns an error if t, in Unix seconds, is not within the default tolerance.
func age(t int64, now time.Time) error {
	if now.Sub(time.Unix(t, 0)).Abs() > signature.DefaultTolerance {
		return errUnsigned
	}
	return nil
}

func hasV1(header signature.Header, want string) bool {
	return slices.ContainsFunc(header.V1, func(v1 []byte) bool { return hex.EncodeToString(v1) == want })
}

// anySecret returns nil if compare accepts the HMAC of prefix and body, in hexadecimal digits, with one of the secrets.
func (r *Receiver) anySecret(prefix string, body []byte, compare func(want string) bool) error {
	for _, secret := range r.options.Secrets {
		if compare(signature.Digest(secret, append([]byte(prefix), body...))) {
			return nil
		}
	}
	return errUnsigned
}
