// Package page serves the page of a running provider and of a running receiver: static files, embedded in the program. The
// page gets all data from the control API of the server that it comes from.
//
//	p := page.New("/")
//	if p.Has(r.URL.Path) { p.ServeHTTP(w, r) }
//
// Each file is read, slimmed and compressed once. The files are HTML, CSS and JavaScript modules without a framework or a
// build step. Their Content-Security-Policy allows only files and connections of the same server, and no inline script or
// style. The files hold no data, so they need no token.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"semblance/schemas/lazy"
)

//go:embed *.html *.css *.js
var files embed.FS

// Policy is the Content-Security-Policy of the page.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes are the types of the files. They do not come from the machine's table, which may be wrong.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}

// Handler serves the files below a path. Make one with [New].
type Handler struct {
	base  string
	mu    sync.Mutex
	files map[string]*file // by name; each is read and compressed once
}

// file is a file in both codings.
type file struct {
	plain, compressed []byte
	etag              string // of the content, with quotes
}

// New returns a handler for the page at base, which begins and ends with a slash.
func New(base string) *Handler { return &Handler{base: base, files: map[string]*file{}} }

// Has reports whether the handler serves the path.
func (h *Handler) Has(urlPath string) bool { return h.find(urlPath) != nil }

// ServeHTTP serves a file.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := h.find(r.URL.Path)
	if f == nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the page can only be read", http.StatusMethodNotAllowed)
		return
	}
	header.Set("Content-Security-Policy", Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Type", contentTypes[path.Ext(h.name(r.URL.Path))])
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	content, etag := f.plain, f.etag
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		content, etag = f.compressed, strings.TrimSuffix(etag, `"`)+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// name returns the name of the file at a path, or "".
func (h *Handler) name(urlPath string) string {
	name, ok := strings.CutPrefix(urlPath, h.base)
	if ok && name == "" {
		return "index.html"
	}
	return name
}

// find returns the file at a path, or nil.
func (h *Handler) find(urlPath string) *file {
	name := h.name(urlPath)
	h.mu.Lock()
	defer h.mu.Unlock()
	if f, known := h.files[name]; known {
		return f
	}
	plain, err := files.ReadFile(name)
	if err != nil {
		return nil
	}
	plain = slim(name, plain)
	sum := sha256.Sum256(plain)
	f := &file{plain: plain, compressed: compress(plain), etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	h.files[name] = f
	return f
}

// indentation is the white space at the start of a line, with a comment if that is the rest of the line.
var indentation = lazy.Regexp(`(?m)^\t*// .*$|^\t+`)

// slim returns a file without comments, indentation and the spaces that mean nothing: in CSS beside punctuation, in JavaScript
// beside operators that no text contains. The numbers of its lines stay, for debuggers.
func slim(name string, source []byte) []byte {
	source = indentation().ReplaceAll(source, nil)
	switch path.Ext(name) {
	case ".css":
		return spaceInCSS().ReplaceAll(source, []byte("$1$2$3"))
	case ".js":
		return spaceInJS().ReplaceAll(source, []byte("$1"))
	}
	return source
}

// spaceInCSS does not include a space before a colon, which begins a descendant.
var (
	spaceInCSS = lazy.Regexp(` ?([{]) ?|;? ?(})|([:;,]) `)
	spaceInJS  = lazy.Regexp(` (=>|&&|\|\||\?\?|===|!==) `)
)

func compress(plain []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is valid
	}
	_, _ = w.Write(plain) // to memory
	_ = w.Close()
	return b.Bytes()
}
