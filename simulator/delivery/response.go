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

	"semblance/simulator"
	"semblance/simulator/clock"
)

const (
	headRoom         = 4 << 10  // what most answers' heads need
	maxHead          = 64 << 10 // what no answer's head should need
	maxInformational = 8        // how many 100s and 103s may come before the answer
)

// reading is one answer while it is read.
type reading struct {
	conn     *conn
	response *simulator.Response
	start    time.Time
	method   string
	maxBody  int
	maxDrain int64

	begun    bool // a byte has come
	reusable bool // another request may follow on the connection
}

// read reads the answer, whole, past the informational ones before it.
func (r *reading) read() error {
	for range maxInformational + 1 {
		head, err := r.head()
		if err != nil {
			return err
		}
		text := string(head)
		if p, ok := parsePlain(text); ok && r.method != http.MethodHead {
			_, _ = r.conn.in.Discard(len(head)) // it is in the buffer
			r.note(p.status, "HTTP/1.1", p.headers)
			return r.finish(r.conn.limit(p.length), p.length, true)
		}
		r.conn.request.Method = r.method
		resp, err := http.ReadResponse(r.conn.in, &r.conn.request)
		if err != nil {
			return fmt.Errorf("the head of the answer is malformed: %w", err)
		}
		if resp.StatusCode < 100 { // net/http takes any three digits
			return fmt.Errorf("the head of the answer is malformed: %03d is no status", resp.StatusCode)
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		r.note(resp.StatusCode, resp.Proto, headersOf(text))
		return r.finish(resp.Body, resp.ContentLength, !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols)
	}
	return fmt.Errorf("more than %d informational answers (1xx) came, and no other", maxInformational)
}

// note records the head of the answer.
func (r *reading) note(status int, proto string, headers []simulator.Header) {
	r.response.Status, r.response.Proto, r.response.Headers = status, proto, headers
	r.response.RetryAfter = retryAfter(r.response)
}

// finish reads the body, and decides whether another request may follow.
func (r *reading) finish(body io.Reader, length int64, keeps bool) error {
	err := r.body(body, length)
	r.reusable = err == nil && keeps && r.conn.in.Buffered() == 0
	return err
}

// head waits until the head of an answer is in the buffer, and returns it without taking it.
func (r *reading) head() ([]byte, error) {
	for {
		in := r.conn.in
		have, _ := in.Peek(in.Buffered())
		if end := endOfHead(have); end > 0 {
			return have[:end], nil
		}
		if err := looksLikeHTTP(have); err != nil {
			return nil, err
		}
		if len(have) >= maxHead {
			return nil, fmt.Errorf("the head of the answer is larger than %d KiB", maxHead>>10)
		}
		if len(have) == in.Size() { // rare: an answer with a great deal to say
			r.conn.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(have)), r.conn.Conn), maxHead)
			have = nil
		}
		if _, err := r.conn.in.Peek(len(have) + 1); err != nil {
			return nil, r.headError(err)
		}
		if !r.begun {
			r.begun = true
			r.response.Timings.FirstByte = clock.Since(r.start)
		}
	}
}

// headError says of an end within the head that it is one.
func (r *reading) headError(err error) error {
	if r.begun && err == io.EOF {
		return fmt.Errorf("the receiver closed the connection within the head of its answer: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// endOfHead returns the length of the head, with its empty line, or 0 where it has not all come.
func endOfHead(have []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(have[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch {
		case at < len(have) && have[at] == '\n':
			return at + 1
		case at+1 < len(have) && have[at] == '\r' && have[at+1] == '\n':
			return at + 2
		}
	}
}

// looksLikeHTTP tells early what can be no answer, so that nobody waits for its end, and names what it may be.
func looksLikeHTTP(have []byte) error {
	const begin = "HTTP/"
	n := min(len(have), len(begin))
	if string(have[:n]) == begin[:n] {
		return nil
	}
	switch {
	case len(have) >= 3 && have[0] == 0x15 && have[1] == 3:
		return errors.New("what came is a TLS alert and no HTTP answer: the receiver may want https://")
	case len(have) >= 9 && have[0] == 0 && have[3] == 4:
		return errors.New("what came is HTTP/2 and no HTTP/1.1 answer")
	}
	return fmt.Errorf("what came is no HTTP answer: it begins with %q", have[:min(len(have), 24)])
}

// body reads the body to its end or to the bound, and keeps the beginning of it.
func (r *reading) body(body io.Reader, length int64) error {
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
				r.response.Body = wholeRunes(r.response.Body)
			}
			return nil
		case err != nil:
			return r.bodyError(err, length)
		case r.response.Size > r.maxDrain:
			return &failed{simulator.FailureTooLarge, fmt.Sprintf("the body of the answer did not end within %s, and was cut there", inBytes(r.maxDrain))}
		}
	}
}

// inBytes writes a size for people.
func inBytes(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// wholeRunes leaves out a character that is cut at the end of text, which would make binary data of the excerpt.
func wholeRunes(text []byte) []byte {
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

// bodyError says where a body ended that should have gone on.
func (r *reading) bodyError(err error, length int64) error {
	var network net.Error
	switch {
	case err == io.ErrUnexpectedEOF && length > 0:
		return fmt.Errorf("the receiver closed the connection after %d of the %d bytes of its answer's body: %w", r.response.Size, length, err)
	case err == io.ErrUnexpectedEOF:
		return fmt.Errorf("the receiver closed the connection within its answer's body, after %d bytes: %w", r.response.Size, err)
	case errors.As(err, &network):
		return err
	default:
		return fmt.Errorf("the body of the answer is malformed after %d bytes: %w", r.response.Size, err)
	}
}

// headersOf returns the headers of a head that http.ReadResponse has found right, in their order and letter case.
func headersOf(head string) []simulator.Header {
	_, rest, _ := strings.Cut(head, "\n")
	headers := make([]simulator.Header, 0, strings.Count(rest, "\n"))
	for line := range strings.Lines(rest) {
		folded := line[0] == ' ' || line[0] == '\t'
		line = strings.Trim(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), " \t")
		name, value, _ := strings.Cut(line, ":")
		switch {
		case folded && len(headers) > 0: // an obsolete way to continue a value on the next line
			last := &headers[len(headers)-1]
			last.Value = strings.TrimLeft(last.Value+" "+line, " ")
		case line == "":
		default:
			headers = append(headers, simulator.Header{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return headers
}

// retryAfter reads the header of that name: seconds, or a date, which is compared with the answer's own.
func retryAfter(response *simulator.Response) time.Duration {
	text := response.Header("Retry-After")
	if text == "" {
		return 0
	}
	const most = 1 << 31 // seconds; more is said by mistake
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), most)) * time.Second
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
