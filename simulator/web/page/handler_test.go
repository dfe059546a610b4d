package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/web/page"
)

// The files have a strict policy, and a browser that has them gets nothing again.
func TestHandler(t *testing.T) {
	t.Parallel()
	h := page.New("/_semblance/")
	ask := func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]string{"/_semblance/": "text/html; charset=utf-8", "/_semblance/page.js": "text/javascript; charset=utf-8", "/_semblance/page.css": "text/css; charset=utf-8"} {
		plain, packed := ask("GET", path), ask("GET", path, "Accept-Encoding: br, gzip")
		if plain.Code != http.StatusOK || plain.Header().Get("Content-Type") != want || plain.Header().Get("Content-Security-Policy") != page.Policy || plain.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, plain.Code, plain.Header())
		}
		unpacked, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(unpacked)
		if err != nil || string(text) != plain.Body.String() || packed.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s: the compressed file differs, or has the same ETag (%v)", path, err)
		}
		if again := ask("GET", path, "If-None-Match: "+plain.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: again %d", path, again.Code)
		}
	}
	for _, path := range []string{"/", "/page.js", "/_semblance", "/_semblance/page.go", "/_semblance/../page.js", "/_semblance/testdata/tree.golden"} {
		if h.Has(path) || ask("GET", path).Code != http.StatusNotFound {
			t.Errorf("%s is served", path)
		}
	}
	if w := ask("POST", "/_semblance/"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
}

// Slim keeps the numbers of lines and everything but comments, indentation and spaces that mean nothing.
func TestSlim(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, source, want string }{
		{"page.js", "// a comment\nlet a = x => 1; // kept\n\t\t// another\n\tconst url = \"https://x\";\n", "\nlet a = x=>1; // kept\n\nconst url = \"https://x\";\n"},
		{"page.css", "a :focus, b::before { content: \"● \"; margin: 0 1px }\n", "a :focus,b::before{content:\"● \";margin:0 1px}\n"},
		{"index.html", "\t<p>a: b, c => d</p>\n", "<p>a: b, c => d</p>\n"},
	} {
		if got := string(page.Slim(test.name, []byte(test.source))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
