package graphql

import (
	"encoding/json"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// now is the time of the clinic: a Monday in summer, when the wall clock of the practice is not UTC.
var now = time.Date(2026, 6, 8, 9, 0, 0, 0, time.UTC)

// clinic is a clinic whose records the API shows.
type clinic struct {
	t testing.TB
	*fixtures.Clinic
	journal *journal.Memory
}

func newClinic(t testing.TB) *clinic {
	c := &clinic{t, fixtures.New(fixtures.Options{Seed: 7, At: now}), journal.NewMemory(journal.Options{})}
	t.Cleanup(func() { _ = c.journal.Close() })
	for _, kind := range []string{"practice", "doctor", "locationGroup", "location", "label", "patient", "product", "contact", "questionnaire"} {
		c.save(c.Records(kind)...)
	}
	return c
}

// save writes the present state of records.
func (c *clinic) save(records ...*fixtures.Record) {
	c.t.Helper()
	for _, r := range records {
		record := provider.ClinicRecord(r, true)
		if err := c.journal.Append(c.t.Context(), record); err != nil {
			c.t.Fatal(err)
		}
	}
}

type related = map[string]*fixtures.Record

// add creates a record.
func (c *clinic) add(kind string, relations related) *fixtures.Record {
	c.t.Helper()
	r, err := c.Add(now, kind, relations)
	if err != nil {
		c.t.Fatal(err)
	}
	c.save(r)
	return r
}

// do performs an action and saves the records.
func (c *clinic) do(action string, about related) {
	c.t.Helper()
	if _, err := c.Do(now, action, about); err != nil {
		c.t.Fatal(err)
	}
	for _, r := range about {
		c.save(r)
	}
}

// api serves the records of the clinic.
func (c *clinic) api(o Options, tokens ...provider.Token) *api {
	c.t.Helper()
	o.Records = c.journal
	return startWith(c.t, o, tokens...)
}

// apiResult is a response to a document.
type apiResult struct {
	status int
	body   string
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
}

// exec executes a document with variables.
func (a *api) exec(document string, variables map[string]any) *apiResult {
	a.t.Helper()
	r := a.post(map[string]any{"query": document, "variables": variables}, "x-token: "+testToken)
	out := &apiResult{status: r.status, body: string(r.body)}
	if err := json.Unmarshal(r.body, out); err != nil {
		a.t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

// ok executes a document that has no errors and decodes the value of a root field.
func (a *api) ok(document string, variables map[string]any, root string, into any) {
	a.t.Helper()
	r := a.exec(document, variables)
	if r.status != 200 || len(r.Errors) > 0 {
		a.t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal(r.Data[root], into); err != nil {
		a.t.Fatalf("%v: %s", err, r.body)
	}
}
