package delivery

import (
	"errors"
	"fmt"
	"strings"

	"semblance/simulator"
	"semblance/simulator/fault"
)

// checkRequest is the last place that refuses what would be another request than it seems: a Sent may come from anywhere.
func checkRequest(sent *simulator.Sent) error {
	if sent.Method == "" || strings.ContainsFunc(sent.Method, func(r rune) bool { return r >= 0x80 || !isToken(byte(r)) }) {
		return fmt.Errorf("the method %q cannot be sent: a method is letters, such as POST", sent.Method)
	}
	if sent.Proto != "1.1" && sent.Proto != "1.0" {
		return fmt.Errorf("HTTP/%s cannot be sent: it is 1.1 or 1.0", sent.Proto)
	}
	for i := range sent.Headers {
		if err := checkField(sent.Headers[i]); err != nil {
			return err
		}
	}
	return nil
}

// appendHead appends the request line and the headers, with the empty line.
func appendHead(dst []byte, sent *simulator.Sent, t *target) []byte {
	dst = append(dst, sent.Method...)
	dst = append(dst, ' ')
	dst = append(dst, t.uri...)
	dst = append(dst, " HTTP/"...)
	dst = append(dst, sent.Proto...)
	dst = append(dst, "\r\n"...)
	for i := range sent.Headers {
		h := &sent.Headers[i]
		dst = append(dst, h.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, h.Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func appendBody(dst []byte, sent *simulator.Sent, f *fault.Fault) []byte {
	if f == nil {
		return append(dst, sent.Body...)
	}
	return f.Frame(dst, sent.Body)
}

// keepsConnection reports whether another request may follow this one: only where its end is beyond doubt.
func keepsConnection(sent *simulator.Sent, f *fault.Fault) bool {
	if sent.Proto != "1.1" || has(sent.Headers, "Connection") {
		return false
	}
	lengths, length := 0, 0
	for i := range sent.Headers {
		h := &sent.Headers[i]
		switch {
		case len(h.Name) == len("Content-Length") && strings.EqualFold(h.Name, "Content-Length"):
			lengths++
			length = decimal(h.Value)
		case len(h.Name) == len("Transfer-Encoding") && strings.EqualFold(h.Name, "Transfer-Encoding"):
			if f == nil || f.Name() != "chunked" {
				return false
			}
			lengths++
			length = len(sent.Body)
		}
	}
	return lengths == 1 && length == len(sent.Body) || lengths == 0 && len(sent.Body) == 0
}

// decimal reads a Content-Length that we wrote ourselves, or returns -1.
func decimal(text string) int {
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' || n > 1<<40 {
			return -1
		}
		n = n*10 + int(text[i]-'0')
	}
	return n
}

var errUnanswered = errors.New("the kept connection was closed before a byte of the answer")
