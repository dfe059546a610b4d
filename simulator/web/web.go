// Package web is the HTTP face of a running provider: the provider's own GraphQL, as a provisioning script knows it, and
// an API to control the simulation, as a test or a person wants it.
//
//	h, err := web.New(p, web.Options{})
//	defer h.Close()
//	err = http.Serve(listener, h)
//
// POST /graphql is the provider's endpoint, with its x-token header. Under /api/v1 is the control API: make something
// happen, see what became of it, wait for it, send it again. It is described by the OpenAPI document that it serves at
// /api/v1/openapi.json. GET /api/v1/stream tells what happens while it happens.
//
// Everything passes a guard before it reaches a route: the Host header must name this machine (so that a web page whose
// name leads here by DNS cannot speak to it), a request from another site's page is refused, bodies are bounded, and a
// face that other machines can reach asks for a token whatever is asked of it. Errors are problems of RFC 9457.
//
// The package translates and bounds. It decides nothing: whether a subscription may be made, when something is tried
// again, what a scenario makes of an answer are all said by others.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator/provider"
)

// The bounds of what a client may ask for.
const (
	maxBody    = 1 << 20 // bytes of a request's body: a scenario is the largest
	maxStreams = 64      // streams and long polls at once, each
	maxEmit    = 1000    // events of one request
)

// Options are the settings of the face. The zero value is right on a loopback address.
type Options struct {
	Hosts   []string // names that the Host header may have beside those of this machine
	Guarded bool     // ask for a token whatever is asked: for a face that other machines reach
	Player  Player   // plays scenarios; nil: there is none, and its routes say so
	Logger  *slog.Logger
	Version string // what the API says of the program's version
}

// Handler is the face. It is an http.Handler; Close ends what lasts.
type Handler struct {
	provider *provider.Provider
	options  Options
	log      *slog.Logger
	router   *mux.Router
	entry    http.Handler
	graphql  *graphqlEndpoint
	plays    plays

	streams, waits places
	patience       time.Duration // how long a write to a stream may take before its reader is dropped

	ending context.Context // done when the handler is closed
	end    context.CancelFunc
}

// New returns the face of a provider.
func New(p *provider.Provider, o Options) (*Handler, error) {
	h := &Handler{provider: p, options: o, log: o.Logger, streams: newPlaces(maxStreams), waits: newPlaces(maxStreams), patience: slowReader}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.ending, h.end = context.WithCancel(context.Background())
	var err error
	if h.graphql, err = newGraphQL(p, h.log); err != nil {
		return nil, fmt.Errorf("preparing the GraphQL endpoint: %w", err)
	}
	h.router = h.newRouter()
	h.entry = h.guard(h.router)
	return h, nil
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
