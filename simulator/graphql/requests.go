package graphql

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"semblance/schemas/lazy"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/schemas/human"
	"semblance/schemas/objectid"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// The limits of what the log keeps of one request.
const (
	maxLoggedFields = 32
	maxLoggedIDs    = 64
	maxLoggedText   = 200 // characters
)

// loggedRequest is a request whose record is appended to the journal before the response is written, so that a client that
// has the response finds the request in the log.
type loggedRequest struct {
	http.ResponseWriter
	handler *Handler
	began   time.Time

	mu     sync.Mutex
	record journal.APIRequest
}

func (h *Handler) newLoggedRequest(w http.ResponseWriter) *loggedRequest {
	return &loggedRequest{ResponseWriter: w, handler: h, began: clock.Now(), record: journal.APIRequest{At: h.provider.Now()}}
}

// asked notes a root field and the ids in its arguments.
func (l *loggedRequest) asked(field string, mutation bool, args map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record.Mutation = l.record.Mutation || mutation
	if len(l.record.Fields) < maxLoggedFields {
		l.record.Fields = append(l.record.Fields, field)
	}
	l.addIDs(args)
}

// addIDs adds the ids in a value of an argument.
func (l *loggedRequest) addIDs(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			l.addIDs(inner)
		}
	case []any:
		for _, inner := range v {
			l.addIDs(inner)
		}
	case string:
		if id := strings.ToLower(v); len(l.record.IDs) < maxLoggedIDs && objectid.Valid(id) && !slices.Contains(l.record.IDs, id) {
			l.record.IDs = append(l.record.IDs, id)
		}
	}
}

// refused notes why a mutation was refused.
func (l *loggedRequest) refused(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.record.Error == "" {
		l.record.Error = human.Cut(reason, maxLoggedText)
	}
}

// finish appends the record. A journal that refuses it does not hinder the API.
func (l *loggedRequest) finish(ctx context.Context, status int, response *graphql.Response) {
	if response != nil && len(response.Errors) > 0 {
		l.refused(response.Errors[0].Message)
	}
	l.mu.Lock()
	record := l.record
	l.mu.Unlock()
	slices.Sort(record.Fields) // the library resolves them in any order
	slices.Sort(record.IDs)
	record.Status, record.Took = status, clock.Since(l.began)
	if err := l.handler.provider.Journal().Append(context.WithoutCancel(ctx), &record); err != nil {
		l.handler.log.Warn("logging a request of the API", "error", err)
	}
}

// operationName finds the name of the first operation of a document.
var operationName = lazy.Regexp(`^[^{]*?\b(?:query|mutation)\s+(\w+)`)

// identify sets the token and the name of the operation.
func (l *loggedRequest) identify(token string, in *request) {
	name := in.OperationName
	if m := operationName().FindStringSubmatch(in.Query); name == "" && m != nil {
		name = m[1]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record.Token, l.record.Operation = provider.Token{Text: token}.Redacted(), human.Cut(name, maxLoggedText)
}
