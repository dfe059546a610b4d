package delivery

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
)

// cannedConn is a connection with a response to read.
type cannedConn struct {
	net.Conn // nil: no other method is called
	response *bytes.Reader
}

func (c cannedConn) Read(p []byte) (int, error)       { return c.response.Read(p) }
func (c cannedConn) SetDeadline(time.Time) error      { return nil }
func (c cannedConn) Write(p []byte) (int, error)      { return len(p), nil }
func (c cannedConn) Close() error                     { return nil }
func (c cannedConn) SetWriteDeadline(time.Time) error { return nil }

// Any response is read within the limits, and with the same result as by net/http.
func FuzzResponse(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nTrailer: x\r\n\r\nleft",
		"HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 204 \r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.0 302 Found\nLocation: /\nX-Fold: a\n b\n\nuntil the end",
		"HTTP/1.1 200 OK\r\nContent-Length: 1e10000000\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\nx : c\r\n\r\n",
		"HTTP/1.1 200\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n",
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1000) + "\r\n",
	} {
		f.Add([]byte(answer), false)
	}
	f.Fuzz(func(t *testing.T, answer []byte, head bool) {
		var response simulator.Response
		conn := cannedConn{response: bytes.NewReader(answer)}
		r := responseReader{conn: newConn(&countedConn{Conn: conn}, nil), response: &response, method: http.MethodPost, maxBody: 100, maxDrain: 1000}
		if head {
			r.method = http.MethodHead
		}
		err := r.read()
		if int64(len(response.Body)) > response.Size || len(response.Body) > 100 || response.Truncated != (response.Size > int64(len(response.Body))) || response.Size > 1000+8<<10 {
			t.Fatalf("recorded %d of %d bytes, truncated %t", len(response.Body), response.Size, response.Truncated)
		}
		if err != nil {
			if r.reusable || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("reusable %t after %q", r.reusable, err)
			}
			return
		}
		resp := lastResponse(t, answer, r.method)
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != response.Status || int64(len(body)) != response.Size || !bytes.HasPrefix(body, response.Body) {
			t.Fatalf("%d, %d bytes, %v; net/http reads %d, %d bytes", response.Status, response.Size, err, resp.StatusCode, len(body))
		}
		sameHeaders(t, response.Headers, resp)
	})
}

// lastResponse returns the final response as net/http reads it.
func lastResponse(t *testing.T, answer []byte, method string) *http.Response {
	in := bufio.NewReader(bytes.NewReader(answer))
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("net/http refuses the response: %v", err)
		}
		if resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp
		}
	}
}

// sameHeaders compares the recorded headers with those of net/http, which leaves out framing.
func sameHeaders(t *testing.T, recorded []simulator.Header, resp *http.Response) {
	for name, values := range resp.Header {
		var got []string
		for _, h := range recorded {
			if http.CanonicalHeaderKey(h.Name) == name {
				got = append(got, h.Value)
			}
		}
		if name != "Content-Length" && !slices.Equal(got, values) { // net/http merges equal lengths
			t.Fatalf("%s is %q, net/http reads %q", name, got, values)
		}
	}
}

// An accepted header is parsed as exactly one header, and is not one that Semblance sets.
func FuzzCheckHeader(f *testing.F) {
	f.Add("X-Clinic", "north")
	f.Add("X", "a\r\nHost: b")
	f.Add("X: y\r\nZ", "")
	f.Add("\xc3\xa9", "\xff")
	f.Fuzz(func(t *testing.T, name, value string) {
		h := simulator.Header{Name: name, Value: value}
		if CheckHeader(h) != nil {
			return
		}
		target, err := parseTarget("http://127.0.0.1/")
		if err != nil {
			t.Fatal(err)
		}
		request := simulator.Request{Method: "POST", URL: "http://127.0.0.1/", Proto: "1.1", Headers: []simulator.Header{{Name: "Host", Value: "127.0.0.1"}, h}}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(appendHead(nil, &request, target))))
		if err != nil {
			t.Fatalf("%q: %q gives an invalid request: %v", name, value, err)
		}
		if got := r.Header.Values(name); len(r.Header) != 1 || len(got) != 1 || got[0] != strings.Trim(value, " \t") || r.ContentLength != 0 {
			t.Fatalf("%q: %q is read as %v", name, value, r.Header)
		}
	})
}

// An accepted URL gives one request line and one host.
func FuzzTarget(f *testing.F) {
	for _, text := range []string{"http://localhost:3000/a?b#c", "https://me:pass@[::1]:8443", "http://a%20b/", "http://[fe80::1%25eth0]/", "http:opaque", "http://a:/", "http://host/\x7f"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := parseTarget(text)
		if err != nil {
			return
		}
		request := simulator.Request{Method: "POST", Proto: "1.1", Headers: []simulator.Header{{Name: "Host", Value: target.host}}}
		if err := checkRequest(&request); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		head := appendHead(nil, &request, target)
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			t.Fatalf("%q gives an invalid request: %v: %q", text, err, head)
		}
		if r.RequestURI != target.uri || len(r.Header) != 0 || target.port == "" || target.hostname == "" {
			t.Fatalf("%q is read as %q, %v", text, r.RequestURI, r.Header)
		}
	})
}
