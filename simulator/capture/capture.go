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

// The part of HAR 1.2 that an attempt has: http://www.softwareishard.com/blog/har-12-spec/.
type (
	har struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harEntry struct {
		StartedDateTime time.Time   `json:"startedDateTime"`
		Time            float64     `json:"time"` // in milliseconds, as all times
		Request         harRequest  `json:"request"`
		Response        harResponse `json:"response"`
		Cache           struct{}    `json:"cache"`
		Timings         harTimings  `json:"timings"`
		Comment         string      `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string             `json:"method"`
		URL         string             `json:"url"`
		HTTPVersion string             `json:"httpVersion"`
		Cookies     []simulator.Header `json:"cookies"`
		Headers     []simulator.Header `json:"headers"`
		QueryString []simulator.Header `json:"queryString"`
		PostData    harContent         `json:"postData"`
		HeadersSize int                `json:"headersSize"`
		BodySize    int                `json:"bodySize"`
	}
	harResponse struct {
		Status      int                `json:"status"`
		StatusText  string             `json:"statusText"`
		HTTPVersion string             `json:"httpVersion"`
		Cookies     []simulator.Header `json:"cookies"`
		Headers     []simulator.Header `json:"headers"`
		Content     harContent         `json:"content"`
		RedirectURL string             `json:"redirectURL"`
		HeadersSize int                `json:"headersSize"`
		BodySize    int64              `json:"bodySize"`
	}
	harContent struct {
		Size     int64  `json:"size"`
		MIMEType string `json:"mimeType"`
		Text     string `json:"text"`
		Encoding string `json:"encoding,omitempty"` // base64, for a body that is not UTF-8
	}
	harTimings struct {
		DNS     float64 `json:"dns"` // -1 if it did not happen
		Connect float64 `json:"connect"`
		SSL     float64 `json:"ssl"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// HAR returns attempts as a HAR 1.2 document. An attempt without a response has the status 0 and the reason as a comment.
func HAR(attempts ...*simulator.Attempt) ([]byte, error) {
	all := har{harLog{Version: "1.2", Creator: harCreator{"Semblance", "1"}, Entries: []harEntry{}}}
	for _, a := range attempts {
		all.Log.Entries = append(all.Log.Entries, entryOf(a))
	}
	return json.MarshalIndent(all, "", "  ")
}

func entryOf(a *simulator.Attempt) harEntry {
	q, r, t := &a.Request, &a.Response, &a.Response.Timings
	return harEntry{
		StartedDateTime: a.StartedAt.UTC(), Time: milliseconds(t.DNS + t.Connect + t.TLS + t.Total),
		Request: harRequest{
			Method: q.Method, URL: q.URL, HTTPVersion: "HTTP/" + q.Proto, Cookies: []simulator.Header{}, Headers: notNil(q.Headers), QueryString: []simulator.Header{},
			PostData: contentOf(q.Body, int64(len(q.Body)), q.Header("Content-Type")), HeadersSize: -1, BodySize: len(q.Body),
		},
		Response: harResponse{
			Status: r.Status, StatusText: http.StatusText(r.Status), HTTPVersion: r.Proto, Cookies: []simulator.Header{}, Headers: notNil(r.Headers),
			Content: contentOf(r.Body, r.Size, r.Header("Content-Type")), RedirectURL: r.Header("Location"), HeadersSize: -1, BodySize: r.Size,
		},
		Timings: harTimings{
			DNS: phase(t.DNS), Connect: phase(t.Connect), SSL: phase(t.TLS), Wait: milliseconds(t.FirstByte), Receive: milliseconds(max(0, t.Total-t.FirstByte)),
		},
		Comment: strings.TrimSpace(string(r.Failure) + " " + r.Detail),
	}
}

func contentOf(body []byte, size int64, contentType string) harContent {
	c := harContent{Size: size, MIMEType: contentType, Text: string(body)}
	if !utf8.Valid(body) {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString(body), "base64"
	}
	return c
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
