package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/journal"
	"semblance/simulator/web/internal/openapi"
)

// A parameter is one parameter of a query, with values of type T.
type parameter[T any] struct {
	openapi.Parameter
	parse  func(text string) (T, error)
	absent T // the value if the parameter is not given
}

// A definition is a parameter of any type.
type definition interface {
	describe() openapi.Parameter
	value(text string) (any, error)
}

func (p *parameter[T]) describe() openapi.Parameter    { return p.Parameter }
func (p *parameter[T]) value(text string) (any, error) { return p.parse(text) }

// of returns the value of the parameter in a call.
func (p *parameter[T]) of(c *call) T {
	if v, ok := c.query[p.Name].(T); ok {
		return v
	}
	return p.absent
}

// maxSeq bounds the numbers of records: the largest that JavaScript represents exactly.
const maxSeq = 1<<53 - 1

// The parameters that several operations have.
var (
	limitParameter        = integer("limit", "Number of items on a page.", journal.DefaultLimit, 1, journal.MaxLimit)
	cursorParameter       = text("cursor", "Start of the page: `next` of the previous page, with the same filters.")
	afterParameter        = integer("after", "Only records with a higher number in the journal.", 0, 0, maxSeq)
	fromParameter         = instant("from", "Only records at this time or later.")
	untilParameter        = instant("until", "Only records before this time.")
	orderParameter        = choice("order", "Order of the items.", "newest", "newest", "oldest")
	typeParameter         = eventTypes("type", "Event types or patterns, separated by commas.")
	recordParameter       = text("record", "Only items about the record with this id.")
	subscriptionParameter = text("subscription", "Only items for the subscription with this id.")
	show                  = choice("show", "`secret` shows secrets in full. It needs a token that may see webhooks.", "", "secret")

	pageParameters = []definition{fromParameter, untilParameter, afterParameter, orderParameter, limitParameter, cursorParameter}
)

// page returns the part of a journal query that all lists have.
func (c *call) page() journal.Query {
	return journal.Query{
		From: fromParameter.of(c), Until: untilParameter.of(c), After: journal.Seq(afterParameter.of(c)), Oldest: orderParameter.of(c) == "oldest",
		Limit: int(limitParameter.of(c)), Cursor: cursorParameter.of(c),
	}
}

func describe(name, description string, schema openapi.Schema) openapi.Parameter {
	p := openapi.Parameter{Name: name, In: "query", Description: description, Schema: schema}
	if schema["type"] == "array" {
		p.Style, p.Explode = "form", new(bool)
	}
	return p
}

func required[T any](p *parameter[T]) *parameter[T] {
	p.Required = true
	return p
}

func text(name, description string) *parameter[string] {
	return &parameter[string]{Parameter: describe(name, description, openapi.Schema{"type": "string"}), parse: func(s string) (string, error) { return s, nil }}
}

// integer makes a parameter for a whole number from least to most. The document names its default if that is allowed.
func integer(name, description string, absent, least, most int64) *parameter[int64] {
	schema := openapi.Schema{"type": "integer", "minimum": least, "maximum": most}
	if absent > least {
		schema["default"] = absent
	}
	return &parameter[int64]{Parameter: describe(name, description, schema), absent: absent, parse: func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("expected a whole number from %d to %d, got %s", least, most, human.Quoted(s))
		}
		return n, nil
	}}
}

func boolean(name, description string) *parameter[bool] {
	return &parameter[bool]{Parameter: describe(name, description, openapi.Schema{"type": "boolean"}), parse: func(s string) (bool, error) {
		if s != "true" && s != "false" {
			return false, fmt.Errorf("expected true or false, got %s", human.Quoted(s))
		}
		return s == "true", nil
	}}
}

func duration(name, description string, absent, most time.Duration) *parameter[time.Duration] {
	schema := openapi.Schema{"type": "string"}
	if absent > 0 {
		schema["default"] = absent.String()
	}
	return &parameter[time.Duration]{Parameter: describe(name, description, schema), absent: absent, parse: func(s string) (time.Duration, error) {
		return parseDuration(s, most)
	}}
}

