package fault_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"semblance/simulator"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// These tests cover each fault's effect on bodies and connections. The tests of package delivery check the bytes on the wire.

func parse(t *testing.T, text string) *fault.Fault {
	t.Helper()
	f, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// inject takes a body through all steps of the preparation.
func inject(t *testing.T, text, body string) (*fault.Outgoing, error) {
	t.Helper()
	f := parse(t, text)
	o := &fault.Outgoing{Secrets: []string{"secret"}, Time: time.Unix(1764000000, 0), Body: []byte(body)}
	f.BeforeSigning(o)
	o.Sign(string(signature.NewSigner(o.Secrets...).Append(nil, o.Time.Unix(), o.Body)))
	err := f.AfterSigning(o)
	return o, err
}

// A tampered body differs in one character, replaced by one of the same class, in the last id if there is one.
func TestTamperedChangesOneCharacter(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":"507f1f77bcf86cd799439011","b":"503"}`: `{"a":"507f1f77bcf86cd799439012","b":"503"}`,
		`{"a":"507f1f77bcf86cd799439019"}`:           `{"a":"507f1f77bcf86cd799439010"}`,
		`{"a":"507f1f77bcf86cd79943901f"}`:           `{"a":"507f1f77bcf86cd79943901a"}`,
		`{"a":"507f1f77bcf86cd7994390110"}`:          `{"a":"507f1f77bcf86cd7994390111"}`, // 25 digits: not an id
		`{"a":"xyz"}`:                                `{"a":"xya"}`,
		`{"A":"Z!"}`:                                 `{"A":"A!"}`,
		`plain é`:                                    `plaio é`,
	} {
		d, err := inject(t, "signature=tampered", body)
		if err != nil || string(d.Body) != want {
			t.Errorf("%s became %s, %v; want %s", body, d.Body, err, want)
		}
	}
	if _, err := inject(t, "signature=tampered", `{}`); err == nil {
		t.Error("no error for an empty object")
	}
}

// Reserialising changes only the white space outside strings.
func TestReserialisedKeepsStrings(t *testing.T) {
	t.Parallel()
	const body = `{"a\",b":"c:d,\\","e":[1,{"f":null}],"g":{}}`
	for style, want := range map[string]string{
		"spaced":   `{"a\",b": "c:d,\\", "e": [1, {"f": null}], "g": {}}`,
		"indented": "{\n  \"a\\\",b\": \"c:d,\\\\\",\n  \"e\": [\n    1,\n    {\n      \"f\": null\n    }\n  ],\n  \"g\": {}\n}",
	} {
		d, err := inject(t, "signature=reserialised,style="+style, body)
		if err != nil || string(d.Body) != want {
			t.Errorf("%s: %s, %v; want %s", style, d.Body, err, want)
		}
	}
	if d, err := inject(t, "signature=reserialised,style=compact", "{ \"a\" : 1 }\n"); err != nil || string(d.Body) != `{"a":1}` {
		t.Errorf("compact: %s, %v", d.Body, err)
	}
}

// Both headers of a shifted signature have the same time, and the signature is correct at that time.
func TestShiftedSetsBothTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"signature=stale": "1763999600", "signature=future,ahead=1h": "1764003600"} {
		d, err := inject(t, text, "body")
		if err != nil || len(d.Headers) != 2 || d.Headers[0].Value != want || !strings.HasPrefix(d.Headers[1].Value, "t="+want+",v1=") {
			t.Errorf("%s: %v, %v", text, d.Headers, err)
		}
		if err := signature.Verify(d.Body, d.Headers[1].Value, "secret", d.Time, time.Second); err != nil {
			t.Errorf("%s: wrong signature at its time: %v", text, err)
		}
	}
}

// A fault that acts on the connection does not change the request.
func TestConnectionFaultsDoNotChangeRequest(t *testing.T) {
	t.Parallel()
	for _, info := range fault.All() {
		f := parse(t, info.Text())
		if !f.OnConnection() {
			continue
		}
		d, err := inject(t, info.Text(), "body")
		d.Headers = slices.DeleteFunc(d.Headers, func(h simulator.Header) bool { return h.Name == "Expect" }) // concerns the connection
		if err != nil || string(d.Body) != "body" || len(d.Headers) != 2 || string(f.Frame(nil, d.Body)) != "body" {
			t.Errorf("%s: %+v, %v", info.Text(), d, err)
		}
		if signature.Verify(d.Body, d.Headers[1].Value, "secret", d.Time, time.Second) != nil {
			t.Errorf("%s breaks the signature", info.Text())
		}
	}
}

