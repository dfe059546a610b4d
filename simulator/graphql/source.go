package graphql

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
)

// source is a record of the clinic, from which the objects of the API are made. See package fixtures for the roles of
// related records and the names of values.
type source struct {
	id, kind string
	deleted  bool
	created  time.Time
	updated  time.Time
	related  map[string]string // ids by role
	labels   []string          // ids
	values   map[string]string
	size     int64 // the size of the record in bytes
	r        *reader
}

// sourceOf decodes a record.
func sourceOf(r *journal.ClinicRecord) (*source, error) {
	var content struct {
		Deleted bool
		Related map[string]string
		Labels  []string
		Values  map[string]string
	}
	if err := json.Unmarshal(r.Values, &content); err != nil {
		return nil, fmt.Errorf("decoding %s %s: %w", r.RecordKind, r.ID, err)
	}
	return &source{
		id: r.ID, kind: r.RecordKind, deleted: r.Deleted, created: r.CreatedAt, updated: r.UpdatedAt,
		related: content.Related, labels: content.Labels, values: content.Values, size: int64(len(r.Values)),
	}, nil
}

// The fields of the API that several types have. A method of a resolver takes no context and returns no error if it can:
// for a list, the library would begin a goroutine for each field of each row.

// Patient returns the patient.
func (s *source) Patient() *patientResolver { return s.r.patient(s.related["patient"]) }

// Doctor returns the doctor.
func (s *source) Doctor() *userResolver { return s.r.user(s.related["doctor"]) }

// DoctorName returns the name of the doctor, which needs no permission.
func (s *source) DoctorName() *string {
	doctor := s.r.find("doctor", s.related["doctor"])
	if doctor == nil {
		return nil
	}
	return textOrNil(titledName(doctor))
}

// CreatedBy returns null: the clinic does not record it.
func (s *source) CreatedBy() *userResolver { return nil }

// The methods below return a value of the record in a type of the schema, nil if the record has no such value.

func (s *source) text(name string) *string { return textOrNil(s.values[name]) }

func (s *source) relatedID(role string) *graphql.ID { return idOrNil(s.related[role]) }

func (s *source) float(name string) *float64 {
	n, err := strconv.ParseFloat(s.values[name], 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return nil
	}
	return &n
}

func (s *source) int(name string) *int32 {
	n, err := strconv.ParseInt(strings.TrimPrefix(s.values[name], "INV-"), 10, 32)
	if err != nil {
		return nil
	}
	return new(int32(n))
}

func (s *source) time(name string) *DateTime {
	t, err := time.Parse(time.RFC3339, s.values[name])
	if err != nil {
		return nil
	}
	return &DateTime{t.UTC()}
}

func (s *source) date(name string) *Date {
	t, err := time.Parse(time.DateOnly, s.values[name])
	if err != nil {
		return nil
	}
	return &Date{t}
}

// pence returns an amount in pence.
func (s *source) pence(name string) int64 {
	if amount := s.float(name); amount != nil {
		return int64(math.Round(*amount * 100))
	}
	return 0
}

func pounds(pence int64) *float64 { return new(float64(pence) / 100) }

func textOrNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func idOrNil(id string) *graphql.ID {
	if id == "" {
		return nil
	}
	return new(graphql.ID(id))
}

func dateTimeOrNil(t time.Time) *DateTime {
	if t.IsZero() {
		return nil
	}
	return &DateTime{t}
}

// derivedID returns an id for a part of a record that is not a record of the clinic, such as a line item.
func derivedID(recordID, part string) graphql.ID {
	return graphql.ID(fmt.Sprintf("%.8s%016x", recordID, hash(recordID, part)))
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00")) // it never fails
	}
	return h.Sum64()
}
