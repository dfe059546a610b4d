// Package guard protects a server on a developer's machine from web pages, and its handlers from malformed requests.
//
// A page in a browser on the same machine can send requests to every local server. [Guard.Check] refuses those of other
// sites, and those whose Host header does not name this machine: a foreign name that resolves to 127.0.0.1 (DNS
// rebinding) would make the page and the server one origin. [Guard.Wrap] adds a limit on the body, security headers, a
// log line for each request and recovery from panics. [ReadJSON] reads a body strictly.
//
//	g := guard.Guard{Hosts: []string{"semblance.test"}}
//	handler := g.Wrap(next, func(w http.ResponseWriter, r *http.Request, err error) { ... })
//
// Tokens are not checked here: each API has its own rules for them.
package guard

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"semblance/simulator/clock"
)

// MaxBody is the largest accepted request body in bytes. Scenarios are the largest bodies in use.
const MaxBody = 1 << 20

// A Guard says which requests a server accepts. The zero value is right for a server on a loopback address.
type Guard struct {
	Hosts  []string     // host names to accept besides localhost
	Public bool         // other machines reach the server: accept every IP address as host, not only loopback addresses
	Log    *slog.Logger // for requests, panics and errors; nil discards
}

// Logger returns the log, never nil.
func (g Guard) Logger() *slog.Logger {
	if g.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return g.Log
}

// A Refusal is the error for a request that no handler should see.
type Refusal struct {
	Status int    // HTTP status
	Code   string // for programs: host, origin, body, body-too-large, content-type, json, internal
	Field  string // the key of the JSON body that is wrong, or ""
	Detail string // for people
}

// Error returns the detail.
func (r *Refusal) Error() string { return r.Detail }

func refuse(status int, code, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Check returns a *[Refusal] for a request with a foreign host or from a page of another site, and nil for any other.
func (g Guard) Check(r *http.Request) error {
	if !g.acceptsHost(r.Host) {
		return refuse(http.StatusMisdirectedRequest, "host",
			"the host %q is not a name of this server; use 127.0.0.1, or allow the name with --host when starting the server", r.Host)
	}
	if !sameOrigin(r) {
		return refuse(http.StatusForbidden, "origin", "pages of other sites may not use this server")
	}
	return nil
}

// acceptsHost reports whether the Host header names this server. IP addresses cannot be rebound, so a server for other
// machines accepts them all.
func (g Guard) acceptsHost(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" {
		return true
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return address.IsLoopback() || g.Public
	}
	return slices.ContainsFunc(g.Hosts, func(known string) bool { return strings.EqualFold(known, name) })
}

// sameOrigin reports whether the request comes from a page of this server or from no page at all. Reading is refused
// like writing: a request without an Origin header, such as that of an <img>, could hold a stream open.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// Wrap returns a handler that passes accepted requests to next, with at most [MaxBody] bytes of body. A refused request
// and a panic of next are answered by refuse, whose error is a *[Refusal]. [http.ErrAbortHandler] is passed on.
func (g Guard) Wrap(next http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	log := g.Logger()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := clock.Now()
		response := &recorder{ResponseWriter: w}
		setSecurityHeaders(response.Header())
		defer func() {
			if cause := recover(); cause != nil {
				if cause == http.ErrAbortHandler {
					panic(cause)
				}
				log.Error("panic", "method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
				if response.status == 0 {
					refuse(response, r, Internal())
				}
			}
			logRequest(log, r, response, slog.Duration("took", clock.Since(start)))
		}()
		if err := g.Check(r); err != nil {
			refuse(response, r, err)
			return
		}
		r.Body = http.MaxBytesReader(response, r.Body, MaxBody)
		next.ServeHTTP(response, r)
	})
}

// Internal returns the refusal for an error whose details belong in the log.
func Internal() *Refusal {
	return refuse(http.StatusInternalServerError, "internal", "internal error of the simulator; see its log")
}

// setSecurityHeaders sets the headers that every response has. No page of another site may use a response.
func setSecurityHeaders(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
}

// logRequest logs a request and its response, without headers, bodies and the query, which may hold secrets.
func logRequest(log *slog.Logger, r *http.Request, w *recorder, took slog.Attr) {
	level := slog.LevelDebug
	if w.status >= http.StatusInternalServerError && w.status != http.StatusGatewayTimeout {
		level = slog.LevelError
	}
	log.LogAttrs(r.Context(), level, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", w.status), slog.Int64("bytes", w.bytes), took, slog.String("from", r.RemoteAddr))
}

// A recorder records the status and the size of a response.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
	bytes  int64
}

// WriteHeader records the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
