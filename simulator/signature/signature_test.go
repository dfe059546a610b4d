package signature_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"semblance/simulator/signature"
)

const secret = "whsec_semblance_local_only"

var (
	body = []byte(`{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"booking.created","identifiers":{"bookingId":"507f1f77bcf86cd799439011"}}`)
	at   = time.Unix(1764000000, 0)
)

// reference computes v1 by the letter of the contract.
func reference(secret, message string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSign(t *testing.T) {
	want := "t=1764000000,v1=" + reference(secret, "1764000000."+string(body))
	if got := signature.Sign(secret, at, body); got != want {
		t.Errorf("Sign = %s\nwant   %s", got, want)
	}
	signer := signature.NewSigner("new", "old")
	want = "t=1764000000,v1=" + reference("new", "1764000000.x") + ",v1=" + reference("old", "1764000000.x")
	for range 3 { // the kept state must not remember the last message
		if got := string(signer.Append([]byte("before "), at.Unix(), []byte("x"))); got != "before "+want {
			t.Errorf("Append = %s\nwant before %s", got, want)
		}
	}
}

func TestSignDoesNotAllocate(t *testing.T) {
	signer, dst := signature.NewSigner("new", "old"), make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { dst = signer.Append(dst[:0], at.Unix(), body) }); n != 0 {
		t.Errorf("a signature costs %v allocations, want none", n)
	}
}

func TestStripeAcceptsOurSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, body := range []string{"", "{}", string(body), "\xff\x00é\r\n", strings.Repeat("x", 100_000)} {
			header := signature.Sign(secret, time.Now(), []byte(body))
			if err := webhook.ValidatePayload([]byte(body), header, secret); err != nil {
				t.Errorf("stripe-go refuses the signature of a body of %d bytes: %v", len(body), err)
			}
			header = string(signature.NewSigner("another", secret).Append(nil, time.Now().Unix(), []byte(body)))
			if err := webhook.ValidatePayload([]byte(body), header, secret); err != nil {
				t.Errorf("stripe-go refuses the second v1 of a rotation: %v", err)
			}
		}
	})
}

func TestVerifyBounds(t *testing.T) {
	header := signature.Sign(secret, at, body)
	for _, test := range []struct {
		now       time.Time
		tolerance time.Duration
		want      signature.Reason
	}{
		{at, 0, ""},
		{at.Add(5 * time.Minute), 0, ""},
		{at.Add(5*time.Minute + 1), 0, signature.ReasonStale},
		{at.Add(-5 * time.Minute), 0, ""},
		{at.Add(-5*time.Minute - 1), 0, signature.ReasonFuture},
		{at.Add(time.Second), time.Second, ""},
		{at.Add(2 * time.Second), time.Second, signature.ReasonStale},
		{at.Add(1000 * time.Hour), -1, ""},
		{time.Time{}, 0, signature.ReasonFuture},
	} {
		err := signature.Verify(body, header, secret, test.now, test.tolerance)
		if got := reason(err); got != test.want {
			t.Errorf("Verify at %v with %v: %v, want reason %q", test.now.Sub(at), test.tolerance, err, test.want)
		}
	}
}

func TestVerifierKnowsSeveralSecrets(t *testing.T) {
	v := signature.NewVerifier(0, "new", "old")
	for _, secret := range []string{"new", "old"} {
		if err := v.Verify(body, signature.Sign(secret, at, body), at); err != nil {
			t.Errorf("signed with the %s secret: %v", secret, err)
		}
	}
	if got := reason(v.Verify(body, signature.Sign("other", at, body), at)); got != signature.ReasonMismatch {
		t.Errorf("signed with an unknown secret: reason %q", got)
	}
	for _, v := range []*signature.Verifier{signature.NewVerifier(0), signature.NewVerifier(0, "new", "")} {
		if got := reason(v.Verify(body, signature.Sign("", at, body), at)); got != signature.ReasonNoSecret {
			t.Errorf("without a secret: reason %q", got)
		}
	}
}

func TestMAC(t *testing.T) {
	sum, err := signature.MAC("sha256", secret, []byte("message"))
	if err != nil || hex.EncodeToString(sum) != reference(secret, "message") {
		t.Errorf("MAC = %x, %v", sum, err)
	}
	for algorithm, size := range map[string]int{"sha1": 20, "sha512": 64} {
		if sum, err := signature.MAC(algorithm, secret, nil); err != nil || len(sum) != size {
			t.Errorf("MAC %s has %d bytes, %v", algorithm, len(sum), err)
		}
	}
	if _, err := signature.MAC("md5", secret, nil); err == nil || !strings.Contains(err.Error(), `"md5"`) {
		t.Errorf("MAC md5: %v", err)
	}
}

// reason returns the reason of a refusal, "" for nil.
func reason(err error) signature.Reason {
	if refused, ok := errors.AsType[*signature.Error](err); ok {
		return refused.Reason
	}
	if err != nil {
		return signature.Reason("not a *signature.Error: " + err.Error())
	}
	return ""
}
