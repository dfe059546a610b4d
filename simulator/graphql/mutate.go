package graphql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/provider"
)

// recordPayload resolves the result of a mutation: the record, or why it was refused.
type recordPayload[T any] struct {
	Data  *T
	Error *string
}

// change is a mutation as an action of the clinic.
type change struct {
	action  string
	about   map[string]string // ids of records, by role
	values  map[string]string // of the record that is created or changed
	related map[string]string // ids of records that it is related to from now on, by role
}

// refusal is why a mutation is refused.
type refusal string

func (r refusal) Error() string { return string(r) }

func refusef(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// mutate carries out the changes of plan, and returns the record of the first, which is of a kind.
func mutate[T any](ctx context.Context, kind string, object func(*source) *T, plan func(m *mutation) error) (*recordPayload[T], error) {
	e := executionOf(ctx)
	e.reader = newReader(e, e.options.Records) // a mutation is not stale
	m := &mutation{execution: e, kind: kind}
	err := plan(m)
	if reason, ok := refusedBecause(err); ok {
		if e.log != nil {
			e.log.refused(reason)
		}
		return &recordPayload[T]{Error: &reason}, nil
	}
	if err != nil {
		return nil, err
	}
	s := m.reader.find(kind, m.id)
	if s == nil {
		return nil, nil // the journal failed
	}
	return &recordPayload[T]{Data: object(s)}, nil
}

// refusedBecause returns the reason if the error is that a mutation is refused.
func refusedBecause(err error) (string, bool) {
	var cast *castError
	if r, ok := errors.AsType[refusal](err); ok {
		return string(r), true
	}
	if errors.As(err, &cast) || err != nil && provider.CodeOf(err) != "" {
		return err.Error(), true
	}
	return "", false
}

// mutation is a mutation while it is carried out.
type mutation struct {
	*execution
	kind string
	id   string // the record of the first change
}

// do carries out a change.
func (m *mutation) do(c change) error {
	emissions, err := m.options.Clinic.DoGiven(m.ctx, c.action, c.about, c.values, c.related)
	if err != nil {
		return err
	}
	m.reader = newReader(m.execution, m.options.Records) // what was read before may have changed
	if m.id != "" {
		return nil
	}
	if m.id = c.about[m.kind]; m.id != "" {
		return nil
	}
	for _, i := range emissions[0].Event.Identifiers {
		if i.Name == m.kind+"Id" {
			m.id = i.Value
		}
	}
	return nil
}

// find returns the record of a kind that an argument names. A missing argument gives nil.
func (m *mutation) find(argument, kind, model string, id *graphql.ID) (*source, error) {
	if id == nil || *id == "" {
		return nil, nil
	}
	lower, err := parseID(*id, model)
	if err != nil {
		return nil, err
	}
	s := m.reader.find(kind, lower)
	if s == nil {
		return nil, refusef("%s: there is no %s with the id %s", argument, strings.ToLower(model), lower)
	}
	return s, nil
}

// either returns the data of a mutation, from the argument with the name or from the deprecated arguments.
func either[T comparable](data *T, old T, name string) (*T, error) {
	if data == nil {
		return &old, nil
	}
	if old != *new(T) {
		return nil, refusef("use either %s or the deprecated arguments, not both", name)
	}
	return data, nil
}

// texts collects the values of given arguments. A null argument is absent.
type texts map[string]string

func (t texts) set(name string, text *string) {
	if text != nil {
		t[name] = *text
	}
}

func (t texts) setBool(name string, value *bool) {
	if value != nil {
		t[name] = fmt.Sprint(*value)
	}
}
