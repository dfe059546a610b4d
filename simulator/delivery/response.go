package delivery

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
)

const (
	readBufferSize   = 4 << 10  // enough for most heads
	maxHead          = 64 << 10 // no head should need more
	maxInformational = 8        // responses 100 and 103 before the final one
)

// responseReader reads one response.
type responseReader struct {
	conn     *conn
	response *simulator.Response
	start    time.Time
	method   string
	maxBody  int
	maxDrain int64

	continued chan struct{} // closed by a 100 Continue; may be nil
	started   bool          // a byte was read
	reusable  bool          // another request may follow on the connection
}

// read reads the complete response and skips informational ones before it.
func (r *responseReader) read() error {
	for range maxInformational + 1 {
		head, err := r.head()
		if err != nil {
			return err
		}
		text := string(head)
		if p, ok := parseCommonHead(text); ok && r.method != http.MethodHead {
			_, _ = r.conn.in.Discard(len(head)) // it is in the buffer
			r.setHead(p.status, "HTTP/1.1", p.headers)
			return r.finish(r.conn.limit(p.length), p.length, true)
		}
		r.conn.request.Method = r.method
		resp, err := http.ReadResponse(r.conn.in, &r.conn.request)
		if err != nil {
			return fmt.Errorf("malformed response head: %w", err)
		}
		if resp.StatusCode < 100 { // net/http accepts any three digits
			return fmt.Errorf("malformed response head: invalid status %03d", resp.StatusCode)
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			if resp.StatusCode == http.StatusContinue && r.continued != nil {
				close(r.continued)
				r.continued = nil
			}
			continue
		}
		r.setHead(resp.StatusCode, resp.Proto, headersOf(text))
		return r.finish(resp.Body, resp.ContentLength, !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols)
	}
	return fmt.Errorf("more than %d informational responses (1xx) and no final one", maxInformational)
}

// setHead records the head of the response.
func (r *responseReader) setHead(status int, proto string, headers []simulator.Header) {
	r.response.Status, r.response.Proto, r.response.Headers = status, proto, headers
	r.response.RetryAfter = retryAfter(r.response)
}

// finish reads the body and decides whether the connection can be reused.
func (r *responseReader) finish(body io.Reader, length int64, keepAlive bool) error {
	err := r.body(body, length)
	r.reusable = err == nil && keepAlive && r.conn.in.Buffered() == 0
	return err
}

// head waits until a complete head is in the buffer, and returns it without consuming it.
func (r *responseReader) head() ([]byte, error) {
	for {
		in := r.conn.in
		buffered, _ := in.Peek(in.Buffered())
		if err := checkPrefix(buffered); err != nil {
			return nil, err
		}
		if end := endOfHead(buffered); end > 0 {
			return buffered[:end], nil
		}
		if len(buffered) >= maxHead {
			return nil, fmt.Errorf("the head of the response is larger than %s", human.Size(maxHead))
		}
		if len(buffered) == in.Size() { // rare: a head larger than the buffer
			r.conn.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(buffered)), r.conn), maxHead)
			buffered = nil
		}
		if _, err := r.conn.in.Peek(len(buffered) + 1); err != nil {
			return nil, r.headError(err)
		}
		if !r.started {
			r.started = true
			r.response.Timings.FirstByte = clock.Since(r.start)
		}
	}
}

