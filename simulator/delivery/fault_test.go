package delivery_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// Our verifier and an independent one agree on each signature fault.
func TestSignatureFaults(t *testing.T) {
	s := newSender(t, delivery.Options{})
	correct := prepare(t, s, newMessage(t, "http://127.0.0.1:3000/"))
	for _, test := range []struct {
		fault  string
		reason signature.Reason // "" if the signature is correct
		header string           // the signature header, if known; SIG stands for the digits of the correct one
	}{
		{"signature=missing", signature.ReasonMissing, ""},
		{"signature=missing,header=signature", signature.ReasonMissing, ""},
		{"signature=missing,header=timestamp", "", "t=1764000000,v1=SIG"},
		{"signature=malformed", signature.ReasonMalformed, "not a signature"},
		{"signature=malformed,form=empty", signature.ReasonMissing, ""},
		{"signature=malformed,form=no-t", signature.ReasonNoTimestamp, "v1=SIG"},
		{"signature=malformed,form=no-v1", signature.ReasonNoSignature, "t=1764000000"},
		{"signature=malformed,form=bad-t", signature.ReasonBadTimestamp, "t=yesterday,v1=SIG"},
		{"signature=malformed,form=odd-hex", signature.ReasonBadSignature, "t=1764000000,v1=" + correct.Header(signature.HeaderName)[len("t=1764000000,v1="):][:63]},
		{"signature=wrong-secret", signature.ReasonMismatch, ""},
		{"signature=wrong-secret,secret=" + testSecret.Reveal(), signature.ReasonMismatch, ""},
		{"signature=tampered", signature.ReasonMismatch, "t=1764000000,v1=SIG"},
		{"signature=reserialised", signature.ReasonMismatch, "t=1764000000,v1=SIG"},
		{"signature=reserialised,style=indented", signature.ReasonMismatch, "t=1764000000,v1=SIG"},
		{"signature=body-only", signature.ReasonMismatch, ""},
		{"signature=stale", signature.ReasonStale, ""},
		{"signature=stale,age=1s", "", ""},
		{"signature=future", signature.ReasonFuture, ""},
		{"signature=other-scheme", signature.ReasonNoSignature, "t=1764000000,v0=SIG"},
		{"signature=other-scheme,scheme=sha256", signature.ReasonNoSignature, "t=1764000000,sha256=SIG"},
		{"signature=several-v1", "", ""},
		{"signature=several-v1,count=5,right=first", "", ""},
		{"signature=several-v1,right=none", signature.ReasonMismatch, ""},
		{"transport=chunked", "", "t=1764000000,v1=SIG"},
		{"transport=gzip", "", ""},
		{"transport=gzip,signed=plain", signature.ReasonMismatch, "t=1764000000,v1=SIG"},
		{"transport=oversized,size=10KiB", "", ""},
		{"transport=slow-body", "", "t=1764000000,v1=SIG"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			r := newMessage(t, "http://127.0.0.1:3000/")
			r.Fault = mustFault(t, test.fault)
			request := prepare(t, s, r)
			if request.Fault != r.Fault.String() {
				t.Errorf("recorded as %q", request.Fault)
			}
			header := request.Header(signature.HeaderName)
			err := signature.Verify(request.Body, header, testSecret.Reveal(), testTime, signature.DefaultTolerance)
			var refused *signature.Error
			errors.As(err, &refused)
			switch {
			case test.reason == "" && err != nil:
				t.Errorf("%q does not hold: %v", header, err)
			case test.reason != "" && refused == nil:
				t.Errorf("%q holds", header)
			case test.reason != "" && refused.Reason != test.reason:
				t.Errorf("%q is refused for %s, want %s", header, refused.Reason, test.reason)
			}
			digits := strings.TrimPrefix(correct.Header(signature.HeaderName), "t=1764000000,v1=")
			if want := strings.ReplaceAll(test.header, "SIG", digits); test.header != "" && header != want {
				t.Errorf("header %q, want %q", header, want)
			}
			if stamp := request.Header(signature.TimestampName); strings.HasPrefix(header, "t=1") && stamp != "" && !strings.HasPrefix(header, "t="+stamp) {
				t.Errorf("timestamp %q beside %q", stamp, header)
			}
			// The independent verifier has no check for the future and uses its own clock, so it does not check the age.
			independent := webhook.ValidatePayloadIgnoringTolerance(request.Body, header, testSecret.Reveal())
			if correct := test.reason == "" || test.reason == signature.ReasonStale || test.reason == signature.ReasonFuture; (independent == nil) != correct {
				t.Errorf("stripe-go verifies %q: %v", header, independent)
			}
		})
	}
}

