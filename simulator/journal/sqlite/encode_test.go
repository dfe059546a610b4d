package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// sample returns an attempt with a value in every encoded field.
func sample() *journal.Attempt {
	a := &journal.Attempt{Next: journal.DeliveryState{State: journal.Pending, Due: fromMicros(1_772_452_801_000_001), Tries: 2},
		Verdict: journal.Invalid, Violations: []string{"/a: missing", ""}, ReplayOf: 7}
	a.Number = 3
	a.Request = simulator.Request{EventID: "e", Method: "POST", URL: "http://127.0.0.1:1/", Proto: "1.1", Fault: "transport=reset",
		Headers: []simulator.Header{{Name: "Host", Value: "x"}, {}}, Body: []byte{0, 0xfe}}
	a.Response = simulator.Response{Status: 503, Proto: "HTTP/1.1", Headers: []simulator.Header{{Name: "Retry-After", Value: "9"}}, Body: []byte("no"), Size: 1 << 33,
		Truncated: true, Timings: simulator.Timings{DNS: 1, Connect: 2, TLS: 3, FirstByte: 4, Total: time.Hour}, Failure: simulator.FailureReset, Detail: "d",
		RetryAfter: 9 * time.Second}
	return a
}

func encoded(encode func(*encoder)) []byte {
	e := encoder{bytes: []byte{layout}}
	encode(&e)
	return e.bytes
}

func TestEncode(t *testing.T) {
	t.Parallel()
	want := sample()
	var got journal.Attempt
	d := decode(encoded(func(e *encoder) { e.attempt(want) }))
	d.attempt(&got)
	if d.err != nil || len(d.bytes) > 0 {
		t.Fatalf("error %v, %d bytes left", d.err, len(d.bytes))
	}
	d = decode(encoded(func(e *encoder) { e.messages(want) }))
	d.messages(&got)
	if d.err != nil || len(d.bytes) > 0 {
		t.Fatalf("error %v, %d bytes left", d.err, len(d.bytes))
	}
	if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzDecode decodes damaged content. The decoder returns an error or a value that is not larger than the content.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(func(e *encoder) { e.attempt(sample()) }))
	f.Add(encoded(func(e *encoder) { e.messages(sample()) }))
	f.Add(encoded(func(e *encoder) {
		e.event(&schemas.Event{
			Identifiers: []schemas.Identifier{{Name: "bookingId", Value: "507f1f77bcf86cd799439011"}},
			Metadata:    []schemas.MetadataField{{Name: "a", Value: "b"}, {Name: "c", Value: -4}, {Name: "d", Value: true}},
		})
	}))
	f.Add([]byte{layout, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		var a journal.Attempt
		decode(content).attempt(&a)
		decode(content).messages(&a)
		if n := len(a.Request.Body) + len(a.Response.Body); n > len(content) {
			t.Errorf("bodies of %d bytes out of %d", n, len(content))
		}
		d := decode(content)
		event := d.event("booking.created")
		if d.err != nil || len(d.bytes) > 0 {
			return
		}
		d = decode(encoded(func(e *encoder) { e.event(&event) }))
		if second := d.event("booking.created"); d.err != nil || !cmp.Equal(event, second, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b *schemas.EventType) bool { return a == b })) {
			t.Errorf("%+v was decoded as %+v, error %v", event, second, d.err)
		}
	})
}
