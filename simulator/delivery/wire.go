package delivery

import (
	"fmt"
	"strings"

	"semblance/simulator"
	"semblance/simulator/fault"
)

// checkRequest refuses a request whose bytes would mean another request than its fields. It is the last check before
// sending, because a Request may come from anywhere.
func checkRequest(request *simulator.Request) error {
	if request.Method == "" || strings.ContainsFunc(request.Method, func(r rune) bool { return r >= 0x80 || !isToken(byte(r)) }) {
		return fmt.Errorf("invalid method %q; use letters, as in POST", request.Method)
	}
	if request.Proto != "1.1" && request.Proto != "1.0" {
		return fmt.Errorf("unknown protocol version HTTP/%s; use 1.1 or 1.0", request.Proto)
	}
	for i := range request.Headers {
		if err := checkField(request.Headers[i]); err != nil {
			return err
		}
	}
	return nil
}

// appendHead appends the request line, the headers and the empty line.
func appendHead(dst []byte, request *simulator.Request, t *target) []byte {
	dst = append(dst, request.Method...)
	dst = append(dst, ' ')
	dst = append(dst, t.uri...)
	dst = append(dst, " HTTP/"...)
	dst = append(dst, request.Proto...)
	dst = append(dst, "\r\n"...)
	for i := range request.Headers {
		h := &request.Headers[i]
		dst = append(dst, h.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, h.Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func appendBody(dst []byte, request *simulator.Request, f *fault.Fault) []byte {
	if f == nil {
		return append(dst, request.Body...)
	}
	return f.Frame(dst, request.Body)
}

// allowsReuse reports whether another request may follow this one on the connection: only if its end is unambiguous.
func allowsReuse(request *simulator.Request, f *fault.Fault) bool {
	if request.Proto != "1.1" || hasHeader(request.Headers, "Connection") {
		return false
	}
	lengths, length := 0, 0
	for i := range request.Headers {
		h := &request.Headers[i]
		switch {
		case len(h.Name) == len("Content-Length") && strings.EqualFold(h.Name, "Content-Length"):
			lengths++
			length = decimal(h.Value)
		case len(h.Name) == len("Transfer-Encoding") && strings.EqualFold(h.Name, "Transfer-Encoding"):
			if f == nil || f.Name() != "chunked" {
				return false
			}
			lengths++
			length = len(request.Body)
		}
	}
	return lengths == 1 && length == len(request.Body) || lengths == 0 && len(request.Body) == 0
}

// decimal parses digits, or returns -1.
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