// A fault changes nothing else: a tampered body is a valid payload, a reserialised body is the same JSON.
func TestFaultyBodies(t *testing.T) {
	s := newSender(t, delivery.Options{})
	correct := prepare(t, s, newMessage(t, "http://127.0.0.1:3000/"))
	faulty := func(text string) []byte {
		r := newMessage(t, "http://127.0.0.1:3000/")
		r.Fault = mustFault(t, text)
		return prepare(t, s, r).Body
	}
	if got, want := string(faulty("signature=tampered")), strings.Replace(string(correct.Body), `439012"}}`, `439013"}}`, 1); got != want {
		t.Errorf("tampered:\n%s\nwant\n%s", got, want)
	}
	if got := string(faulty("signature=reserialised")); !strings.HasPrefix(got, `{"subscriptionId": "692597070fe21cfa5e6a010f", "eventId": `) {
		t.Errorf("reserialised: %s", got)
	}
	var a, b any
	if json.Unmarshal(faulty("signature=reserialised,style=indented"), &a) != nil || json.Unmarshal(correct.Body, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("reserialised JSON differs: %v, %v", a, b)
	}
	large := faulty("transport=oversized,size=64KiB")
	if len(large) != 64<<10 || !json.Valid(large) || !bytes.HasPrefix(large, correct.Body) {
		t.Errorf("oversized: %d bytes, valid JSON: %t", len(large), json.Valid(large))
	}
	for _, text := range []string{"transport=gzip", "transport=gzip,signed=plain"} {
		reader, err := gzip.NewReader(bytes.NewReader(faulty(text)))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(reader); err != nil || !bytes.Equal(plain, correct.Body) {
			t.Errorf("%s unpacks to %s, %v", text, plain, err)
		}
	}
}

// wireCapture is the record of one connection at the receiver.
type wireCapture struct {
	bytes  string
	pieces []time.Duration // the time of each non-empty read
	end    error           // nil after a normal close
}

// captureWire records all bytes until the sender ends the connection, and never responds.
func captureWire(t *testing.T) (*rawReceiver, <-chan wireCapture) {
	got := make(chan wireCapture, 1)
	return serveRaw(t, func(p *peer, _ int) {
		var s wireCapture
		start := time.Now()
		for buffer := make([]byte, 64<<10); ; {
			n, err := p.Read(buffer)
			if n > 0 {
				s.bytes += string(buffer[:n])
				s.pieces = append(s.pieces, time.Since(start))
			}
			if err != nil {
				if err != io.EOF {
					s.end = err
				}
				break
			}
		}
		got <- s
	}), got
}

// send makes one attempt with a fault.
func send(t *testing.T, s *delivery.Sender, url, text string) (simulator.Request, simulator.Response) {
	t.Helper()
	r := newMessage(t, url)
	r.Fault = mustFault(t, text)
	request := prepare(t, s, r)
	return request, s.Send(t.Context(), request)
}

func TestCutBodyOnTheWire(t *testing.T) {
	receiver, got := captureWire(t)
	s := newSender(t, delivery.Options{})
	for keep, percent := range map[string]int{"": 50, ",keep=0%": 0, ",keep=99%": 99} {
		request, response := send(t, s, receiver.URL, "transport=cut-body"+keep)
		complete := render(t, &request)
		written := len(request.Body) * percent / 100
		saw := <-got
		if want := complete[:len(complete)-len(request.Body)+written]; saw.bytes != want || saw.end != nil {
			t.Errorf("keep %d%%: %q, then %v; want %q, then a close", percent, saw.bytes, saw.end, want)
		}
		want := fmt.Sprintf("the fault closed the connection after %d of %d bytes of the body", written, len(request.Body))
		if response.Failure != simulator.FailureCut || response.Detail != want {
			t.Errorf("keep %d%%: %+v", percent, response)
		}
	}
}

