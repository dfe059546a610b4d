package signature_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// usual is a payload of the usual size.
func usual(t testing.TB) *schemas.Event {
	eventType, err := schemas.Lookup("booking.created")
	if err != nil {
		t.Fatal(err)
	}
	return &schemas.Event{Type: eventType, Identifiers: []schemas.Identifier{
		{Name: "bookingId", Value: "507f1f77bcf86cd799439011"},
		{Name: "patientId", Value: "507f191e810c19729de860ea"},
		{Name: "doctorId", Value: "507f1f77bcf86cd799439012"},
	}}
}

const (
	subscriptionID = "692597070fe21cfa5e6a010f"
	eventID        = "692597070fe21cfa5e6a010a"
)

// BenchmarkPayloadAndSignature is what one attempt costs before it is sent: its body encoded, signed, and the header
// written. The yardstick is BenchmarkHMACAlone: this may cost twice as much.
func BenchmarkPayloadAndSignature(b *testing.B) {
	change, signer := usual(b), signature.NewSigner(secret)
	var body, header []byte
	b.ReportAllocs()
	for b.Loop() {
		body = simulator.AppendPayload(body[:0], subscriptionID, eventID, change)
		header = signer.Append(header[:0], at.Unix(), body)
	}
}

// BenchmarkHMACAlone is HMAC-SHA256 with kept key state over the bytes that BenchmarkPayloadAndSignature signs.
func BenchmarkHMACAlone(b *testing.B) {
	message := simulator.AppendPayload([]byte("1764000000."), subscriptionID, eventID, usual(b))
	mac := hmac.New(sha256.New, []byte(secret))
	var sum []byte
	b.ReportAllocs()
	for b.Loop() {
		mac.Reset()
		mac.Write(message)
		sum = mac.Sum(sum[:0])
	}
}

func BenchmarkVerifier(b *testing.B) {
	body := simulator.AppendPayload(nil, subscriptionID, eventID, usual(b))
	header := signature.Sign(secret, at, body)
	v := signature.NewVerifier(0, secret)
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(body, header, at.Add(time.Second)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPayloadAndSignatureAllocateLittle(t *testing.T) {
	change, signer := usual(t), signature.NewSigner(secret)
	if n := testing.AllocsPerRun(100, func() {
		body := simulator.AppendPayload(make([]byte, 0, 512), subscriptionID, eventID, change)
		signer.Append(make([]byte, 0, 128), at.Unix(), body)
	}); n > 4 {
		t.Errorf("a fresh payload and its signature cost %v allocations", n)
	}
	body, header := make([]byte, 0, 512), make([]byte, 0, 128)
	if n := testing.AllocsPerRun(100, func() {
		body = simulator.AppendPayload(body[:0], subscriptionID, eventID, change)
		header = signer.Append(header[:0], at.Unix(), body)
	}); n != 0 {
		t.Errorf("a payload and its signature in kept slices cost %v allocations, want none", n)
	}
}
