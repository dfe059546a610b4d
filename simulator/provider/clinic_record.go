package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/schemas/objectid"
	"semblance/simulator/journal"
)

// ClinicRecord returns the present state of a record of the clinic for the journal. A permanent one is never pruned.
func ClinicRecord(r *fixtures.Record, permanent bool) (*journal.ClinicRecord, error) {
	values, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", r, err)
	}
	id, err := objectid.Parse(r.ID())
	if err != nil {
		return nil, err
	}
	record := &journal.ClinicRecord{
		ID: r.ID(), RecordKind: r.Kind(), Patient: relatedID(r, "patient"), Doctor: relatedID(r, "doctor"),
		Deleted: r.Deleted(), Permanent: permanent, Text: searchText(r), Values: values,
		CreatedAt: cmp.Or(timeValue(r, "createdAt"), id.Time()),
	}
	record.UpdatedAt = cmp.Or(timeValue(r, "updatedAt"), record.CreatedAt)
	record.Start, record.End = timeValue(r, "start"), timeValue(r, "end")
	for _, day := range []string{"issuedOn", "receivedOn", "writtenOn", "requestedOn", "date"} {
		if t, err := time.Parse(time.DateOnly, r.Value(day)); err == nil && record.Start.IsZero() {
			record.Start, record.End = t, t
		}
	}
	return record, nil
}

func relatedID(r *fixtures.Record, role string) string {
	if other := r.Related(role); other != nil {
		return other.ID()
	}
	return ""
}

// timeValue returns a value that is a time, or the zero time.
func timeValue(r *fixtures.Record, name string) time.Time {
	t, err := time.Parse(time.RFC3339, r.Value(name))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// searchedValues are the values that a search compares with its words.
var searchedValues = []string{"firstName", "lastName", "email", "dateOfBirth", "nhsNumber", "systemNumber", "name", "organisation", "code"}

func searchText(r *fixtures.Record) string {
	var text []string
	for _, name := range searchedValues {
		if value := r.Value(name); value != "" {
			text = append(text, strings.ToLower(value))
		}
	}
	if number := r.Value("nhsNumber"); number != "" {
		text = append(text, strings.ReplaceAll(number, " ", ""))
	}
	return strings.Join(text, " ")
}
