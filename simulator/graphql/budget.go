package graphql

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	qerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/graph-gophers/graphql-go/introspection"

	"semblance/schemas/human"
	"semblance/simulator/web/guard"
)

// maxResponse bounds the response to a document, in bytes as estimated by a budget. Under aliases and in lists a small
// document can select a field very often.
const maxResponse = 8 << 20

// The estimated size of a field and of a subscription, besides the name of a field and the strings of a subscription.
// Fields of an introspection cost more memory than they write.
const (
	fieldSize         = 16
	introspectionSize = 128
	subscriptionSize  = 100
)

// A budget estimates the size of the response while a document is executed, and cancels it when that is too large.
type budget struct {
	nameSize int64 // the longest name in the document, of which an alias is one
	spent    atomic.Int64
	cancel   context.CancelFunc
}

func newBudget(document string, cancel context.CancelFunc) *budget {
	return &budget{nameSize: longestName(document), cancel: cancel}
}

// longestName returns the length of the longest run of name characters.
func longestName(document string) int64 {
	longest, run := 0, 0
	for i := range len(document) {
		c := document[i]
		if c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return int64(longest)
}

// spend adds to the estimate.
func (b *budget) spend(n int64) {
	if b.spent.Add(n) > maxResponse {
		b.cancel()
	}
}

// exceeded returns an error if the response would be too large.
func (b *budget) exceeded() error {
	if b.spent.Load() <= maxResponse {
		return nil
	}
	return &guard.Refusal{Status: http.StatusBadRequest, Detail: fmt.Sprintf(
		"the response would be larger than %s; select fewer fields, or the same field under fewer aliases", human.Size(maxResponse))}
}

// budgetTracer counts every field that the library resolves, including those of introspection.
type budgetTracer struct{}

// TraceQuery implements tracer.Tracer.
func (budgetTracer) TraceQuery(ctx context.Context, _, _ string, _ map[string]any, _ map[string]*introspection.Type) (context.Context, func([]*qerrors.QueryError)) {
	return ctx, func([]*qerrors.QueryError) {}
}

// TraceField implements tracer.Tracer. Once the budget is exceeded, ctx is cancelled, and the library stops resolving fields.
func (budgetTracer) TraceField(ctx context.Context, _, typeName, field string, _ bool, args map[string]any) (context.Context, func(*qerrors.QueryError)) {
	e := executionOf(ctx)
	if (typeName == "Query" || typeName == "Mutation") && e.log != nil {
		e.log.asked(field, typeName == "Mutation", args)
	}
	b := e.budget
	size := int64(fieldSize)
	if len(typeName) > 2 && typeName[:2] == "__" {
		size = introspectionSize
	}
	b.spend(size + b.nameSize)
	return ctx, func(*qerrors.QueryError) {}
}
