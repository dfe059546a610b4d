package script

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Wire is the way in which the bytes of a request reach the receiver. The zero value is one write on any connection.
type Wire struct {
	Chunks     int           // Transfer-Encoding: chunked with this number of chunks; 0: Content-Length
	Pieces     int           // in pieces, cut in the head and in the body; 0: in one
	Every      time.Duration // between two pieces
	Keep       *int          // the connection ends after this percentage of the body
	Then       EndOfConnection
	Hold       time.Duration // Expect: 100-continue: the longest time before the body is sent; 0: no Expect
	Unread     bool          // the connection is closed after the body, without reading the response
	Connection string        // steps with the same name share a connection; "": any
	Gzip       Gzip
}

// EndOfConnection is how a connection ends.
type EndOfConnection string

// The ends of a connection.
const (
	ThenClose EndOfConnection = "close"
	ThenReset EndOfConnection = "reset"
)

// Gzip selects the bytes that the signature of a compressed body covers.
type Gzip string

// The values of [Wire.Gzip].
const (
	GzipNone       Gzip = ""
	GzipCompressed Gzip = "compressed" // the compressed bytes
	GzipPlain      Gzip = "plain"      // the bytes before compression
)

// Fault returns the transport fault that is another name for this way, or "". size is the length of the body.
func (w *Wire) Fault(size int) string {
	switch {
	case w.Chunks > 0:
		return fmt.Sprintf("transport=chunked,size=%d", max(1, (size+w.Chunks-1)/w.Chunks))
	case w.Pieces > 0:
		return fmt.Sprintf("transport=pieces,count=%d,every=%s", w.Pieces, w.Every)
	case w.Hold > 0:
		return fmt.Sprintf("transport=hold-body,wait=%s", w.Hold)
	case w.Unread:
		return "transport=unread-response"
	case w.Keep != nil && w.Then == ThenReset:
		return fmt.Sprintf("transport=reset,keep=%d%%", *w.Keep)
	case w.Keep != nil:
		return fmt.Sprintf("transport=cut-body,keep=%d%%", *w.Keep)
	}
	return ""
}

// wireWays lists the keys of which a request can have one.
func wireWays() []string { return []string{"chunks", "pieces", "keep", "hold-body", "response"} }

func wireConstruct(w *Wire) construct {
	var unread string
	w.Every = 300 * time.Millisecond
	return construct{name: "wire", about: "The way in which the bytes reach the receiver.", keys: []key{
		{"chunks", "Send the body in this number of chunks, without Content-Length.", false, count(&w.Chunks, 1, 1000)},
		{"pieces", "Send the request in this number of pieces, cut in the head and in the body.", false, count(&w.Pieces, 2, 1000)},
		{"every", "The pause between two pieces; default 300ms.", false, duration(&w.Every, 0)},
		{"keep", "Send only this part of the body, such as 50%; then end the connection.", false, share(&w.Keep)},
		{"then", "close or reset: how the connection ends after keep; default close.", false, oneOf(&w.Then, ThenClose, ThenReset)},
		{"hold-body", "Send Expect: 100-continue, and the body after a 100 or after this time.", false, duration(&w.Hold, time.Millisecond)},
		{"response", "unread: close the connection after the body, without reading the response.", false, oneOf(&unread, "unread")},
		{"connection", "Steps with the same name share a connection, as long as the receiver keeps it open.", false, name(&w.Connection, "a connection")},
		{"gzip", "Compress the body; the signature covers the compressed or the plain bytes.", false, oneOf(&w.Gzip, GzipCompressed, GzipPlain)},
	}, check: func(p *parser, n *node) {
		w.Unread = unread != ""
		has := func(key string) bool { return n.get(key) != nil }
		used := slices.DeleteFunc(wireWays(), func(key string) bool { return !has(key) })
		if len(used) > 1 {
			p.fail(n.key(used[1]), "%s cannot be combined; write two steps", strings.Join(used, " and "))
		}
		if has("every") && !has("pieces") {
			p.fail(n.key("every"), "every belongs to pieces")
		}
		if has("then") && !has("keep") {
			p.fail(n.key("then"), "then belongs to keep")
		}
	}}
}
