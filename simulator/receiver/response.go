package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

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
	receipt.Status, receipt.Reason = http.StatusInternalServerError, "internal"
	if refused, ok := errors.AsType[*refusal](err); ok {
		receipt.Status, receipt.Reason = refused.status, refused.reason
	} else if unsigned, ok := errors.AsType[*signature.Error](err); ok {
		receipt.Status, receipt.Reason = http.StatusUnauthorized, string(unsigned.Reason)
	}
	return receipt
}

// keepBuffer lets another body reuse the memory.
func (r *Receiver) keepBuffer(buffer *bytes.Buffer) {
	if buffer.Cap() <= 64<<10 { // large ones are rare
		buffer.Reset()
		r.buffers.Put(buffer)
	}
}

// readBody reads the raw body into buffer. It refuses more than limit bytes.
func readBody(req *http.Request, buffer *bytes.Buffer, limit int) ([]byte, error) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("the body is larger than %s", human.Size(limit))}
	if req.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	_, err := buffer.ReadFrom(io.LimitReader(req.Body, max(int64(limit), int64(limit)+1))) // one more, unless that overflows
	switch {
	case buffer.Len() > limit:
		return nil, tooLarge
	case err != nil:
		return nil, &refusal{http.StatusBadRequest, "cut", fmt.Sprintf("the body is incomplete: %v", err)}
	}
	return buffer.Bytes(), nil
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
	return append(append(append(dst, '"'), s...), '"')
}
