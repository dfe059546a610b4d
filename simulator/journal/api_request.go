package journal

import (
	"slices"
	"time"
)

// KindAPIRequest is the kind of requests to the provider's API.
const KindAPIRequest Kind = "api-request"

// APIRequest is a request to the provider's own API, which a receiver or another application made.
type APIRequest struct {
	Entry
	At        time.Time
	Token     string        // redacted; "" if the request had none
	Operation string        // the name of the operation in the document, or ""
	Fields    []string      // the root fields that were resolved, sorted, such as "booking" or "createBooking"
	IDs       []string      // the ids in the arguments of these fields, sorted
	Mutation  bool          // a root field is a mutation
	Status    int           // of the HTTP response; 0 if the connection was closed instead
	Error     string        // the first error, or why a mutation was refused, or ""
	Fault     string        // the fault that was injected, or ""
	Took      time.Duration // of machine time
}

// Kind returns KindAPIRequest.
func (*APIRequest) Kind() Kind { return KindAPIRequest }

// When returns the time of the request.
func (r *APIRequest) When() time.Time { return r.At }

// Asks reports whether the request asked for a field and, unless id is "", with that id.
func (r *APIRequest) Asks(field, id string) bool {
	return slices.Contains(r.Fields, field) && (id == "" || slices.Contains(r.IDs, id))
}
