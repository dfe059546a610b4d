package web

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	graphql "github.com/graph-gophers/graphql-go"
	qerrors "github.com/graph-gophers/graphql-go/errors"

	"semblance/simulator/provider"
)

//go:embed schema.graphql
var graphqlSchema string

// The bounds of a document. The deepest that the schema has a use for is that of an introspection.
const (
	maxQueryDepth  = 15
	maxQueryLength = 64 << 10
	maxSelections  = 10_000
	maxListed      = 10_000 // subscriptions, where a document lists them more than once
)

// graphqlEndpoint is the provider's own API.
type graphqlEndpoint struct {
	provider *provider.Provider
	schema   *graphql.Schema
}

func newGraphQL(p *provider.Provider, log *slog.Logger) (*graphqlEndpoint, error) {
	e := &graphqlEndpoint{provider: p}
	var err error
	e.schema, err = graphql.ParseSchema(graphqlSchema, &resolver{e},
		graphql.MaxDepth(maxQueryDepth), graphql.MaxQueryLength(maxQueryLength), graphql.MaxSelections(maxSelections),
		graphql.OverlapValidationLimit(maxSelections), graphql.DisableFieldSelections(),
		graphql.Logger(panicLog{log}), graphql.PanicHandler(panicAnswer{}))
	return e, err
}

// graphqlRequest is a document and what belongs to it, as every client posts it.
type graphqlRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"` // some clients send them; there are none that we know
}

// executing is what belongs to a document while it is executed.
type executing struct {
	token  string
	listed atomic.Int64 // how many subscriptions its lists have so far
}

type executingKey struct{}

// mayList refuses a list of n subscriptions to a document that has listed too many: under an alias each, a small
// document could ask for a thousand lists. One list is answered whatever its length.
func mayList(ctx context.Context, n int) error {
	e, ok := ctx.Value(executingKey{}).(*executing)
	if !ok {
		return nil
	}
	if before := e.listed.Add(int64(n)) - int64(n); before > 0 && before+int64(n) > maxListed {
		return fmt.Errorf("the document lists more than %d subscriptions in all; list them once", maxListed)
	}
	return nil
}

// serveGraphQL executes a document. Who sends no token that the provider knows is refused before it is read; what the
// token allows is asked by each operation.
func (h *Handler) serveGraphQL(w http.ResponseWriter, r *http.Request) error {
	token := tokenOf(r)
	if err := h.provider.Authorise(token, ""); err != nil {
		return err
	}
	var ask graphqlRequest
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	if ask.Query == "" {
		return problem(http.StatusBadRequest, "graphql", "the body needs a \"query\" that holds the GraphQL document").about("query")
	}
	ctx := context.WithValue(r.Context(), executingKey{}, &executing{token: token})
	return h.respond(w, http.StatusOK, h.graphql.schema.Exec(ctx, ask.Query, ask.OperationName, ask.Variables))
}

// may asks whether the token of a request has a permission.
func (e *graphqlEndpoint) may(ctx context.Context, permission provider.Permission) error {
	token := ""
	if e, ok := ctx.Value(executingKey{}).(*executing); ok {
		token = e.token
	}
	return e.provider.Authorise(token, permission)
}

// panicLog writes down a panic of a resolver.
type panicLog struct{ log *slog.Logger }

// LogPanic implements the library's log.Logger.
func (l panicLog) LogPanic(ctx context.Context, value any) {
	l.log.ErrorContext(ctx, "panic in a resolver", "cause", fmt.Sprint(value))
}

// panicAnswer tells a client no more than that it was not his fault.
type panicAnswer struct{}

// MakePanicError implements the library's errors.PanicHandler.
func (panicAnswer) MakePanicError(context.Context, any) *qerrors.QueryError {
	return qerrors.Errorf("this is a fault of the simulator's own; its log says more")
}
