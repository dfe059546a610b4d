// Package web serves the control API of a running provider: make events happen, look at deliveries and attempts, wait for
// them, send them again, play scenarios.
//
//	h := web.New(p, web.Options{})
//	defer h.Close()
//	err = http.Serve(listener, h)
//
// All routes are under /api/v1. The OpenAPI document at /api/v1/openapi.json describes them; it is generated from the
// route table and the Go types. GET /api/v1/stream sends server-sent events. Errors are problems of RFC 9457.
//
// Package guard checks every request first. Without a token the API can be used on a loopback address, except for
// reading secrets. On any other address every request needs one.
//
// The package translates between HTTP and the provider, and limits what a client can use. It makes no decisions: the
// provider says whether a subscription is valid and when to retry, and a [Player] plays scenarios.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// The bounds of what a client may ask for.
const (
	maxStreams = 64   // streams and long polls at once, each
	maxEmit    = 1000 // events of one request
)

// Options are the settings of the face. The zero value is right on a loopback address.
type Options struct {
	Guard   guard.Guard // which requests are accepted; if it is public, every request needs a token
	Player  Player      // plays scenarios; if nil, the routes for plays respond with 501
	Version string      // of the program, for the health route
}

// Handler is the face. It is an http.Handler; Close ends what lasts.
type Handler struct {
	provider *provider.Provider
	options  Options
	log      *slog.Logger
	router   *mux.Router
	entry    http.Handler
	plays    plays

	streams, waits places
	patience       time.Duration // how long a write to a stream may take before its reader is dropped

	ending context.Context // done when the handler is closed
	end    context.CancelFunc
}

// New returns the face of a provider.
func New(p *provider.Provider, o Options) *Handler {
	h := &Handler{provider: p, options: o, log: o.Guard.Logger(), streams: newPlaces(maxStreams), waits: newPlaces(maxStreams), patience: slowReader}
	h.ending, h.end = context.WithCancel(context.Background())
	h.router = h.newRouter()
	h.entry = o.Guard.Wrap(h.authorised(h.router), h.fail)
	return h
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.entry.ServeHTTP(w, r) }

// Close ends the streams and the long polls, stops the plays, and waits for them.
func (h *Handler) Close() {
	h.end()
	h.plays.close()
}

// places are a bounded number of places for what lasts.
type places chan struct{}

func newPlaces(n int) places { return make(places, n) }

// take takes a place, if there is one left.
func (p places) take() (leave func(), ok bool) {
	select {
	case p <- struct{}{}:
		return func() { <-p }, true
	default:
		return nil, false
	}
}

// whileOpen returns a context that is done with the request's or when the handler is closed.
func (h *Handler) whileOpen(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(h.ending, cancel)
	return ctx, func() { stop(); cancel() }
}
