package schemas

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRetired(t *testing.T) {
	for _, e := range AllWithRetired() {
		if e.Name == retired && !e.Retired() {
			t.Errorf("%s: Retired() = false", e.Name)
		}
		if slices.Contains(All(), e) == e.Retired() {
			t.Errorf("%s: Retired() = %v, in All: %v", e.Name, e.Retired(), e.Retired())
		}
	}
}

// TestCatalogueIsConsistent checks the properties of each row that the rest of the program relies on.
func TestCatalogueIsConsistent(t *testing.T) {
	groups := map[string]int{}
	for _, g := range Groups() {
		groups[g.Key] = 0
		if g.Title == "" || g.Summary == "" {
			t.Errorf("group %s has no title or summary", g.Key)
		}
	}
	names, enums := map[string]bool{}, map[string]bool{}
	for _, e := range AllWithRetired() {
		if names[e.Name] {
			t.Errorf("%s is listed twice", e.Name)
		}
		names[e.Name] = true
		if _, ok := groups[e.Group]; !ok {
			t.Errorf("%s is in the unknown group %q", e.Name, e.Group)
		}
		groups[e.Group]++
		if enums[e.FormerEnum] && e.FormerEnum != "" {
			t.Errorf("%s: the former enum name %s belongs to two types", e.Name, e.FormerEnum)
		}
		enums[e.FormerEnum] = true
		if e.Summary == "" || strings.HasSuffix(e.Summary, ".") {
			t.Errorf("%s: the summary %q is empty or ends in a full stop", e.Name, e.Summary)
		}
		if !slices.Contains([]Evidence{EvidencePage, EvidenceReleaseNote, EvidenceInferred, EvidenceRetired}, e.Evidence) {
			t.Errorf("%s: unknown evidence %q", e.Name, e.Evidence)
		}
		if (e.Metadata != nil) != (e.Group == "webhook") {
			t.Errorf("%s: only the webhook.* types have metadata", e.Name)
		}
		checkIdentifiers(t, e)
	}
	for key, n := range groups {
		if n == 0 {
			t.Errorf("group %s has no event type", key)
		}
	}
}

