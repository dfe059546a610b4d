package web

import (
	"net/http"

	"semblance/simulator/web/page"
)

// withPage serves the page at "/" and passes other requests to next. The files of the page hold no data, so they need no
// token.
func withPage(next http.Handler) http.Handler {
	files := page.New("/")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if files.Has(r.URL.Path) {
			files.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
