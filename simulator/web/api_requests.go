package web

import (
	"slices"
	"time"

	"semblance/simulator/journal"
)

var (
	fieldParameter   = text("field", "Only requests that asked for this root field, such as `booking` or `createBooking`.")
	recordsParameter = list("record", "Only requests about a record with one of these ids.")
)

// apiRequestView is a request to the provider's GraphQL API.
type apiRequestView struct {
	ID        journal.Seq `json:"id"`                  // number in the journal
	At        timestamp   `json:"at,omitempty"`        // simulated time
	Token     string      `json:"token"`               // its last four characters after `…`, or empty without a token
	Operation string      `json:"operation,omitempty"` // name of the operation in the document
	Fields    []string    `json:"fields"`              // root fields, sorted, such as `booking`
	IDs       []string    `json:"ids"`                 // ids in the arguments of these fields
	Mutation  bool        `json:"mutation,omitempty"`  // a root field is a mutation
	Status    int         `json:"status"`              // of the HTTP response; 0 if the connection was closed instead
	Error     string      `json:"error,omitempty"`     // the first error, or why a mutation was refused
	Fault     string      `json:"fault,omitempty"`     // injected into the response
	TookMs    float64     `json:"tookMs"`              // real time
	// Why the record cannot be decoded, as in a damaged journal.
	Unreadable string `json:"unreadable,omitempty"`
}

func viewAPIRequest(r *journal.APIRequest) apiRequestView {
	return apiRequestView{
		ID: r.Seq, At: stamp(r.At), Token: r.Token, Operation: r.Operation, Fields: append([]string{}, r.Fields...), IDs: append([]string{}, r.IDs...), Mutation: r.Mutation,
		Status: r.Status, Error: r.Error, Fault: r.Fault, TookMs: float64(r.Took) / float64(time.Millisecond), Unreadable: r.Unreadable,
	}
}

// maxSearched is the number of API requests that a search looks at.
const maxSearched = 10_000

// listAPIRequests lists requests to the provider's GraphQL API, newest first. A search looks at the newest 10,000.
func (h *Handler) listAPIRequests(c *call) (v listView[apiRequestView], err error) {
	after, limit := journal.Seq(afterParameter.of(c)), int(limitParameter.of(c))
	ids, field := recordsParameter.of(c), fieldParameter.of(c)
	about := func(id string) bool { return slices.Contains(ids, id) }
	v.Items = []apiRequestView{}
	before := journal.Seq(0)
	for searched := 0; searched < maxSearched; {
		records, err := h.provider.Journal().Latest(c.Context(), journal.KindAPIRequest, before, journal.MaxLimit)
		if err != nil {
			return v, err
		}
		for _, record := range records {
			r, ok := record.(*journal.APIRequest)
			if !ok || record.Sequence() <= after {
				return v, nil
			}
			if (len(ids) == 0 || slices.ContainsFunc(r.IDs, about)) && (field == "" || slices.Contains(r.Fields, field)) {
				if v.Items = append(v.Items, viewAPIRequest(r)); len(v.Items) == limit {
					return v, nil
				}
			}
		}
		if len(records) < journal.MaxLimit {
			break
		}
		before = records[len(records)-1].Sequence()
		searched += len(records)
	}
	return v, nil
}
