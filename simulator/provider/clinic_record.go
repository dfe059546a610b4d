package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/simulator/journal"
)

// addRecords adds the present state of records of the clinic.
func (c *commit) addRecords(records []*fixtures.Record) {
	for _, r := range records {
		c.add(ClinicRecord(r, r.Permanent()))
	}
}

// PrepareRecords writes all records of the clinic into the journal, if they are not there yet. A provider writes the records
// that its events change; the others are needed only by those who read records, so the start does not take the time.
func (p *Provider) PrepareRecords(ctx context.Context) error {
	if p.prepared.Load() {
		return nil
	}
	page, err := p.journal.ClinicRecords(ctx, journal.RecordQuery{Kinds: []string{"practice"}, Limit: 1})
	if err == nil && len(page.Records) == 0 {
		err = p.command(ctx, func(c *commit) error {
			c.addRecords(p.state.clinic.All())
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("preparing the records of the clinic: %w", err)
	}
	p.prepared.Store(true)
	return nil
}

// ClinicRecord returns the present state of a record of the clinic for the journal. A permanent one is never pruned.
func ClinicRecord(r *fixtures.Record, permanent bool) *journal.ClinicRecord {
	record := &journal.ClinicRecord{
		ID: r.ID(), RecordKind: r.Kind(), Patient: relatedID(r, "patient"), Doctor: relatedID(r, "doctor"),
		CreatedAt: r.Created(), UpdatedAt: r.Updated(), Deleted: r.Deleted(), Permanent: permanent,
		Text: searchText(r), Values: r.AppendJSON(make([]byte, 0, valuesSize)),
	}
	for _, v := range r.Values() {
		switch v.Name {
		case "start":
			record.Start = parsed(time.RFC3339, v.Text)
		case "end":
			record.End = parsed(time.RFC3339, v.Text)
		case "issuedOn", "receivedOn", "writtenOn", "requestedOn", "date":
			record.Start = parsed(time.DateOnly, v.Text)
			record.End = record.Start
		}
	}
	return record
}

// valuesSize is more than the usual size of a record as JSON.
const valuesSize = 640

// parsed returns a time, or the zero time.
func parsed(layout, text string) time.Time {
	t, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func relatedID(r *fixtures.Record, role string) string {
	if other := r.Related(role); other != nil {
		return other.ID()
	}
	return ""
}

// searchedValues are the values that a search compares with its words.
var searchedValues = []string{"firstName", "lastName", "email", "dateOfBirth", "nhsNumber", "systemNumber", "name", "organisation", "code"}

// searchedKinds are the kinds of records that a list of the API can search.
var searchedKinds = []string{"patient", "doctor", "product", "contact", "patientDocument"}

// searchText returns the text of a record that a search compares with its words.
func searchText(r *fixtures.Record) string {
	if !slices.Contains(searchedKinds, r.Kind()) {
		return ""
	}
	var text []byte
	for _, v := range r.Values() {
		if slices.Contains(searchedValues, v.Name) {
			text = append(append(text, v.Text...), ' ')
		}
		if v.Name == "nhsNumber" { // it is found without its spaces too
			text = append(append(text, strings.ReplaceAll(v.Text, " ", "")...), ' ')
		}
	}
	return strings.ToLower(strings.TrimSpace(string(text)))
}
