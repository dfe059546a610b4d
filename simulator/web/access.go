package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// authorised passes requests on to next. A server that other machines reach needs a known token for every request.
func (h *Handler) authorised(next http.Handler) http.Handler {
	if !h.options.Guard.Public {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocalHealthCheck(r) {
			if err := h.provider.Authorise(tokenOf(r), ""); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isLocalHealthCheck reports whether the request is a health check from this machine. The health check of a container has
// no token.
func isLocalHealthCheck(r *http.Request) bool {
	if r.URL.Path != healthPath && r.URL.Path != readyPath {
		return false
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// tokenOf returns the token of a request, from the provider's header or as a bearer token.
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
