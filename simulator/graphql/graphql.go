// Package graphql is the provider's own API in GraphQL: webhook subscriptions, as a provisioning script uses them, and the
// records behind the ids of events, as a receiver reads them.
//
//	mux.Handle(graphql.Path, graphql.New(p, guard.Guard{}, graphql.Options{}))
//
// Every request is a POST of a JSON object with "query" and needs a token in the x-token header. Errors have the provider's
// form: a document that cannot be executed gets status 400 and "errors", a refused mutation status 200 with "error" set and
// "data" null, a request without a known token status 401 and "errors".
//
// The work for a document is bounded: its length, depth and selections, and the size of its response.
package graphql

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"semblance/schemas/lazy"

	graphql "github.com/graph-gophers/graphql-go"
	qerrors "github.com/graph-gophers/graphql-go/errors"

	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// Path is where the provider has its API.
const Path = "/graphql"

//go:embed schema.graphql
var subscriptionSchema string

//go:embed records.graphql
var recordSchema string

// The limits of a document. An introspection query is the deepest that clients send.
const (
	maxDepth      = 15
	maxLength     = 64 << 10
	maxSelections = 10_000
)

// Handler serves the provider's API. Make one with [New].
type Handler struct {
	provider *provider.Provider
	options  Options
	schema   func() *graphql.Schema
	prepares bool // the records of the provider are shown, so they must be in its journal
	limits   limits
	log      *slog.Logger
	guarded  http.Handler
}

// New returns the API of a provider, for the requests that the guard accepts. The schema is parsed at the first request,
// because that takes longer than the rest of the start of a server.
func New(p *provider.Provider, g guard.Guard, o Options) *Handler {
	own := o.Records == nil
	if own {
		o.Records = p.Journal()
	}
	if o.Clinic == nil {
		o.Clinic = p
	}
	h := &Handler{provider: p, options: o.withDefaults(), prepares: own, log: g.Logger()}
	h.schema = sync.OnceValue(h.parseSchema)
	h.guarded = g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(h.newLoggedRequest(w), r) }), h.fail)
	return h
}

// parseSchema returns the schema with its resolvers. A test calls it, so it does not fail later.
func (h *Handler) parseSchema() *graphql.Schema {
	return graphql.MustParseSchema(schemaText(h.options), &resolver{h}, graphql.UseFieldResolvers(),
		graphql.MaxDepth(maxDepth), graphql.MaxQueryLength(maxLength), graphql.MaxSelections(maxSelections),
		graphql.OverlapValidationLimit(maxSelections), graphql.DisableFieldSelections(), graphql.UseStringDescriptions(), graphql.Tracer(budgetTracer{}),
		graphql.MaxParallelism(1), // resolvers only read memory, and each goroutine of a list costs more than it saves
		graphql.Logger(panicLog{h.log}), graphql.PanicHandler(panicMessage{}))
}

// episodeField is the query for an episode, with its description.
var episodeField = lazy.Regexp(`.*\n  episode\(id: ID!\): Episode\n`)

// hidden are the parts of the schema that clients do not see.
var hidden = lazy.Regexp(`(?m)^"[^"]*"\ndirective @(evidence|clinic)\(.*\n| @(evidence|clinic)\(\w+: "\w+"\)`)

// schemaText returns the schema as clients see it.
func schemaText(o Options) string {
	text := subscriptionSchema + hidden().ReplaceAllString(recordSchema, "")
	if o.HideEpisodes {
		text = episodeField().ReplaceAllString(text, "")
	}
	return text
}

// ServeHTTP executes a document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.guarded.ServeHTTP(w, r) }

// request is the body of a request, as all clients send it.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"` // some clients send them; none is known here
}

