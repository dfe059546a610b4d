package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// refusal is the reason for refusing a delivery.
type refusal struct {
	status int
	reason string // in kebab case
	detail string // a sentence
}

func (e *refusal) Error() string { return e.detail }

// refuse completes a receipt with an error.
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

// buffers reuses the memory of bodies.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if stored, ok := b.pool.Get().(*[]byte); ok {
		return stored
	}
	fresh := make([]byte, 0, 1024)
	return &fresh
}

func (b *buffers) put(buffer *[]byte) {
	if cap(*buffer) <= 64<<10 { // large ones are rare
		b.pool.Put(buffer)
	}
}

// readBody reads the raw body into buffer. It refuses more than limit bytes.
func readBody(req *http.Request, buffer []byte, limit int) ([]byte, error) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("the body is larger than %s", human.Size(limit))}
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
			return nil, &refusal{http.StatusBadRequest, "cut", fmt.Sprintf("the body is incomplete: %v", err)}
		}
	}
}

// acknowledge responds to a delivery that was processed or ignored.
func acknowledge(w http.ResponseWriter, receipt *Receipt) {
	response := make([]byte, 0, 128)
	response = append(response, `{"received":true,"eventId":`...)
	response = appendJSON(response, receipt.Event.EventID)
	response = append(response, `,"outcome":"`...)
	response = append(response, receipt.Outcome...)
	response = append(response, "\"}\n"...)
	w.Header()["Content-Type"] = contentTypeJSON
	_, _ = w.Write(response) // an error means that the sender has gone
}

// passOn responds as the receiver did to which the delivery was forwarded.
func passOn(w http.ResponseWriter, forwarded *simulator.Response) {
	if forwarded.Failure != "" {
		writeProblem(w, problem{Status: http.StatusBadGateway, Reason: "forward", Detail: "forwarding the delivery: " + forwarded.Detail})
		return
	}
	for _, name := range []string{"Content-Type", "Location", "Retry-After"} {
		if value := forwarded.Header(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(forwarded.Status)
	_, _ = w.Write(forwarded.Body) // an error means that the sender has gone
}

// contentTypeJSON is shared by all responses and read-only.
var contentTypeJSON = []string{"application/json"}

// headerValue is the value of [HeaderName], shared and read-only.
var headerValue = []string{"1"}

// problem is the body of a refusal, in the form of RFC 9457.
type problem struct {
	Title      string   `json:"title"`
	Status     int      `json:"status"`
	Detail     string   `json:"detail"`
	Reason     string   `json:"reason"`
	Violations []string `json:"violations,omitempty"`
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
	_ = encoder.Encode(v) // an error means that the client has gone
}

// appendJSON appends s as a JSON string; an id needs no escaping.
func appendJSON(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // cannot fail for a string
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