func checkIdentifiers(t *testing.T, e *EventType) {
	t.Helper()
	keys := e.Keys()
	if len(keys) == 0 {
		t.Errorf("%s has no identifier", e.Name)
	}
	for i, key := range keys {
		if slices.Contains(keys[:i], key) {
			t.Errorf("%s has the identifier %s twice", e.Name, key)
		}
		_, _, isRecord := KindOf(key)
		_, isValue := e.Value(key)
		ours := key == "outboxId" || key == "subscriptionId"
		if n := btoi(isRecord) + btoi(isValue) + btoi(ours); n != 1 {
			t.Errorf("%s: %s is the id of a record: %v, a plain value: %v, an id of the provider: %v; want exactly one", e.Name, key, isRecord, isValue, ours)
		}
	}
	for _, v := range e.Values {
		if !e.Allows(v.Name) {
			t.Errorf("%s describes the value %s, which is not one of its identifiers", e.Name, v.Name)
		}
		if (v.Kind == ValueEnum) != (len(v.Enum) > 0) {
			t.Errorf("%s: the value %s is of kind %s and lists %d values", e.Name, v.Name, v.Kind, len(v.Enum))
		}
	}
	for _, c := range e.OptionalWith {
		if !slices.Contains(e.OneOf, c.With) {
			t.Errorf("%s: optional beside %s, which is not one of %v", e.Name, c.With, e.OneOf)
		}
	}
	if len(e.OneOf) == 1 {
		t.Errorf("%s: OneOf lists a single identifier; use Required", e.Name)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLookup(t *testing.T) {
	for _, e := range AllWithRetired() {
		got, err := Lookup(e.Name)
		if got != e || err != nil {
			t.Errorf("Lookup(%q) = %v, %v", e.Name, got, err)
		}
		if e.FormerEnum == "" {
			continue
		}
		var unknown *UnknownError
		want := e.Name
		if e.Retired() {
			want = ""
		}
		if _, err := Lookup(e.FormerEnum); !errors.As(err, &unknown) || !unknown.Former || unknown.Suggestion != want {
			t.Errorf("Lookup(%q) says %v, want the new name %s", e.FormerEnum, err, want)
		}
	}
}

func TestLookupSuggests(t *testing.T) {
	tests := []struct{ name, want string }{
		{"booking.craeted", `unknown event type "booking.craeted"; did you mean "booking.created"?`},
		{"Booking.Created", `unknown event type "Booking.Created"; did you mean "booking.created"?`},
		{"booking.arrived", `unknown event type "booking.arrived"; did you mean "booking.patientJourney.arrived"?`},
		{"invoice.synced", `unknown event type "invoice.synced"; did you mean "invoice.integrations.xero.synced"?`},
		{"patient.noShow", "unknown event type \"patient.noShow\"; `semblance events` lists them"},
		{"invoice.lineItems.updatd", `unknown event type "invoice.lineItems.updatd"; did you mean "invoice.lineItems.added"?`},
		{"INVOICE_LINE_ITEMS_UPDATED", `the enum name "INVOICE_LINE_ITEMS_UPDATED" was dropped by the provider on 2026-06-08, and its event type is retired`},
		{"BOOKING_CREATED", `the enum name "BOOKING_CREATED" was dropped by the provider on 2026-06-08; use "booking.created"`},
		{"", "unknown event type \"\"; `semblance events` lists them"},
		{strings.Repeat("x", 1_000_000), "`semblance events` lists them"},
	}
	for _, test := range tests {
		_, err := Lookup(test.name)
		if err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("Lookup(%.40q) says %.200v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestKeysOrder(t *testing.T) {
	tests := []struct {
		name string
		want string
	}{
		{"booking.created", "bookingId patientId doctorId"},
		{"availability.blocker.updated", "availabilityId bookingId patientId doctorId"},
		{"questionnaire.response.received", "patientId questionnaireId consultationId"},
		{"clinicalReport.submittedForApproval", "clinicalReportId patientId practiceId reportType submittedBy submittedAt"},
		{"patient.merged", "sourcePatientId targetPatientId"},
	}
	for _, test := range tests {
		e, err := Lookup(test.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(e.Keys(), " "); got != test.want {
			t.Errorf("the keys of %s are %s, want %s", test.name, got, test.want)
		}
	}
}

func TestKinds(t *testing.T) {
	kinds := Kinds()
	if !slices.IsSorted(kinds) || len(slices.Compact(slices.Clone(kinds))) != len(kinds) {
		t.Errorf("Kinds() is not sorted or has duplicates: %v", kinds)
	}
	for _, want := range []string{"patient", "booking", "doctor", "invoice", "practice", "resourceAvailability"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("Kinds() has no %s", want)
		}
	}
	for _, not := range []string{"outbox", "subscription", "sourcePatient", "targetPatient", "submittedBy", ""} {
		if slices.Contains(kinds, not) {
			t.Errorf("Kinds() has %q, which is not a kind of record", not)
		}
	}
	tests := []struct {
		identifier, kind, role string
		ok                     bool
	}{
		{"patientId", "patient", "patient", true},
		{"sourcePatientId", "patient", "source", true},
		{"targetPatientId", "patient", "target", true},
		{"locationGroupId", "locationGroup", "locationGroup", true},
		{"outboxId", "", "", false},
		{"subscriptionId", "", "", false},
	}
	for _, test := range tests {
		if kind, role, ok := KindOf(test.identifier); kind != test.kind || role != test.role || ok != test.ok {
			t.Errorf("KindOf(%q) = %q, %q, %v; want %q, %q, %v", test.identifier, kind, role, ok, test.kind, test.role, test.ok)
		}
	}
	for _, plain := range []string{"reportType", "submittedBy", "changedKeys", "Id", ""} {
		if _, _, ok := KindOf(plain); ok {
			t.Errorf("KindOf(%q) = true, want false", plain)
		}
	}
}

func TestFiles(t *testing.T) {
	for _, e := range AllWithRetired() {
		if !strings.Contains(string(e.PayloadSchema()), `"$id": "semblance:payload/`+e.Name+`"`) {
			t.Errorf("the payload schema of %s has another $id", e.Name)
		}
	}
	if got := strings.Join(ResponseNames(), " "); got != "ack problem queued" {
		t.Errorf("the response schemas are %s", got)
	}
	for name, want := range map[string]string{
		"quued":   `unknown response schema "quued"; did you mean "queued"?`,
		"../ack":  `unknown response schema "../ack"; use ack, problem or queued`,
		"receipt": `unknown response schema "receipt"; use ack, problem or queued`,
	} {
		if _, err := ResponseSchema(name); err == nil || err.Error() != want {
			t.Errorf("ResponseSchema(%q) says %v, want %s", name, err, want)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Lookup("pathway.metadata.updated"); err != nil {
			b.Fatal(err)
		}
	}
}

// The pattern refuses arrays of anything but strings, and empty ones.
func TestJSONStringsPattern(t *testing.T) {
	pattern := regexp.MustCompile(JSONStringsPattern)
	for text, want := range map[string]bool{
		`["a"]`: true, ` [ "a" , "b\\" ] `: true, `["\"]"]`: true,
		`[]`: false, `[1]`: false, `[null]`: false, `["a",1]`: false, `["a"`: false, `["a"]x`: false, `["a",]`: false, `["\"]`: false, `"a"`: false,
	} {
		if got := pattern.MatchString(text); got != want {
			t.Errorf("%s: match %v, want %v", text, got, want)
		}
	}
}
