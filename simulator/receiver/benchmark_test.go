package receiver_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"semblance/simulator/clock"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

// silent is a ResponseWriter that costs nothing.
type silent struct {
	header http.Header
	status int
}

func (w *silent) Header() http.Header         { return w.header }
func (w *silent) Write(p []byte) (int, error) { return len(p), nil }
func (w *silent) WriteHeader(status int)      { w.status = status }

// flood delivers n different, rightly signed events to the receiver, without a socket.
func flood(t testing.TB, r *receiver.Receiver, next func() bool) {
	signer := signature.NewSigner(secret)
	req := httptest.NewRequest(http.MethodPost, "/webhooks", nil)
	reader := bytes.NewReader(nil)
	req.Body = io.NopCloser(reader)
	w := &silent{header: http.Header{}}
	template := []byte(booking(0, "booking.created"))
	eventAt := bytes.Index(template, []byte(eventID(0)))
	bookingAt := bytes.Index(template, []byte(bookingID))
	var header []byte
	for n := 0; next(); n++ {
		copy(template[eventAt:], fmt.Appendf(nil, "692597070fe2%012x", n))
		copy(template[bookingAt:], fmt.Appendf(nil, "507f1f77bcf8%012x", n))
		header = signer.Append(header[:0], at.Unix(), template)
		req.Header[signature.HeaderName] = []string{string(header)}
		reader.Reset(template)
		req.ContentLength = int64(len(template))
		w.status = 0
		if r.ServeHTTP(w, req); w.status != 0 {
			t.Fatalf("delivery %d was answered with %d", n, w.status)
		}
	}
}

func newReceiver(t testing.TB, remember int) *receiver.Receiver {
	r, err := receiver.New(receiver.Options{Secrets: []string{secret}, Clock: clock.Fixed(at), Remember: remember})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// BenchmarkReceiver is one delivery from the raw body to the answer, signing it included.
func BenchmarkReceiver(b *testing.B) {
	b.ReportAllocs()
	flood(b, newReceiver(b, receiver.DefaultRemember), b.Loop)
}

func TestMemoryStaysFlat(t *testing.T) {
	const remember = 3000
	r := newReceiver(t, remember)
	used := func() int {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	times := func(n int) func() bool { return func() bool { n--; return n >= 0 } }
	before := used()
	flood(t, r, times(2*remember))
	full := used() - before
	flood(t, r, times(6*remember))
	after := used() - before
	if after > full+full/4 {
		t.Errorf("the receiver used %d bytes when its memory was full, and %d after three times as much again", full, after)
	}
	if each := full / remember; each > 1200 { // of which DefaultRemember promises some 40 MB
		t.Errorf("an event and its record take %d bytes", each)
	}
	runtime.KeepAlive(r)
}