// recorder is a connection that records the bytes written to it and their times.
type recorder struct {
	net.Conn // nil: no other method is called
	start    time.Time
	written  bytes.Buffer
	at       []time.Duration
	closed   bool
}

func (r *recorder) Write(p []byte) (int, error) {
	r.at = append(r.at, time.Since(r.start))
	return r.written.Write(p)
}

func (r *recorder) Close() error {
	r.closed = true
	return nil
}

// The head is sent at once, and the pieces of the body at even intervals until the end of the time.
func TestSlowBodyPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &recorder{start: time.Now()}
		err := parse(t, "transport=slow-body,over=3s,pieces=3").Transmit(t.Context(), conn, []byte("head"), []byte("0123456789"))
		want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}
		if err != nil || conn.written.String() != "head0123456789" || len(conn.at) != len(want) {
			t.Fatalf("%q at %v, %v", conn.written.String(), conn.at, err)
		}
		for i := range want {
			if conn.at[i] != want[i] {
				t.Errorf("written at %v, want %v", conn.at, want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		conn := &recorder{start: time.Now()}
		err := parse(t, "transport=slow-body,over=1h,pieces=2").Transmit(ctx, conn, []byte("head"), []byte("01"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(conn.start) != 1500*time.Millisecond || conn.written.String() != "head" {
			t.Errorf("%q after %s, %v", conn.written.String(), time.Since(conn.start), err)
		}
	})
}

func TestFaultsThatEndTheConnection(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ written, message string }{
		"transport=cut-body":         {"head01234", "the fault closed the connection after 5 of 10 bytes of the body"},
		"transport=cut-body,keep=0%": {"head", "the fault closed the connection after 0 of 10 bytes of the body"},
		"transport=reset,keep=30%":   {"head012", "the fault reset the connection after 3 of 10 bytes of the body"},
		"transport=reset,keep=100%":  {"head0123456789", "the fault reset the connection after the complete body (10 bytes)"},
	} {
		conn := &recorder{}
		err := parse(t, text).Transmit(t.Context(), conn, []byte("head"), []byte("0123456789"))
		var cut *fault.CutError
		if !errors.As(err, &cut) || err.Error() != want.message || conn.written.String() != want.written || !conn.closed {
			t.Errorf("%s: %q, closed %t, %v", text, conn.written.String(), conn.closed, err)
		}
	}
}

func TestLostResponseKeepsTimings(t *testing.T) {
	t.Parallel()
	response := simulator.Response{Status: 200, Body: []byte("done"), Size: 4, Timings: simulator.Timings{Total: time.Second}}
	parse(t, "transport=lost-response").AfterResponse(&response)
	if response.Status != 0 || response.Body != nil || response.Size != 0 || response.Failure != simulator.FailureLost || response.Timings.Total != time.Second {
		t.Errorf("%+v", response)
	}
}

// The pieces are cut in the head and in the body, with a pause before each but the first.
func TestPieces(t *testing.T) {
	for text, want := range map[string]string{
		"transport=pieces":                   "he|ad01234|56789",
		"transport=pieces,count=2,every=3s":  "he|ad0123456789",
		"transport=pieces,count=5,every=1ms": "h|e|ad012|345|6789",
	} {
		synctest.Test(t, func(t *testing.T) {
			conn := &recorder{start: time.Now()}
			if err := parse(t, text).Transmit(t.Context(), conn, []byte("head"), []byte("0123456789")); err != nil {
				t.Fatal(err)
			}
			written := conn.written.String()
			if strings.ReplaceAll(want, "|", "") != written || len(conn.at) != strings.Count(want, "|")+1 {
				t.Errorf("%s: %q in %d pieces; want %s", text, written, len(conn.at), want)
			}
			if text == "transport=pieces" && conn.at[2] != 600*time.Millisecond {
				t.Errorf("written at %v", conn.at)
			}
		})
	}
}

// The body is held until the receiver continues, but not longer than the time.
func TestHoldBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &recorder{start: time.Now()}
		f := parse(t, "transport=hold-body")
		if err := f.Transmit(t.Context(), conn, []byte("head"), []byte("body")); err != nil {
			t.Fatal(err)
		}
		continued := make(chan struct{})
		close(continued)
		if err := f.Transmit(fault.WithContinued(t.Context(), continued), conn, []byte("head"), []byte("body")); err != nil {
			t.Fatal(err)
		}
		if conn.written.String() != "headbodyheadbody" || conn.at[1] != time.Second || conn.at[3] != time.Second {
			t.Errorf("%q at %v", conn.written.String(), conn.at)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Transmit(ctx, conn, []byte("head"), []byte("body")); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that is done: %v", err)
		}
	})
}