// serve checks the token before it reads the document. Each operation checks the permission that it needs.
func (h *Handler) serve(w *loggedRequest, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.fail(w, r, &guard.Refusal{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("the GraphQL API takes POST, not %s", r.Method)})
		return
	}
	token, err := h.token(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	var in request
	switch _, err := guard.ReadJSON(r, &in, guard.AllowNull); {
	case err != nil:
		h.fail(w, r, err)
		return
	case in.Query == "":
		h.fail(w, r, &guard.Refusal{Status: http.StatusBadRequest, Detail: `the body needs a "query" with the GraphQL document`})
		return
	}
	w.identify(token, &in)
	if err := h.prepare(r.Context()); err != nil {
		h.log.Warn("preparing the API", "error", err)
	}
	faults := h.inject(w, &in)
	if h.instead(w, r, faults) {
		return
	}
	e, ctx := h.newExecution(r.Context(), token, in.Query)
	e.log, e.reader = w, newReader(e, faults.records(h.options.Records, h.provider.Now()))
	defer e.cancel()
	response := h.schema().Exec(ctx, in.Query, in.OperationName, in.Variables)
	switch err := cmp.Or(e.budget.exceeded(), e.failure()); {
	case err != nil:
		h.fail(w, r, err)
	case notExecuted(response):
		setCodes(response)
		status := http.StatusBadRequest
		if h.options.InvalidOK {
			status = http.StatusOK
		}
		h.respond(w, r, status, &graphql.Response{Errors: response.Errors})
	default:
		if err := faults.spoil(response); err != nil {
			h.fail(w, r, err)
			return
		}
		h.respond(w, r, http.StatusOK, response)
	}
}

// prepare makes the provider write the records that the API shows.
func (h *Handler) prepare(ctx context.Context) error {
	if !h.prepares {
		return nil
	}
	return h.provider.PrepareRecords(ctx)
}

// respond writes a response as JSON, and logs the request.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, status int, response *graphql.Response) {
	if l, ok := w.(*loggedRequest); ok {
		l.finish(r.Context(), status, response)
	}
	data, err := json.Marshal(response)
	if err != nil {
		h.log.Error("encoding a response", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client may have closed the connection
}

// execution is the state of one document while it is executed.
type execution struct {
	*Handler
	ctx    context.Context // of the request; resolvers have no other, see source
	token  string
	budget *budget
	reader *reader
	log    *loggedRequest // nil in tests without a request
	cancel context.CancelFunc
	failed atomic.Pointer[error]
}

// fail notes that records cannot be read. The response to the document is an error then.
func (e *execution) fail(err error) {
	if e.ctx.Err() == nil {
		e.failed.CompareAndSwap(nil, &err)
	}
}

// failure returns the error that was noted, or nil.
func (e *execution) failure() error {
	if err := e.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// must ends the field that is being resolved, with an error, unless the token has a permission. It panics, which the library
// turns into the error of the field, because a method with an error result would slow down lists: see source.
func (e *execution) must(permission provider.Permission) {
	if err := e.may(permission); err != nil {
		panic(denied{err})
	}
}

// denied is the panic of a field that the token may not see.
type denied struct{ error }

type executionKey struct{}

func (h *Handler) newExecution(ctx context.Context, token, document string) (*execution, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	b := newBudget(document, cancel)
	e := &execution{Handler: h, ctx: ctx, token: token, budget: b, cancel: cancel}
	e.reader = newReader(e, h.options.Records)
	return e, context.WithValue(ctx, executionKey{}, e)
}

// executionOf returns the execution that ctx belongs to. Every resolver runs within one.
func executionOf(ctx context.Context) *execution { return ctx.Value(executionKey{}).(*execution) }

// panicLog logs a panic of a resolver.
type panicLog struct{ log *slog.Logger }

// LogPanic implements log.Logger of the library.
func (l panicLog) LogPanic(ctx context.Context, value any) {
	if _, ok := value.(denied); ok {
		return
	}
	l.log.ErrorContext(ctx, "panic in a resolver", "cause", fmt.Sprint(value))
}

// panicMessage hides the cause of a panic from clients.
type panicMessage struct{}

// MakePanicError implements errors.PanicHandler of the library.
func (panicMessage) MakePanicError(_ context.Context, value any) *qerrors.QueryError {
	if d, ok := value.(denied); ok {
		return qerrors.Errorf("%s", d)
	}
	return qerrors.Errorf("%s", guard.Internal().Detail)
}
