// Package capture writes attempts in forms that other programs read: a curl command, HTTP as on the wire, lines of JSON, and
// HAR 1.2, which browsers and proxies import.
//
//	fmt.Println(capture.Curl(&a.Request, false))
//	os.Stdout.Write(capture.HTTP(&a))
//	data, err := capture.HAR(&a)
//
// [Curl] hides credentials unless it is told otherwise; give the other functions an attempt that is
// [simulator.Attempt.Redacted].
package capture

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"semblance/simulator"
)

// HTTP returns the request and the response in wire format, one after the other. Without a response it ends with the reason.
func HTTP(a *simulator.Attempt) []byte {
	b := bytes.NewBuffer(Request(&a.Request))
	if len(a.Request.Body) > 0 {
		b.WriteString("\n")
	}
	if a.Response.Status == 0 {
		fmt.Fprintf(b, "# no response: %s\n", strings.TrimSpace(string(a.Response.Failure)+" "+a.Response.Detail))
		return b.Bytes()
	}
	fmt.Fprintf(b, "%s %d %s\r\n", a.Response.Proto, a.Response.Status, http.StatusText(a.Response.Status))
	writeMessage(b, a.Response.Headers, a.Response.Body)
	if len(a.Response.Body) > 0 {
		b.WriteString("\n")
	}
	return b.Bytes()
}

// Request returns a request as it was sent, for a file or for nc.
func Request(r *simulator.Request) []byte {
	target := "/"
	if u, err := url.Parse(r.URL); err == nil {
		target = u.RequestURI()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", r.Method, target, r.Proto)
	writeMessage(&b, r.Headers, r.Body)
	return b.Bytes()
}

func writeMessage(b *bytes.Buffer, headers []simulator.Header, body []byte) {
	for _, h := range headers {
		fmt.Fprintf(b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("\r\n")
	b.Write(body)
}

// NDJSON returns values as JSON, one on each line.
func NDJSON[T any](values []T) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

type object = map[string]any

// HAR returns attempts as a HAR 1.2 document (http://www.softwareishard.com/blog/har-12-spec/). An attempt without a response
// has the status 0 and the reason as a comment.
func HAR(attempts ...*simulator.Attempt) ([]byte, error) {
	entries := make([]object, len(attempts))
	for i, a := range attempts {
		entries[i] = entryOf(a)
	}
	return json.MarshalIndent(object{"log": object{"version": "1.2", "creator": object{"name": "Semblance", "version": "1"}, "entries": entries}}, "", "  ")
}

func entryOf(a *simulator.Attempt) object {
	q, r, t := &a.Request, &a.Response, &a.Response.Timings
	none := []object{}
	return object{
		"startedDateTime": a.StartedAt.UTC(), "time": milliseconds(t.DNS + t.Connect + t.TLS + t.Total), "cache": object{},
		"request": object{
			"method": q.Method, "url": q.URL, "httpVersion": "HTTP/" + q.Proto, "cookies": none, "headers": notNil(q.Headers), "queryString": none,
			"postData": contentOf(q.Body, int64(len(q.Body)), q.Header("Content-Type")), "headersSize": -1, "bodySize": len(q.Body),
		},
		"response": object{
			"status": r.Status, "statusText": http.StatusText(r.Status), "httpVersion": r.Proto, "cookies": none, "headers": notNil(r.Headers),
			"content": contentOf(r.Body, r.Size, r.Header("Content-Type")), "redirectURL": r.Header("Location"), "headersSize": -1, "bodySize": r.Size,
		},
		"timings": object{
			"dns": phase(t.DNS), "connect": phase(t.Connect), "ssl": phase(t.TLS), "send": 0, "wait": milliseconds(t.FirstByte), "receive": milliseconds(max(0, t.Total-t.FirstByte)),
		},
		"comment": strings.TrimSpace(string(r.Failure) + " " + r.Detail),
	}
}

// contentOf returns a body, in base64 if it is not UTF-8.
func contentOf(body []byte, size int64, contentType string) object {
	if !utf8.Valid(body) {
		return object{"size": size, "mimeType": contentType, "text": base64.StdEncoding.EncodeToString(body), "encoding": "base64"}
	}
	return object{"size": size, "mimeType": contentType, "text": string(body)}
}

func notNil(headers []simulator.Header) []simulator.Header {
	if headers == nil {
		return []simulator.Header{}
	}
	return headers
}

// phase returns the length of a phase of a connection, or -1 if it did not happen.
func phase(d time.Duration) float64 {
	if d == 0 {
		return -1
	}
	return milliseconds(d)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
