package hint_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/hint"
)

// read returns a response of testdata, which holds responses as frameworks sent them.
func read(t *testing.T, text string) simulator.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := simulator.Response{Status: resp.StatusCode, Proto: resp.Proto, Body: body, Size: int64(len(body))}
	for name, values := range resp.Header {
		for _, value := range values {
			r.Headers = append(r.Headers, simulator.Header{Name: name, Value: value})
		}
	}
	return r
}

func attempt(url string, r simulator.Response) *simulator.Attempt {
	return &simulator.Attempt{
		Request: simulator.Request{URL: url, Method: "POST", EventType: "booking.created", Body: bytes.Repeat([]byte("x"), 200),
			Headers: []simulator.Header{{Name: "Content-Type", Value: "application/json"}}},
		Response: r,
	}
}

// Responses as real frameworks send them, in testdata.
func TestResponsesOfFrameworks(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, url, name, text, fix string }{
		{"django-csrf", "http://localhost:8000/csrf", "csrf", "403 Forbidden: Forbidden (403) CSRF verification failed. Request aborted.", "@csrf_exempt (Django)"},
		{"django-csrf-production", "http://localhost:8000/csrf", "csrf", "403 Forbidden: Forbidden (403) CSRF verification failed.", "@csrf_exempt (Django)"},
		{"django-append-slash", "http://localhost:8000/hook", "append-slash", "RuntimeError at /hook: You called this URL via POST, but the URL doesn't end in a slash", "send to http://localhost:8000/hook/"},
		{"django-append-slash-production", "http://localhost:8000/hook", "redirect", "", "send to http://localhost:8000/hook/"},
		{"django-host", "http://localhost:8000/csrf", "host", "DisallowedHost at /csrf: Invalid HTTP_HOST header: 'localhost:8000'. You may need to add 'localhost' to ALLOWED_HOSTS.", "the host localhost; allow it"},
		{"django-host-production", "http://localhost:8000/", "host", "Bad Request (400)", "the host localhost; allow it"},
		{"django-get", "http://localhost:8000/get", "method", "", "/get is there for GET only"},
		{"django-404", "http://localhost:8000/none", "no-route", "Page not found at /none: Page not found (404)", "no POST /none"},
		{"express-404", "http://localhost:3000/", "no-path", "Cannot POST /webhooks", "such as --to 3000/webhooks"},
		{"express-404", "http://localhost:3000/webhooks", "no-route", "Cannot POST /webhooks", "no POST /webhooks; compare it with its routes"},
		{"express-413", "http://localhost:3000/json", "too-large", "PayloadTooLargeError: request entity too large", "above 200 bytes"},
		{"express-object-object", "http://localhost:3000/throw", "parsed-body", `SyntaxError: "[object Object]" is not valid JSON`, "express.raw"},
		{"express-parsed", "http://localhost:3000/buf", "parsed-body", `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string`, "express.raw"},
		{"fastify-404", "http://localhost:3000/nope", "no-route", `{"message":"Route POST:/nope not found"`, "no POST /nope"},
		{"fastify-413", "http://localhost:3000/lim", "too-large", `{"statusCode":413`, "above 200 bytes"},
		{"fastify-415", "http://localhost:3000/lim", "content-type", `{"statusCode":415`, `"application/json", which every event has`},
		{"fastify-validation", "http://localhost:3000/x", "validation", `{"statusCode":400`, "requires patientId"},
	}
	used := map[string]bool{}
	for _, test := range tests {
		used[test.file+".http"] = true
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", test.file+".http"))
			if err != nil {
				t.Fatal(err)
			}
			r := read(t, string(data))
			check(t, hint.For(attempt(test.url, r)), test.name, test.fix)
			if got := hint.Text(&r); !strings.HasPrefix(got, test.text) || strings.Contains(got, "<p>") || strings.Contains(got, "padding:") || strings.Contains(got, "node_modules") {
				t.Errorf("text %.300q, want it to start with %q", got, test.text)
			}
		})
	}
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) != len(used) {
		t.Errorf("%d files in testdata, %d used, %v", len(files), len(used), err)
	}
}

func check(t *testing.T, got hint.Hint, name, fix string) {
	t.Helper()
	if got.Name != name || !strings.Contains(got.Fix, fix) || name != "" && got.Fix == "" {
		t.Errorf("hint %q: %q, want %q with %q", got.Name, got.Fix, name, fix)
	}
}