func TestResetOnTheWire(t *testing.T) {
	receiver, got := captureWire(t)
	s := newSender(t, delivery.Options{})
	for keep, percent := range map[string]int{"": 50, ",keep=100%": 100} {
		request, response := send(t, s, receiver.URL, "transport=reset"+keep)
		complete := render(t, &request)
		saw := <-got
		if !errors.Is(saw.end, syscall.ECONNRESET) {
			t.Errorf("keep %d%%: the connection ended with %v, want a reset", percent, saw.end)
		}
		// A reset may overtake bytes sent before it, so the receiver may get only a part of them.
		if want := complete[:len(complete)-len(request.Body)+len(request.Body)*percent/100]; !strings.HasPrefix(want, saw.bytes) {
			t.Errorf("keep %d%%: %q, want a prefix of %q", percent, saw.bytes, want)
		}
		if response.Failure != simulator.FailureCut || !strings.HasPrefix(response.Detail, "the fault reset the connection after ") {
			t.Errorf("keep %d%%: %+v", percent, response)
		}
	}
}

func TestSlowBodyOnTheWire(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		start := time.Now()
		if r := p.request(); r != nil {
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nX-Took: %d\r\nContent-Length: 0\r\n\r\n", time.Since(start).Milliseconds()))
			p.rest()
		}
	})
	s := newSender(t, delivery.Options{})
	_, response := send(t, s, receiver.URL, "transport=slow-body,over=120ms,pieces=4")
	var took int
	if _, err := fmt.Sscan(response.Header("X-Took"), &took); err != nil || took < 110 {
		t.Errorf("the body took %d ms (%v), want 120; %+v", took, err, response)
	}
	if !response.OK() {
		t.Errorf("%s: %s", response.Failure, response.Detail)
	}
}

