package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"semblance/schemas"
	"semblance/simulator/capture"
	"semblance/simulator/journal"
)

// respond writes a value as JSON.
func respond(w http.ResponseWriter, status int, v any) error {
	body, err := capture.NDJSON([]any{v})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have closed the connection
	return nil
}

// listView is a whole list.
type listView[T any] struct {
	Items []T `json:"items"`
}

// pageView is a page of a list. A search that reads many records ends early: then the page has fewer items, or none.
type pageView[T any] struct {
	Items    []T         `json:"items"`
	Next     string      `json:"next,omitempty"`     // cursor of the next page; absent on the last page
	Searched journal.Seq `json:"searched,omitempty"` // number in the journal at which the search stopped; absent on the last page
}

func viewList[T, V any](items []T, view func(T) V) listView[V] {
	v := listView[V]{Items: make([]V, len(items))}
	for i, item := range items {
		v.Items[i] = view(item)
	}
	return v
}

func viewPage[T, V any](page journal.Page[T], view func(T) V) pageView[V] {
	return pageView[V]{Items: viewList(page.Items, view).Items, Next: page.Next, Searched: page.Searched}
}

// notNil returns a list that JSON encodes as [] if it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// timestamp is a time in UTC to the millisecond, as the provider writes it, or "".
type timestamp string

func stamp(t time.Time) timestamp {
	if t.IsZero() {
		return ""
	}
	return timestamp(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// identifiers encodes identifiers as an object that keeps their order.
type identifiers []schemas.Identifier

// MarshalJSON writes the object.
func (ids identifiers) MarshalJSON() ([]byte, error) {
	return marshalObject(len(ids), func(i int) (string, any) { return ids[i].Name, ids[i].Value })
}

// metadata encodes metadata as an object that keeps their order.
type metadata []schemas.MetadataField

// MarshalJSON writes the object.
func (m metadata) MarshalJSON() ([]byte, error) {
	return marshalObject(len(m), func(i int) (string, any) { return m[i].Name, m[i].Value })
}

func marshalObject(n int, at func(int) (string, any)) ([]byte, error) {
	b := []byte{'{'}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		key, value := at(i)
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), encoded...)
	}
	return append(b, '}'), nil
}

// unknownID turns the journal's error for an unknown id into a problem that names it.
func unknownID(err error, what string, id any) error {
	if errors.Is(err, journal.ErrNotFound) {
		return problem(http.StatusNotFound, "not-found", "unknown %s %v", what, id)
	}
	return err
}

// asBadQuery turns "not found" into "bad request", for a name in a parameter and not in the path.
func asBadQuery(err error) error {
	p, ok := problemOf(err)
	if !ok || p.Status != http.StatusNotFound {
		return err
	}
	p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
	return p
}
