package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator/journal"
	"semblance/simulator/web/guard"
)

// readBody reads the JSON body of a request into v. An empty body leaves v unchanged if it is optional.
func readBody(r *http.Request, v any, optional bool) error {
	n, err := guard.ReadJSON(r, v, guard.RefuseNull)
	if err == nil && n == 0 && !optional {
		return problem(http.StatusBadRequest, "json", "the body is empty; send a JSON object")
	}
	return err
}

// A query reads the parameters of a request, and remembers the first that is wrong.
type query struct {
	values url.Values
	known  []string
	err    error
}

func readQuery(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &query{err: problem(http.StatusBadRequest, "query", "the query cannot be read: %s", err)}
	}
	return &query{values: values}
}

func (q *query) wrong(name, format string, args ...any) {
	if q.err == nil {
		q.err = problem(http.StatusBadRequest, "query", "%s: %s", name, fmt.Sprintf(format, args...)).about(name)
	}
}

// all returns the values of a parameter that may hold several, with commas between.
func (q *query) all(name string) []string {
	text := q.text(name)
	if text == "" {
		return nil
	}
	all := strings.Split(text, ",")
	if slices.Contains(all, "") {
		q.wrong(name, "there is nothing between two commas")
	}
	return all
}

func (q *query) text(name string) string {
	q.known = append(q.known, name)
	switch given := q.values[name]; {
	case len(given) > 1:
		q.wrong(name, "is given more than once")
	case len(given) == 1 && given[0] == "":
		q.wrong(name, "is empty; leave it out")
	}
	return q.values.Get(name)
}

// number returns a whole number from least to most, or otherwise where the parameter is not given.
func (q *query) number(name string, otherwise, least, most int64) int64 {
	text := q.text(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		q.wrong(name, "expected a whole number from %d to %d, not %q", least, most, text)
		return otherwise
	}
	return n
}

func (q *query) flag(name string) bool {
	text := q.text(name)
	switch text {
	case "", "false":
		return false
	case "true":
		return true
	}
	q.wrong(name, "expected true or false, not %q", text)
	return false
}

func (q *query) duration(name string, otherwise, most time.Duration) time.Duration {
	text := q.text(name)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		q.wrong(name, "expected a duration of at most %s, such as 500ms or 10s, not %q", most, text)
		return otherwise
	}
	return d
}

func (q *query) time(name string) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.wrong(name, "expected a time such as 2026-06-08T09:30:00Z, not %q", text)
	}
	return t
}

// types returns the full names of the event types that the patterns of a parameter name.
func (q *query) types(name string) []string {
	names, err := typeNames(q.all(name))
	if err != nil {
		q.wrong(name, "%s", err)
	}
	return names
}

// words returns the values of a parameter that takes only some.
func words[T ~string](q *query, name string, known ...T) []T {
	var all []T
	for _, word := range q.all(name) {
		if !slices.Contains(known, T(word)) {
			q.wrong(name, "expected one of %v, not %q", known, word)
		}
		all = append(all, T(word))
	}
	return all
}

// secrets reads the parameter that asks for secrets in full.
func (q *query) secrets() bool { return len(words(q, "show", "secret")) > 0 }

// maxSeq bounds the numbers of records: JavaScript's largest exact one.
const maxSeq = 1<<53 - 1

// page reads what every list has.
func (q *query) page(into *journal.Query) {
	into.Limit = int(q.number("limit", journal.DefaultLimit, 1, journal.MaxLimit))
	into.Cursor = q.text("cursor")
	into.After = journal.Seq(q.number("after", 0, 0, maxSeq))
	into.From, into.Until = q.time("from"), q.time("until")
	into.Oldest = len(words(q, "order", "newest", "oldest")) > 0 && q.values.Get("order") == "oldest"
}

// done returns what is wrong with the query. A parameter that nobody read is wrong, too.
func (q *query) done() error {
	if q.err != nil {
		return q.err
	}
	for name := range q.values {
		if slices.Contains(q.known, name) {
			continue
		}
		p := problem(http.StatusBadRequest, "query", "there is no parameter %q here; there are %s", name, strings.Join(q.known, ", "))
		switch near := naming.Nearest(name, q.known); {
		case len(q.known) == 0:
			p.Detail = fmt.Sprintf("there is no parameter %q here, nor any other", name)
		case near != "":
			p.Detail = fmt.Sprintf("there is no parameter %q here; did you mean %q?", name, near)
		}
		return p.about(name)
	}
	return nil
}

// typeNames returns the full names of the event types that the patterns name.
func typeNames(patterns []string) ([]string, error) {
	types, err := schemas.MatchAny(patterns)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names, nil
}

// sequence reads the number of a record in the path.
func sequence(r *http.Request, name string) (journal.Seq, error) {
	text := mux.Vars(r)[name]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, problem(http.StatusNotFound, "not-found", "there is no %s %q; their ids are whole numbers", name, text)
	}
	return journal.Seq(n), nil
}