// Statuses and messages, each with the text that a server sends with it.
func TestResponses(t *testing.T) {
	t.Parallel()
	head := func(status int, headers ...string) string {
		return fmt.Sprintf("HTTP/1.1 %d x\r\n%s\r\n", status, strings.Join(append(headers, ""), "\r\n"))
	}
	for _, test := range []struct{ url, response, name, fix string }{
		{"http://h/w", head(401) + `{"error":"bad signature"}`, "signature", "valid signature"},
		{"http://h/w", head(403) + "Forbidden", "signature", "valid signature"},
		{"http://h/w", head(400) + "Webhook Error: No signatures found matching the expected signature for payload.", "signature", "raw body"},
		{"http://h/w", head(400) + "nothing to say", "", ""},
		{"http://h/w", head(400) + "Expecting value: line 1 column 1 (char 0): cannot parse JSON", "unread", "could not read the body"},
		{"http://h/w", head(401, `WWW-Authenticate: Basic realm="staging"`), "credentials", "Basic credentials"},
		{"http://h/w", head(404) + "404 page not found\n", "no-route", "no POST /w"},
		{"http://h", head(404) + "404 page not found\n", "no-path", "such as --to h/webhooks"},
		{"http://h/w", head(405) + "Method Not Allowed\n", "method", "/w does not accept POST"},
		{"http://h/w", head(405, "Allow: HEAD, OPTIONS, GET") + "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n", "method", "/w is there for HEAD, OPTIONS, GET only"},
		{"http://h/w", head(501) + "<p>Message: Unsupported method ('POST').</p>", "method", "register it for POST"},
		{"http://h/w", head(411) + "Length Required", "length", "chunked"},
		{"http://h/w", head(413) + "http: request body too large\n", "too-large", "above 200 bytes"},
		{"http://h/w", head(415) + "<title>415 Unsupported Media Type</title>", "content-type", `"application/json"`},
		{"http://h/w", head(422) + `{"detail":[{"type":"missing","loc":["body","patientId"],"msg":"Field required","input":{}}]}`, "validation", "requires patientId;"},
		{"http://h/w", head(422) + `{"errors":["unknown key roomId"]}`, "validation", "unknown keys must be accepted"},
		{"http://h/w", head(400) + `{"issues":[{"code":"invalid_type","expected":"string","received":"undefined","path":["identifiers","patientId"],"message":"Required"}]}`, "validation", "requires"},
		{"http://h/w", head(400) + `Key: 'Event.PatientID' Error:Field validation for 'PatientID' failed on the 'required' tag`, "validation", "requires PatientID"},
		{"http://h/w", head(400) + `{"error":"\"data\" is required"}`, "validation", "requires data"},
		{"http://h/w", head(422) + "missing required field patientId", "validation", "requires patientId;"},
		{"http://h/w", head(400) + "a signature is required", "signature", ""},
		{"http://h/w", head(429, "Retry-After: 30") + "Too Many Requests", "rate-limit", "asks to wait 30 s"},
		{"http://h/w", head(429) + "Too Many Requests", "rate-limit", "limits the rate; raise"},
		{"http://h/w", head(503, "Retry-After: 2"), "rate-limit", "asks to wait 2 s"},
		{"http://h/w", head(502) + "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>", "proxy", "behind it"},
		{"http://h/w", head(404) + "Tunnel abc.example not found ERR_NGROK_3200", "tunnel", "no receiver is behind it"},
		{"http://h/w", head(500) + "Internal Server Error", "error", "its log"},
		{"http://h:1/w", head(400) + "Client sent an HTTP request to an HTTPS server.\n", "https-port", "send to https://h:1/w"},
		{"http://h/w", head(400) + "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>", "https-port", "send to https://h/w"},
		{"https://h/w", head(403) + "Unknown ALPN Protocol, expected `h2` to be available.\n", "http2-only", "allowHTTP1"},
		{"http://h/w", head(505) + "HTTP Version Not Supported", "http2-only", "HTTP/1.1"},
		{"http://h/w", head(419) + "<title>Page Expired</title>", "csrf", "Laravel"},
		{"http://h/w", head(422) + "ActionController::InvalidAuthenticityToken (Can't verify CSRF token authenticity.)", "csrf", "Rails"},
		{"http://h/w", head(400) + "<p>The CSRF token is missing.</p>", "csrf", "Flask-WTF"},
		{"http://h/w", head(403) + `{"status":403,"error":"Forbidden","message":"Invalid CSRF Token 'null' was found"}`, "csrf", "exempt the webhook's route"},
		{"http://tunnel/w", head(403) + `Blocked request. This host ("tunnel") is not allowed.`, "host", "the host tunnel"},
		{"http://h/w", head(403) + "Blocked hosts: h", "host", "config.hosts"},
		{"http://h/w", head(308, "Location: /w/"), "redirect", "send to http://h/w/"},
		{"http://h/w", head(302, "Location: /login?token=abc"), "redirect", "token=***"},
		{"http://h/w", head(304), "", ""},
		{"http://h/w", head(200), "", ""},
	} {
		t.Run(test.name+" "+test.response[9:12], func(t *testing.T) {
			t.Parallel()
			check(t, hint.For(attempt(test.url, read(t, test.response))), test.name, test.fix)
		})
	}
}

