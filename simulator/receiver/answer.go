package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"semblance/simulator/signature"
)

// refusal is why a delivery is not taken.
type refusal struct {
	status int
	reason string // in kebab case
	detail string // a sentence
}

func (e *refusal) Error() string { return e.detail }

// refuse completes a receipt with what the error says.
func (receipt Receipt) refuse(err error) Receipt {
	receipt.Outcome, receipt.Detail = Refused, err.Error()
	var refused *refusal
	var unsigned *signature.Error
	switch {
	case errors.As(err, &refused):
		receipt.Status, receipt.Reason = refused.status, refused.reason
	case errors.As(err, &unsigned):
		receipt.Status, receipt.Reason = http.StatusUnauthorized, string(unsigned.Reason)
	default:
		receipt.Status, receipt.Reason = http.StatusInternalServerError, "internal"
	}
	return receipt
}

// buffers keeps the memory of bodies from one request to the next.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return kept
	}
	fresh := make([]byte, 0, 1024)
	return &fresh
}

func (b *buffers) put(buffer *[]byte) {
	if cap(*buffer) <= 64<<10 { // a rare large one is not worth keeping
		b.pool.Put(buffer)
	}
}

// readBody reads the raw body into buffer, at most limit bytes of it.
func readBody(req *http.Request, buffer []byte, limit int) ([]byte, error) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("the body has more than %d bytes", limit)}
	if req.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	buffer = buffer[:0]
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := req.Body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case len(buffer) > limit:
			return nil, tooLarge
		case err == io.EOF:
			return buffer, nil
		case err != nil:
			return nil, &refusal{http.StatusBadRequest, "cut", fmt.Sprintf("the body did not come whole: %v", err)}
		}
	}
}

// acknowledge answers a delivery that was taken, or need not be.
func acknowledge(w http.ResponseWriter, receipt *Receipt) {
	answer := make([]byte, 0, 128)
	answer = append(answer, `{"received":true,"eventId":`...)
	answer = appendJSON(answer, receipt.Event.EventID)
	answer = append(answer, `,"outcome":"`...)
	answer = append(answer, receipt.Outcome...)
	answer = append(answer, "\"}\n"...)
	w.Header()["Content-Type"] = contentTypeJSON
	_, _ = w.Write(answer) // whoever sent it is gone: nobody is left to be told
}

// contentTypeJSON is shared by all answers; a handler does not change it.
var contentTypeJSON = []string{"application/json"}

// headerValue is the value of [HeaderName], shared likewise.
var headerValue = []string{"1"}

// problem is the body of a refusal, after RFC 9457.
type problem struct {
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail"`
	Reason string   `json:"reason"`
	Places []string `json:"violations,omitempty"`
}

func writeProblem(w http.ResponseWriter, p problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	writeJSON(w, p)
}

func writeJSON(w io.Writer, v any) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // as in acknowledge
}

// appendJSON appends s as a JSON string; an id needs no escaping.
func appendJSON(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // of a string: it cannot fail
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
