package receiver

import (
	"net"
	"net/http"

	"semblance/simulator/web/page"
)

// PagePath is the path of the page that shows the deliveries. The path / receives them.
const PagePath = "/_semblance/"

// servePage serves the page to this machine only, because a receiver has no tokens and the page shows whole requests.
func servePage() http.HandlerFunc {
	files := page.New(PagePath)
	return func(w http.ResponseWriter, req *http.Request) {
		if !files.Has(req.URL.Path) || !isLocal(req) {
			notFound(w, "%s not found; the page at %s is for browsers on the receiver's machine", req.URL.Path, PagePath)
			return
		}
		files.ServeHTTP(w, req)
	}
}

// isLocal reports whether the request came over a loopback address.
func isLocal(req *http.Request) bool {
	address, ok := req.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}
