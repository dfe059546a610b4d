package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// guard is what every request passes before it comes to a route, and every answer on its way back.
func (h *Handler) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := clock.Now()
		answer := &recorder{ResponseWriter: w}
		secure(answer.Header())
		defer func() {
			if cause := recover(); cause != nil {
				h.recovered(answer, r, cause)
			}
			h.logRequest(r, answer, slog.Duration("took", clock.Since(began)))
		}()
		if err := h.admit(crossOrigin, r); err != nil {
			h.fail(answer, r, err)
			return
		}
		r.Body = http.MaxBytesReader(answer, r.Body, maxBody)
		next.ServeHTTP(answer, r)
	})
}

// secure sets the headers that every answer has. The face has no page of its own, and no other page may use it.
func secure(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
}

// admit says why a request may not come in.
func (h *Handler) admit(crossOrigin *http.CrossOriginProtection, r *http.Request) error {
	if !h.knownHost(r.Host) {
		return problem(http.StatusMisdirectedRequest, "host",
			"the host %q is not this machine's; ask for 127.0.0.1, or allow the name when the provider is started", r.Host)
	}
	if err := crossOrigin.Check(r); err != nil || !sameOrigin(r) {
		return problem(http.StatusForbidden, "origin", "a page of another site may not use this API")
	}
	if h.options.Guarded && !isOwnProbe(r) {
		return h.provider.Authorise(tokenOf(r), "")
	}
	return nil
}

// knownHost reports whether a Host header may be answered. What a name of somebody else's leads to, he decides, and could
// lead a browser here; so only the names of this machine are answered, and those that were allowed. An address cannot be
// led elsewhere, but only a guarded face is for other machines.
func (h *Handler) knownHost(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" {
		return true
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return address.IsLoopback() || h.options.Guarded
	}
	return slices.ContainsFunc(h.options.Hosts, func(known string) bool { return strings.EqualFold(known, name) })
}

// sameOrigin reports whether the request comes from no page, or from one of ours. CrossOriginProtection looks at
// requests that change something; a page of another site may not hold a stream open either.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// isOwnProbe reports whether this machine itself asks how we are: the health check of a container knows no token.
func isOwnProbe(r *http.Request) bool {
	if r.URL.Path != healthPath && r.URL.Path != readyPath {
		return false
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// tokenOf returns the token that came with the request: in the provider's header, or in HTTP's own.
func tokenOf(r *http.Request) string {
	if token := r.Header.Get("X-Token"); token != "" {
		return token
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// mayShowSecrets reports whether secrets were asked for, and refuses to whoever may not see them: it takes a token that
// sees webhooks, on every address.
func (h *Handler) mayShowSecrets(r *http.Request, asked bool) (bool, error) {
	if !asked {
		return false, nil
	}
	return true, h.provider.Authorise(tokenOf(r), provider.SeeWebhooks)
}

// recovered answers for a handler that panicked. http.ErrAbortHandler is a handler's way to drop a connection.
func (h *Handler) recovered(w *recorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	h.log.Error("panic", "method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
	if w.status == 0 {
		h.fail(w, r, problem(http.StatusInternalServerError, "internal", "this is a fault of the simulator's own; its log says more"))
	}
}

// logRequest writes down what was asked and what was answered: no header, no body and no query, which may hold secrets.
func (h *Handler) logRequest(r *http.Request, w *recorder, took slog.Attr) {
	level := slog.LevelDebug
	if w.status >= http.StatusInternalServerError && w.status != http.StatusGatewayTimeout {
		level = slog.LevelError
	}
	h.log.LogAttrs(r.Context(), level, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", w.status), slog.Int64("bytes", w.bytes), took, slog.String("from", r.RemoteAddr))
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
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

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
