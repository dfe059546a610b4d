package graphql

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"semblance/schemas"
)

// The table of identifiers in records.graphql names each identifier of the catalogue, and its queries are valid.
func TestTableOfIdentifiers(t *testing.T) {
	t.Parallel()
	var want []string
	for _, e := range schemas.All() {
		want = append(want, e.Keys()...)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	a := newClinic(t).api(Options{})
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^# identifier: (\w+): (.*)$`).FindAllStringSubmatch(recordSchema, -1) {
		got = append(got, m[1])
		if !strings.HasPrefix(m[2], "{") {
			continue
		}
		if r := a.exec(strings.ReplaceAll(m[2], "…", "507f1f77bcf86cd799439011"), nil); r.status != 200 || len(r.Errors) > 0 {
			t.Errorf("%s: status %d: %s", m[1], r.status, r.body)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the table has %v\nthe catalogue %v", got, want)
	}
}

// Every relation of a record leads to the related record.
func TestRelations(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	c := d.clinic
	attended := related{"patient": d.ada, "doctor": d.doctor}
	placed := related{"doctor": d.doctor, "location": c.Records("location")[0]}
	lab := c.add("lab", attended)
	episode := c.add("episode", related{"patient": d.ada})
	c.add("pathway", related{"patient": d.ada, "episode": episode})
	rule, setting := c.add("resourceAvailability", placed), c.add("availability", placed)
	money := c.add("paymentOnAccount", related{"patient": d.ada})
	const period = `(start: "1900-01-01", end: "2100-01-01")`
	for _, test := range []struct{ query, id string }{
		{`booking(id: "` + d.visit.ID() + `") { patient { id } doctor { id } location { id } doctorName }`, ""},
		{`invoice(id: "` + d.invoice.ID() + `") { patient { id } patientTitle patientDob location lineItems { id } payments { id } }`, ""},
		{`invoice(id: "` + money.ID() + `") { patient { id } payments { id } }`, ""},
		{`letter(id: "` + d.letter.ID() + `") { patient { id } doctor { id } }`, ""},
		{`lab(id: "` + lab.ID() + `") { patient { id } doctor { id } }`, ""},
		{`prescription(id: "` + d.prescription.ID() + `") { patient { id } doctor { id } drugs { drug } }`, ""},
		{`patientDocument(id: "` + d.document.ID() + `") { patient { id } }`, ""},
		{`consultation(patientId: "` + d.ada.ID() + `", consultationId: "` + d.consultation.ID() + `") { patient doctorName records { id } }`, ""},
		{`episode(id: "` + episode.ID() + `") { patient { id } practice { id } practiceId patientId }`, ""},
		{`availabilityRule(data: {id: "` + rule.ID() + `"}) { data { id user { id } room { id groupName } createdBy lastUpdatedBy } }`, ""},
		{`availabilitySettings { id location { id } doctor { id } }`, setting.ID()},
		{`user(id: "` + d.doctor.ID() + `") { bookings` + period + ` { data { id } } letters { data { id } } }`, d.letter.ID()},
		{`practice { locations { id groupId address { city } } practiceNumbers { id } }`, ""},
		{`contacts { data { id phones { phoneNumber } } }`, c.Records("contact")[0].ID()},
		{`patientRelationships(patientId: "` + d.ada.ID() + `") { data { relationshipId contactDetails { sourceId } } }`, ""},
		{`patient(id: "` + d.ada.ID() + `") { phones { phoneId } numbers { id } customAttributes { id } relatedAccounts { relationshipId }
			bookings` + period + ` { id } bookingsWithPagination` + period + ` { data { id } } invoices` + period + ` { id } letters { id } labs { id }
			prescriptions { data { id } } consultations { data { id } } records { data { id } } patientDocuments { data { id } } documentsSharedWithPatient { data { documentId } } }`, lab.ID()},
		{`consultations { data { id } } `, d.consultation.ID()},
		{`labs { data { id } } `, lab.ID()},
	} {
		r := d.exec(`{ `+test.query+` }`, nil)
		if r.status != 200 || len(r.Errors) > 0 || strings.Contains(r.body, "null") || strings.Contains(r.body, "[]") || !strings.Contains(r.body, test.id) {
			t.Errorf("%s: status %d: %s", test.query, r.status, r.body)
		}
	}
	if r := d.exec(`{ episode(id: "`+episode.ID()+`") { type } }`, nil); !strings.Contains(r.body, "PATHWAYS") {
		t.Error(r.body)
	}
	if r := d.exec(`{ patientRelationships(patientId: "`+d.ada.ID()+`", relationshipType: SCHOOL) { data { relationshipId } } }`, nil); !strings.Contains(r.body, `"data":[]`) {
		t.Error(r.body)
	}
}