func TestSlowBodyComesInPieces(t *testing.T) {
	receiver, got := captureWire(t)
	s := newSender(t, delivery.Options{Timeout: 300 * time.Millisecond})
	_, response := send(t, s, receiver.URL, "transport=slow-body,over=100ms,pieces=5")
	if saw := <-got; len(saw.pieces) < 4 { // pauses of 20 ms; two pieces may arrive together on a busy machine
		t.Errorf("%d pieces, at %v", len(saw.pieces), saw.pieces)
	}
	if response.Failure != simulator.FailureTimeout {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
}

// A slow body ends at the time-out, or when the receiver has responded.
func TestSlowBodyEnds(t *testing.T) {
	receiver, got := captureWire(t)
	s := newSender(t, delivery.Options{Timeout: 100 * time.Millisecond})
	if _, response := send(t, s, receiver.URL, "transport=slow-body,over=1h"); response.Failure != simulator.FailureTimeout {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
	<-got

	impatient := serveRaw(t, func(p *peer, _ int) {
		p.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	patient := newSender(t, delivery.Options{Timeout: time.Minute})
	start := time.Now()
	_, response := send(t, patient, impatient.URL, "transport=slow-body,over=30s")
	if response.Status != 408 || response.Failure != "" || time.Since(start) > 20*time.Second {
		t.Errorf("after %s: %+v", time.Since(start), response)
	}
}

func TestLostResponseOnTheWire(t *testing.T) {
	worked := make(chan string, 1)
	receiver := serveRaw(t, func(p *peer, _ int) {
		if p.request() == nil {
			return
		}
		p.send("HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nwo")
		p.stillOpen(30 * time.Millisecond)
		p.send("rk")
		p.rest() // the sender waits for the complete response before it closes
		worked <- p.got.String()
	})
	s := newSender(t, delivery.Options{})
	request, response := send(t, s, receiver.URL, "transport=lost-response")
	if response.Failure != simulator.FailureLost || response.Status != 0 || response.Body != nil || response.Headers != nil || response.Size != 0 {
		t.Errorf("parts of the response remain: %+v", response)
	}
	if response.Detail != "the fault discarded the response (201)" || response.Timings.Total < 25*time.Millisecond {
		t.Errorf("%s, after %s", response.Detail, response.Timings.Total)
	}
	if got := <-worked; got != render(t, &request) {
		t.Errorf("the receiver got %q", got)
	}
}

func TestChunkedOnTheWire(t *testing.T) {
	receiver, got := echo200(t)
	s := newSender(t, delivery.Options{})
	r := newMessage(t, receiver.URL)
	r.Event, r.Raw, r.Fault = nil, []byte("0123456789abcdefXYZ"), mustFault(t, "transport=chunked")
	response := s.Send(t.Context(), prepare(t, s, r))
	wire := <-got
	head, body, _ := strings.Cut(wire, "\r\n\r\n")
	if want := "10\r\n0123456789abcdef\r\n3\r\nXYZ\r\n0\r\n\r\n"; body != want {
		t.Errorf("body %q, want %q", body, want)
	}
	if !strings.Contains(head, "\r\nTransfer-Encoding: chunked\r\n") || strings.Contains(head, "Content-Length") {
		t.Errorf("head %q", head)
	}
	if !response.OK() {
		t.Errorf("%s: %s", response.Failure, response.Detail)
	}
}

func TestGzipOnTheWire(t *testing.T) {
	receiver, got := echo200(t)
	s := newSender(t, delivery.Options{})
	request, _ := send(t, s, receiver.URL, "transport=gzip")
	head, body, _ := strings.Cut(<-got, "\r\n\r\n")
	if !strings.HasPrefix(body, "\x1f\x8b\x08") || body != string(request.Body) {
		t.Errorf("body %q", body)
	}
	if !strings.Contains(head, "\r\nContent-Encoding: gzip") || !strings.Contains(head, fmt.Sprintf("\r\nContent-Length: %d\r\n", len(body))) {
		t.Errorf("head %q", head)
	}
}

func TestOversizedOnTheWire(t *testing.T) {
	receiver, got := echo200(t)
	s := newSender(t, delivery.Options{})
	send(t, s, receiver.URL, "transport=oversized")
	if _, body, _ := strings.Cut(<-got, "\r\n\r\n"); len(body) != 2<<20 {
		t.Errorf("%d bytes", len(body))
	}
}

// A response that the receiver sends before it has read the body is recorded.
func TestEarlyRefusal(t *testing.T) {
	for _, waits := range []bool{false, true} {
		t.Run(fmt.Sprintf("waits=%t", waits), func(t *testing.T) {
			received := make(chan bool)
			receiver := serveRaw(t, func(p *peer, _ int) {
				_, _ = p.in.Peek(1)
				p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
				if waits { // with the body unread and the connection open
					<-received
				}
			})
			s := newSender(t, delivery.Options{})
			_, response := send(t, s, receiver.URL, "transport=oversized,size=16MiB")
			close(received)
			if response.Status != 413 || response.Failure != "" {
				t.Errorf("%d %s: %s", response.Status, response.Failure, response.Detail)
			}
		})
	}
}

// Every fault can be injected into every kind of payload, is recorded, and is deterministic.
func TestEveryFaultIsDeterministic(t *testing.T) {
	s := newSender(t, delivery.Options{})
	for _, info := range fault.All() {
		for _, name := range []string{"booking.created", "availability.blocker.created", "patient.merged", "webhook.event.deliveryFailed"} {
			eventType, err := schemas.Lookup(name)
			if err != nil {
				t.Fatal(err)
			}
			r := newMessage(t, "http://127.0.0.1:3000/")
			r.Event = &schemas.Event{Type: eventType}
			for _, key := range eventType.Keys() {
				r.Event.Identifiers = append(r.Event.Identifiers, schemas.Identifier{Name: key, Value: "507f1f77bcf86cd799439011"})
			}
			if r.Fault = mustFault(t, info.Text()); info.Name == "oversized" {
				r.Fault = mustFault(t, info.Text()+",size=4KiB")
			}
			first, second := render(t, ptr(prepare(t, s, r))), render(t, ptr(prepare(t, s, r)))
			if first != second {
				t.Errorf("%s of %s differs:\n%q\n%q", info.Text(), eventType.Name, first, second)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }
