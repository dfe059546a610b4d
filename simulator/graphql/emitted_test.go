package graphql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// identifierQueries returns the query for each identifier of events, from the table in records.graphql. Those without a
// published query are absent.
func identifierQueries() map[string]string {
	queries := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^# identifier: (\w+): (\{.*)$`).FindAllStringSubmatch(recordSchema, -1) {
		queries[m[1]] = m[2]
	}
	return queries
}

// Identifiers without a published query.
var withoutQuery = []string{"clinicalReportId", "pathwayId"}

// agreements are selections of the record that events of a type are about, and what they must show.
var agreements = map[string][2]string{
	"booking.deleted":                               {"booking|deleted", `"deleted":true`},
	"booking.patientJourney.arrived":                {"booking|bookingJourney { arrived }", `"arrived":"2`},
	"booking.patientJourney.inConsultation":         {"booking|bookingJourney { arrived consultation }", `"arrived":"2[^,]*,"consultation":"2`},
	"booking.patientJourney.completed":              {"booking|bookingJourney { departed }", `"departed":"2`},
	"booking.patientJourney.noShow":                 {"booking|bookingJourney { dna }", `"dna":"2`},
	"invoice.paid":                                  {"invoice|outstanding paidOrOutstanding payments { paymentAmount }", `"outstanding":0,"paidOrOutstanding":"Paid","payments":\[\{`},
	"invoice.partiallyPaid":                         {"invoice|paidOrOutstanding payments { paymentAmount }", `"paidOrOutstanding":"Outstanding","payments":\[\{`},
	"invoice.refunded":                              {"invoice|refunds { refundAmount } payments { id }", `"refunds":\[\{.*"payments":\[\{`},
	"invoice.shared":                                {"invoice|dateShared", `"dateShared":"2`},
	"invoice.deleted":                               {"invoice|status paidOrOutstanding", `"status":"cancelled","paidOrOutstanding":"Void"`},
	"invoice.lineItems.added":                       {"invoice|lineItems { price }", `"lineItems":\[\{`},
	"lab.results.added":                             {"lab|resultsReceivedAt", `"resultsReceivedAt":"2`},
	"letter.reviewStatus.updated":                   {"letter|reviewStatus", `"COMPLETED"`},
	"letter.shared":                                 {"letter|dateShared", `"dateShared":"2`},
	"letter.deleted":                                {"letter|deleted", `"deleted":true`},
	"patientDocument.deleted":                       {"patientDocument|deleted", `"deleted":true`},
	"prescription.ordered":                          {"prescription|orders { status }", `"SENT"`},
	"prescription.shared":                           {"prescription|dateShared", `"dateShared":"2`},
	"prescription.recordedInError":                  {"prescription|status", `"recordedInError"`},
	"patient.archived":                              {"patient|archived", `"archived":true`},
	"patient.unarchived":                            {"patient|archived", `"archived":false`},
	"patient.label.added":                           {"patient|labels { referenceId }", `"labels":\[\{`},
	"episode.deleted":                               {"episode|deleted", `"deleted":true`},
	"paymentOnAccount.created":                      {"invoice|type total", `"paymentOnAccount","total":[1-9]`},
	"product.label.added":                           {"product|labels { referenceId }", `"labels":\[\{`},
	"invoice.integrations.healthcode.statusUpdated": {"invoice|id", `"id"`},
}

// relatedFields are the fields of records that name the records of other identifiers of their events.
var relatedFields = map[string]string{
	"bookingId": "booking|patient doctor", "invoiceId": "invoice|patient", "labId": "lab|patient doctor", "letterId": "letter|patient doctor",
	"prescriptionId": "prescription|patient doctor", "patientDocumentId": "patientDocument|patient", "episodeId": "episode|patient",
}

// listsOfPatients are the lists of a patient in which a record must be.
var listsOfPatients = map[string]string{
	"bookingId": `bookings(start: "1900-01-01", end: "2200-01-01", queryOptions: {includeDeleted: true}) { id }`, "invoiceId": `invoices(start: "1900-01-01", end: "2200-01-01") { id }`,
	"labId": "labs { id }", "letterId": "letters { id }", "prescriptionId": "prescriptions(pageSize: 200) { data { id } }",
	"patientDocumentId": "patientDocuments(pageSize: 200) { data { id } }", "consultationId": "consultations(pageSize: 200) { data { id } }",
}

// For every event type, requested and as the result of an action, in both appointment systems: the query that each
// identifier leads to returns a record that agrees with the event and with its related records.
func TestRecordsOfEvents(t *testing.T) {
	t.Parallel()
	for _, system := range []fixtures.System{fixtures.NewerAppointments, fixtures.OlderAppointments} {
		t.Run(system.String(), func(t *testing.T) {
			t.Parallel()
			c := &eventChecker{t: t, api: serveClinic(t, system), queries: identifierQueries(), unanswered: map[string]bool{}}
			for _, e := range schemas.All() {
				if of, ok := fixtures.SystemOf(e); e.Group == "webhook" || ok && of != system {
					continue
				}
				for _, o := range []provider.Overrides{{With: []string{"all"}}, {Omit: []string{"all"}}} {
					emission, err := c.provider.Emit(t.Context(), e.Name, o)
					if err != nil {
						t.Fatal(err)
					}
					c.check("requested", emission.Event.Event)
				}
			}
			for _, a := range fixtures.Actions() {
				e, err := schemas.Lookup(a.Events[0])
				if err != nil {
					t.Fatal(err)
				}
				if of, ok := fixtures.SystemOf(e); ok && of != system {
					continue
				}
				emissions, err := c.provider.Do(t.Context(), a.Name, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, emission := range emissions {
					c.check(a.Name, emission.Event.Event)
				}
			}
			if got := slices.Sorted(maps.Keys(c.unanswered)); !slices.Equal(got, withoutQuery) {
				t.Errorf("identifiers without a query: %v, want %v", got, withoutQuery)
			}
			t.Logf("%d events, %d queries; identifiers without a published query: %v", c.events, c.asked, withoutQuery)
		})
	}
}

// serveClinic serves the API of a provider with the records of its clinic.
func serveClinic(t testing.TB, system fixtures.System) *api {
	t.Helper()
	return serveProvider(t, Options{DeletedPatients: true}, provider.Options{
		Clock: clock.Manual(now), Seed: 7, Clinic: fixtures.Options{System: system},
		Tokens: []provider.Token{{Text: testToken, Permissions: provider.AllPermissions()}},
	})
}

// goneAfter are the identifiers whose records are not in their lists after an event of a type.
var goneAfter = map[string]string{
	"contact.deleted": "contactId", "location.deleted": "locationId", "locationGroup.deleted": "locationGroupId", "product.label.removed": "labelId",
}

type eventChecker struct {
	t *testing.T
	*api
	queries       map[string]string
	unanswered    map[string]bool
	events, asked int
}

// ask returns the response to a query without errors.
func (c *eventChecker) ask(cause string, e schemas.Event, query string) string {
	c.t.Helper()
	c.asked++
	r := c.exec(query, nil)
	if r.status != 200 || len(r.Errors) > 0 {
		c.t.Errorf("%s, %s: %s\n%s", cause, e.Type.Name, query, r.body)
	}
	return r.body
}

func (c *eventChecker) check(cause string, e schemas.Event) {
	c.t.Helper()
	c.events++
	ids := map[string]string{}
	for _, i := range e.Identifiers {
		ids[i.Name] = i.Value
	}
	for _, i := range e.Identifiers {
		c.checkIdentifier(cause, e, i, ids)
	}
	if a, ok := agreements[e.Type.Name]; ok {
		root, selection, _ := strings.Cut(a[0], "|")
		id := ids[root+"Id"]
		if strings.HasPrefix(e.Type.Name, "paymentOnAccount") {
			id = ids["paymentOnAccountId"]
		}
		if got := c.ask(cause, e, fmt.Sprintf(`{ %s(id: %q) { %s } }`, root, id, selection)); !regexp.MustCompile(a[1]).MatchString(got) {
			c.t.Errorf("%s, %s: %s, want %s", cause, e.Type.Name, got, a[1])
		}
	}
}

func (c *eventChecker) checkIdentifier(cause string, e schemas.Event, i schemas.Identifier, ids map[string]string) {
	c.t.Helper()
	if _, value := e.Type.Value(i.Name); value && i.Name != "submittedBy" {
		return
	}
	query, ok := c.queries[i.Name]
	if !ok {
		c.unanswered[i.Name] = true
		return
	}
	if e.Type.Group == "product" {
		query = strings.Replace(query, `patient(id: "…")`, fmt.Sprintf(`product(id: %q)`, ids["productId"]), 1)
	}
	query = strings.Replace(query, `patient(id: "…")`, fmt.Sprintf(`patient(id: %q)`, ids["patientId"]+sourceIf(ids, i)), 1)
	query = strings.Replace(query, `patientId: "…"`, fmt.Sprintf(`patientId: %q`, ids["patientId"]), 1)
	query = strings.ReplaceAll(query, "…", i.Value)
	got := c.ask(cause, e, query)
	if strings.HasPrefix(i.Name, "locationGroup") && e.Type.Group == "location" && e.Type.Name != "location.created" {
		return // practice shows the groups that have rooms
	}
	gone := goneAfter[e.Type.Name] == i.Name || strings.HasPrefix(e.Type.Name, "patient.") && strings.HasSuffix(e.Type.Name, ".removed") && i.Name != "patientId" ||
		strings.HasPrefix(e.Type.Name, "availability.") && strings.HasSuffix(e.Type.Name, ".removed") && i.Name == "availabilityId"
	if gone == strings.Contains(got, i.Value) && i.Name != "paymentOnAccountId" {
		c.t.Errorf("%s, %s, %s %s: %s\n%s", cause, e.Type.Name, i.Name, i.Value, query, got)
	}
	if root, fields, ok := strings.Cut(relatedFields[i.Name], "|"); ok {
		for field := range strings.FieldsSeq(fields) {
			got := c.ask(cause, e, fmt.Sprintf(`{ %s(id: %q) { %s { id } } }`, root, i.Value, field))
			if want := ids[field+"Id"]; want != "" && !strings.Contains(got, want) {
				c.t.Errorf("%s, %s: the %s of the event is %s, of the record %s", cause, e.Type.Name, field, want, got)
			}
		}
	}
	if list, patient := listsOfPatients[i.Name], ids["patientId"]; list != "" && patient != "" && !strings.HasSuffix(e.Type.Name, ".deleted") {
		if got := c.ask(cause, e, fmt.Sprintf(`{ patient(id: %q) { %s } }`, patient, list)); !strings.Contains(got, i.Value) {
			c.t.Errorf("%s, %s: the patient's list lacks %s: %s", cause, e.Type.Name, i.Value, got)
		}
	}
}

// sourceIf returns the id of an identifier that names a patient itself, if the event has no patientId.
func sourceIf(ids map[string]string, i schemas.Identifier) string {
	if ids["patientId"] == "" {
		return i.Value
	}
	return ""
}

// By default the records of patients who were deleted or merged into another are null.
func TestPatientsOfEventsThatEndThem(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, name := range []string{"patient.deleted", "patient.merged"} {
		e, err := a.provider.Emit(t.Context(), name, provider.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		id := e.Event.Identifiers[0].Value
		if r := a.exec(fmt.Sprintf(`{ patient(id: %q) { id } }`, id), nil); r.body != `{"data":{"patient":null}}`+"\n" {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}