// Attempts without a response; the details are those of package delivery, whose tests produce them from real connections.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url     string
		failure simulator.Failure
		detail  string
		name    string
		fix     string
	}{
		{"http://localhost:3000/", simulator.FailureRefused, "nothing listens at localhost:3000", "refused", "`semblance listen --addr 3000`"},
		{"http://127.0.0.1:4701/", simulator.FailureRefused, "", "refused", "`semblance listen` in"},
		{"http://[::1]/", simulator.FailureRefused, "", "refused", "--addr 80`"},
		{"http://10.1.2.3:3000/", simulator.FailureRefused, "", "refused", "check the address"},
		{"http://web/", simulator.FailureDNS, `"web" has no address: no such host`, "dns", "spelling"},
		{"https://localhost:3000/w", simulator.FailureTLS, "localhost:3000 does not speak TLS; use http://", "plain-http", "send to http://localhost:3000/w"},
		{"https://localhost/", simulator.FailureTLS, "the certificate of localhost belongs to another host: certificate is valid for a, not localhost", "certificate-name", "in the certificate"},
		{"https://localhost/", simulator.FailureTLS, "the certificate of localhost is not valid: certificate has expired or is not yet valid", "certificate-expired", "renew"},
		{"https://localhost/", simulator.FailureTLS, "the certificate of localhost is not signed by a trusted authority", "certificate", "--ca-file"},
		{"https://localhost/", simulator.FailureTLS, "no TLS connection to localhost: tls: no application protocol", "http2-only", "allowHTTP1"},
		{"http://localhost/", simulator.FailureMalformed, "got HTTP/2 instead of an HTTP/1.1 response", "http2-only", "HTTP/1.1 too"},
		{"http://localhost/", simulator.FailureMalformed, `malformed HTTP response: starts with "SSH-2.0"`, "not-http", "check the port"},
		{"http://localhost/w", simulator.FailureClosed, "localhost closed the connection without a response", "closed", "send to https://localhost/w"},
		{"https://localhost/w", simulator.FailureReset, "", "closed", "accepts HTTP/1.1"},
		{"http://localhost/w", simulator.FailureTimeout, "no response from localhost within 10 s", "no-answer", "before slow work"},
		{"http://localhost/w", simulator.FailureCanceled, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, hint.For(attempt(test.url, simulator.Response{Failure: test.failure, Detail: test.detail})), test.name, test.fix)
		})
	}
}

// The signature hint is for events with a valid signature alone.
func TestFaults(t *testing.T) {
	t.Parallel()
	a := attempt("http://h/w", simulator.Response{Status: 401})
	a.Request.Fault = "transport=gzip"
	check(t, hint.For(a), "", "")
	a.Request.Fault, a.Response.Status = "signature=tampered", 202
	check(t, hint.For(a), "forgery-accepted", "accepts signature=tampered")
	a.Request.Fault, a.Request.EventType, a.Request.Kind, a.Response.Status = "", "", simulator.KindExact, 401
	check(t, hint.For(a), "", "")
}

// Every row of the table is reached by a test above.
func TestNames(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("hint_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range hint.Names() {
		if !strings.Contains(string(source), fmt.Sprintf("%q", name)) {
			t.Errorf("no test of the hint %q", name)
		}
	}
	if names := slices.Compact(slices.Sorted(slices.Values(hint.Names()))); len(names) != len(hint.Names()) {
		t.Errorf("a name appears twice in %v", hint.Names())
	}
}

// A page is long and hostile: the work is bounded.
func TestTextIsBounded(t *testing.T) {
	t.Parallel()
	r := simulator.Response{Status: 500, Headers: []simulator.Header{{Name: "Content-Type", Value: "text/html"}},
		Body: []byte("<body>" + strings.Repeat("<div <pre <!-- ", 1<<18))}
	start := time.Now()
	hint.For(attempt("http://h/", r))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("a page of %d bytes took %v", len(r.Body), took)
	}
}

func Example() {
	a := simulator.Attempt{
		Request:  simulator.Request{URL: "http://localhost:3000/hooks", Method: "POST"},
		Response: simulator.Response{Status: 404},
	}
	fmt.Println(hint.For(&a).Fix)
	// Output: the receiver has no POST /hooks; compare it with its routes: prefix, spelling and trailing slash
}
