// Package web serves the control API of a running provider: make events happen, look at deliveries and attempts, wait for
// them, send them again, play scenarios.
//
//	h := web.New(p, web.Options{})
//	defer h.Close()
//	err = http.Serve(listener, h)
//
// All routes of the API are under /api/v1, and the page of package page is at /. The OpenAPI document at /api/v1/openapi.json describes them; it is generated from the
// route table and the Go types. GET /api/v1/stream sends server-sent events. Errors are problems of RFC 9457.
//
// Package guard checks every request first. Without a token the API can be used on a loopback address, except for
// reading secrets. On any other address every request needs one.
//
// The package translates between HTTP and the provider, and limits the size and the number of requests. It makes no
// decisions: the provider says whether a subscription is valid and when to retry, and a [Player] plays scenarios.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator/apifault"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// maxOpen is how many streams may be open at once, and how many requests may wait.
const maxOpen = 64

// Options are the settings of a [Handler]. The zero value is right for a loopback address.
type Options struct {
	Guard     guard.Guard   // which requests are accepted; if it is public, every request needs a token
	Player    Player        // plays scenarios; if nil, the routes for plays respond with 501
	Version   string        // of the program, for the health route
	APIFaults *apifault.Set // of the GraphQL API; nil for a set of its own
	Journal   string        // name of the journal's file, for the health route; "" is a journal in memory
}

// Handler serves the control API. Make one with [New]; Close it at the end.
type Handler struct {
	provider *provider.Provider
	options  Options
	log      *slog.Logger
	router   *mux.Router
	guarded  http.Handler
	plays    plays
	feed     feed // of the streams

	streams, waits, playing slots
	patience                time.Duration // for one write to a stream

	closing context.Context // done when the handler is closed
	close   context.CancelFunc
}

// New returns the control API of a provider.
func New(p *provider.Provider, o Options) *Handler {
	if o.APIFaults == nil {
		o.APIFaults = apifault.NewSet(0)
	}
	h := &Handler{
		provider: p, options: o, log: o.Guard.Logger(), patience: streamPatience,
		streams: make(slots, maxOpen), waits: make(slots, maxOpen), playing: make(slots, maxPlays),
	}
	h.closing, h.close = context.WithCancel(context.Background())
	h.router = h.newRouter()
	h.guarded = o.Guard.Wrap(withPage(h.authorised(h.router)), h.fail)
	return h
}

// ServeHTTP serves a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.guarded.ServeHTTP(w, r) }

// Close ends streams and waiting requests, stops plays, and waits for the plays to end.
func (h *Handler) Close() {
	h.close()
	h.plays.close()
}

// slots limit how many requests do the same at once.
type slots chan struct{}

// take takes a slot if one is free.
func (s slots) take() (release func(), ok bool) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, true
	default:
		return nil, false
	}
}

// untilClosed returns a context that is done when the request is, or when the handler is closed.
func (h *Handler) untilClosed(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(h.closing, cancel)
	return ctx, func() { stop(); cancel() }
}