// parseDuration reads a duration such as 10s from 0 to most.
func parseDuration(s string, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > most {
		return 0, fmt.Errorf("expected a duration of at most %s, such as 500ms or 10s, got %s", human.Duration(most), human.Quoted(s))
	}
	return d, nil
}

func instant(name, description string) *parameter[time.Time] {
	return &parameter[time.Time]{Parameter: describe(name, description, openapi.Schema{"type": "string", "format": "date-time"}), parse: func(s string) (time.Time, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return t, fmt.Errorf("expected a time such as 2026-06-08T09:30:00Z, got %s", human.Quoted(s))
		}
		return t, nil
	}}
}

// choice makes a parameter with one of some values.
func choice[T ~string](name, description string, absent T, values ...T) *parameter[T] {
	schema := openapi.Schema{"type": "string", "enum": values}
	if absent != "" {
		schema["default"] = string(absent)
	}
	return &parameter[T]{Parameter: describe(name, description, schema), absent: absent, parse: func(s string) (T, error) {
		if !slices.Contains(values, T(s)) {
			return "", fmt.Errorf("expected %s, got %s", human.Or(stringsOf(values)), human.Quoted(s))
		}
		return T(s), nil
	}}
}

// choices makes a parameter with several of some values, separated by commas.
func choices[T ~string](name, description string, values ...T) *parameter[[]T] {
	one := choice(name, description, "", values...)
	return listOf(one)
}

func list(name, description string) *parameter[[]string] { return listOf(text(name, description)) }

// listOf makes a parameter with several values of another, separated by commas.
func listOf[T any](one *parameter[T]) *parameter[[]T] {
	schema := openapi.Schema{"type": "array", "items": one.Schema}
	return &parameter[[]T]{Parameter: describe(one.Name, one.Description, schema), parse: func(s string) ([]T, error) {
		var all []T
		for item := range strings.SplitSeq(s, ",") {
			if item == "" {
				return nil, fmt.Errorf("nothing between two commas")
			}
			v, err := one.parse(item)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	}}
}

// eventTypes makes a parameter of patterns, whose value is the full names of the event types.
func eventTypes(name, description string) *parameter[[]string] {
	patterns := list(name, description)
	return &parameter[[]string]{Parameter: patterns.Parameter, parse: func(s string) ([]string, error) {
		all, err := patterns.parse(s)
		if err != nil {
			return nil, err
		}
		return typeNames(all)
	}}
}

// typeNames returns the full names of the event types that match the patterns.
func typeNames(patterns []string) ([]string, error) {
	types, err := schemas.MatchAny(patterns)
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
	}
	return names, err
}

func stringsOf[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

// parseQuery returns the values of the parameters in a query, and an error for an unknown parameter or a wrong value.
func parseQuery(raw string, known []definition) (map[string]any, error) {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "query", "malformed query: %s", err)
	}
	values := map[string]any{}
	var names []string
	for _, d := range known {
		p := d.describe()
		if p.In != "query" {
			continue
		}
		names = append(names, p.Name)
		switch texts := given[p.Name]; {
		case len(texts) > 1:
			err = fmt.Errorf("given more than once")
		case len(texts) == 1 && texts[0] == "":
			err = fmt.Errorf("empty; leave it out")
		case len(texts) == 1:
			values[p.Name], err = d.value(texts[0])
		case p.Required:
			err = fmt.Errorf("required")
		}
		if err != nil {
			return nil, problem(http.StatusBadRequest, "query", "%s: %s", p.Name, err).about(p.Name)
		}
	}
	for name := range given {
		if !slices.Contains(names, name) {
			listed := naming.Hint(name, names)
			if listed == "" && len(names) > 0 {
				listed = "; use " + human.Or(names)
			}
			return nil, problem(http.StatusBadRequest, "query", "unknown parameter %s%s", human.Quoted(name), listed).about(name)
		}
	}
	return values, nil
}