// headError adds to an EOF within the head that it was unexpected.
func (r *responseReader) headError(err error) error {
	if r.started && err == io.EOF {
		return fmt.Errorf("the receiver closed the connection within the head of its response: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// endOfHead returns the length of the head with its empty line, or 0 if it is incomplete.
func endOfHead(buffered []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(buffered[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch {
		case at < len(buffered) && buffered[at] == '\n':
			return at + 1
		case at+1 < len(buffered) && buffered[at] == '\r' && buffered[at+1] == '\n':
			return at + 2
		}
	}
}

// checkPrefix returns an error as soon as the beginning of a response cannot be HTTP/1, and names the likely protocol.
func checkPrefix(buffered []byte) error {
	const prefix = "HTTP/1."
	n := min(len(buffered), len(prefix))
	if string(buffered[:n]) == prefix[:n] {
		return nil
	}
	switch {
	case len(buffered) >= len("HTTP/") && string(buffered[:len("HTTP/")]) == "HTTP/":
		line, _, _ := bytes.Cut(buffered[:min(len(buffered), 24)], []byte("\r\n"))
		return fmt.Errorf("unsupported HTTP version: the response starts with %q", line)
	case len(buffered) >= 3 && buffered[0] == 0x15 && buffered[1] == 3:
		return errors.New("got a TLS alert instead of an HTTP response; the receiver may need https://")
	case len(buffered) >= 9 && buffered[0] == 0 && buffered[3] == 4:
		return errors.New("got HTTP/2 instead of an HTTP/1.1 response")
	}
	return fmt.Errorf("malformed HTTP response: starts with %q", buffered[:min(len(buffered), 24)])
}

// body reads the body to its end or maxDrain, and records its beginning.
func (r *responseReader) body(body io.Reader, length int64) error {
	if body == http.NoBody || length == 0 {
		return nil
	}
	if r.conn.chunk == nil {
		r.conn.chunk = make([]byte, 8<<10)
	}
	for {
		n, err := body.Read(r.conn.chunk)
		r.response.Size += int64(n)
		r.response.Body = append(r.response.Body, r.conn.chunk[:min(n, r.maxBody-len(r.response.Body))]...)
		r.response.Truncated = r.response.Size > int64(len(r.response.Body))
		switch {
		case err == io.EOF && r.response.Size < length:
			return r.bodyError(io.ErrUnexpectedEOF, length)
		case err == io.EOF:
			if r.response.Truncated {
				r.response.Body = trimPartialRune(r.response.Body)
			}
			return nil
		case err != nil:
			return r.bodyError(err, length)
		case r.response.Size > r.maxDrain:
			return &failureError{simulator.FailureTooLarge, "the response body is longer than " + human.Size(r.maxDrain)}
		}
	}
}

// trimPartialRune removes an incomplete character at the end of text, which would make the excerpt invalid UTF-8.
func trimPartialRune(text []byte) []byte {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if utf8.FullRune(text[i:]) {
				return text
			}
			return text[:i]
		}
	}
	return text
}

// bodyError explains an error within the body.
func (r *responseReader) bodyError(err error, length int64) error {
	var network net.Error
	switch {
	case err == io.ErrUnexpectedEOF && length > 0:
		return fmt.Errorf("the receiver closed the connection after %s of %s of its response body: %w", human.Number(r.response.Size), human.Count(length, "byte"), err)
	case err == io.ErrUnexpectedEOF:
		return fmt.Errorf("the receiver closed the connection within its response body, after %s: %w", human.Count(r.response.Size, "byte"), err)
	case errors.As(err, &network):
		return err
	default:
		return fmt.Errorf("malformed response body after %s: %w", human.Count(r.response.Size, "byte"), err)
	}
}

// headersOf returns the headers of a head that http.ReadResponse accepted, in wire order and letter case.
func headersOf(head string) []simulator.Header {
	_, rest, _ := strings.Cut(head, "\n")
	headers := make([]simulator.Header, 0, strings.Count(rest, "\n"))
	for line := range strings.Lines(rest) {
		folded := line[0] == ' ' || line[0] == '\t'
		line = strings.Trim(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), " \t")
		name, value, _ := strings.Cut(line, ":")
		switch {
		case folded && len(headers) > 0: // obsolete line folding (RFC 9112, section 5.2)
			last := &headers[len(headers)-1]
			last.Value = strings.TrimLeft(last.Value+" "+line, " ")
		case line == "":
		default:
			headers = append(headers, simulator.Header{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return headers
}

// retryAfter parses the Retry-After header: seconds, or a date. A date is compared with the Date header or, without one, with
// the time of the machine, because both tell the receiver's time. The simulated time may be any other.
func retryAfter(response *simulator.Response) time.Duration {
	text := response.Header("Retry-After")
	if text == "" {
		return 0
	}
	const longest = 1 << 31 // seconds
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), longest)) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(response.Header("Date"))
	if err != nil {
		now = clock.Now()
	}
	return max(at.Sub(now), 0)
}
