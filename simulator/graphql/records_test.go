package graphql

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/simulator/provider"
)

// What the API says about records agrees with the clinic.
func TestRecordsAgreeWithTheClinic(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	var b struct {
		Booking
		Patient Patient
	}
	d.ok(`query($id: ID!) { booking(id: $id) { id start end createdAt patient { firstName } doctorName appointment { title duration } location { name groupName address { postcode } } comments } }`,
		map[string]any{"id": d.visit.ID()}, "booking", &b)
	start, _ := time.Parse(time.RFC3339, d.visit.Value("start"))
	end, _ := time.Parse(time.RFC3339, d.visit.Value("end"))
	switch {
	case b.Start.Sub(start) != wallClock(start).Sub(start), b.End.Sub(b.Start.Time) != end.Sub(start), int(*b.Appointment.Duration) != int(end.Sub(start).Minutes()):
		t.Errorf("booking %s to %s is %+v", start, end, b)
	case *b.Patient.FirstName != d.ada.Value("firstName"), *b.Appointment.Title != d.visit.Value("type"), *b.Comments != d.visit.Value("reason"):
		t.Errorf("booking %+v", b)
	case *b.Location.Name != d.visit.Related("location").Value("name"), *b.Location.GroupName != d.visit.Related("location").Related("locationGroup").Value("name"):
		t.Errorf("location %+v", b.Location)
	case *b.Location.Address.Postcode != d.clinic.Practice().Value("postcode"):
		t.Errorf("address %+v", b.Location.Address)
	case *b.DoctorName != d.doctor.Value("title")+" "+d.doctor.Value("firstName")+" "+d.doctor.Value("lastName"):
		t.Errorf("doctor %q", *b.DoctorName)
	}

	var i Invoice
	d.ok(`query($id: ID!) { invoice(id: $id) { id invoiceNumber date total outstanding refunded tax lineItems { id title price quantity total } payments { id paymentAmount paymentDate paymentSource } refunds { id } patientTitle patientDob } }`,
		map[string]any{"id": d.invoice.ID()}, "invoice", &i)
	items, paid := 0.0, 0.0
	for _, item := range *i.LineItems {
		items += *item.Total
	}
	for _, p := range *i.Payments {
		paid += *p.PaymentAmount
	}
	if fmt.Sprintf("%.2f", *i.Total) != d.invoice.Value("total") || fmt.Sprintf("%.2f", items) != d.invoice.Value("total") || fmt.Sprintf("%.2f", paid+*i.Outstanding) != d.invoice.Value("total") {
		t.Errorf("total %v, line items %v, paid %v, outstanding %v; the clinic says %s", *i.Total, items, paid, *i.Outstanding, d.invoice.Value("total"))
	}
	if fmt.Sprint(*i.InvoiceNumber) != strings.TrimPrefix(d.invoice.Value("number"), "INV-") || i.Date.Format(time.DateOnly) != d.invoice.Value("issuedOn") {
		t.Errorf("invoice %+v", i)
	}
	if *i.PatientTitle != d.ada.Value("title") || i.PatientDob.Format(time.DateOnly) != d.ada.Value("dateOfBirth") {
		t.Errorf("invoice %+v", i)
	}

	var c Consultation
	d.ok(`query($p: ID!, $c: String!) { consultation(patientId: $p, consultationId: $c) { id patient date doctorName questionnaireId records { title term } deleted } }`,
		map[string]any{"p": d.ada.ID(), "c": d.consultation.ID()}, "consultation", &c)
	if string(*c.Patient) != d.ada.ID() || *(*c.Records)[0].Term != d.consultation.Value("reason") {
		t.Errorf("consultation %+v", c)
	}
}

// Ids of other kinds of records, and of none, give null without an error.
func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	const unknown = "507f1f77bcf86cd799439011"
	for _, id := range []string{unknown, d.clinic.Practice().ID(), strings.ToUpper(unknown)} {
		document := `{`
		for _, field := range []string{"patient", "booking", "invoice", "letter", "lab", "prescription", "patientDocument", "product", "questionnaire", "user", "episode"} {
			document += fmt.Sprintf(` %s(id: %q) { id }`, field, id)
		}
		document += fmt.Sprintf(` consultation(patientId: %q, consultationId: %q) { id } availabilityRule(data: {id: %q}) { data { id } } }`, id, id, id)
		r := d.exec(document, nil)
		if r.status != 200 || len(r.Errors) > 0 || len(r.Data) != 13 {
			t.Fatalf("status %d: %s", r.status, r.body)
		}
		for field, value := range r.Data {
			if want := map[bool]string{true: `{"data":null}`, false: "null"}[field == "availabilityRule"]; string(value) != want {
				t.Errorf("%s is %s", field, value)
			}
		}
	}
	for _, document := range []string{`{ booking(id: "") { id } }`, `{ letter(id: "507f1f77bcf86cd79943901") { id } }`, `{ user(id: 5) { id } }`,
		`{ consultation(patientId: "` + unknown + `", consultationId: "x") { id } }`, `{ availabilityRule(data: {id: "x"}) { data { id } } }`} {
		r := d.exec(document, nil)
		if r.status != 200 || len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, "Cast to ObjectId failed for value") || len(r.Errors[0].Path) == 0 || r.Errors[0].Extensions.Code != "" {
			t.Errorf("%s: status %d: %s", document, r.status, r.body)
		}
	}
	// The consultation of another patient.
	r := d.exec(fmt.Sprintf(`{ consultation(patientId: %q, consultationId: %q) { id } }`, d.clinic.Records("patient")[0].ID(), d.consultation.ID()), nil)
	if string(r.Data["consultation"]) != "null" || len(r.Errors) > 0 {
		t.Error(r.body)
	}
}

func TestDeletedPatients(t *testing.T) {
	t.Parallel()
	for _, visible := range []bool{false, true} {
		c := newClinic(t)
		ada := c.add("patient", nil)
		letter := c.add("letter", related{"patient": ada})
		c.do("delete-patient", related{"patient": ada})
		c.save(letter)
		a := c.api(Options{DeletedPatients: visible})
		r := a.exec(fmt.Sprintf(`{ patient(id: %q) { id } letter(id: %q) { deleted patient { id } } }`, ada.ID(), letter.ID()), nil)
		patient := `{"id":"` + ada.ID() + `"}`
		if !visible {
			patient = "null"
		}
		if len(r.Errors) > 0 || string(r.Data["patient"]) != patient || string(r.Data["letter"]) != `{"deleted":true,"patient":`+patient+`}` {
			t.Errorf("visible %v: %s", visible, r.body)
		}
	}
}

// page is the form of all lists.
type page struct {
	Data     []struct{ ID string }
	PageInfo struct {
		Page, PageSize int
		HasMore        bool
		Total          int
	}
	Meta struct {
		HasMore bool
		Total   int
	}
}

func (p page) ids() []string {
	var ids []string
	for _, d := range p.Data {
		ids = append(ids, d.ID)
	}
	return ids
}

func idsOf(records []*fixtures.Record) []string {
	var ids []string
	for _, r := range records {
		ids = append(ids, r.ID())
	}
	slices.Sort(ids)
	return ids
}

// Lists of all patients, by pages and by cursors, give each of them once.
func TestPaging(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	want := idsOf(c.Records("patient"))
	a := c.api(Options{PageSize: 10, MaxPageSize: 15})
	var got []string
	for n := 1; ; n++ {
		var p page
		a.ok(`query($page: Int) { patients(pagination: {page: $page, pageSize: 7}) { data { id } pageInfo { page pageSize hasMore } } }`, map[string]any{"page": n}, "patients", &p)
		got = append(got, p.ids()...)
		if p.PageInfo.Page != n || p.PageInfo.PageSize != 7 {
			t.Fatalf("page %d: %+v", n, p.PageInfo)
		}
		if !p.PageInfo.HasMore {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages: %d patients, want %d", len(got), len(want))
	}
	for _, direction := range []string{"NEXT", "PREVIOUS"} {
		var got []string
		var cursor any
		for more := true; more; {
			var p page
			a.ok(`query($c: CursorPagination) { patients(cursorPagination: $c) { data { id } pageInfo { pageSize hasMore } } }`,
				map[string]any{"c": map[string]any{"cursor": cursor, "direction": direction, "pageSize": 9}}, "patients", &p)
			if ids := p.ids(); direction == "NEXT" {
				got, cursor = append(got, ids...), ids[len(ids)-1]
			} else {
				got, cursor = append(ids, got...), ids[0]
			}
			more = p.PageInfo.HasMore
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d patients, want %d", direction, len(got), len(want))
		}
	}
	for pagination, size := range map[string]int{"{}": 10, "{pageSize: 0}": 10, "{pageSize: -1}": 10, "{pageSize: 1000}": 15, "{page: -5}": 10, "{page: 2147483647}": 0, "null": 10} {
		var p page
		a.ok(`{ patients(pagination: `+pagination+`) { data { id } pageInfo { page pageSize hasMore } } }`, nil, "patients", &p)
		if len(p.Data) != size {
			t.Errorf("%s: %d patients, want %d", pagination, len(p.Data), size)
		}
	}
	if r := a.exec(`{ patients(cursorPagination: {cursor: "x"}) { data { id } } }`, nil); len(r.Errors) != 1 || !strings.Contains(r.body, "Cast to ObjectId failed") {
		t.Error(r.body)
	}
}

// Ranges, searches and the inclusion of deleted records.
func TestSelections(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	start, _ := time.Parse(time.RFC3339, d.visit.Value("start"))
	end, _ := time.Parse(time.RFC3339, d.visit.Value("end"))
	iso := func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
	wallStart, wallEnd := wallClock(start), wallClock(end)
	ada, visit := d.ada.ID(), d.visit.ID()
	for _, test := range []struct {
		name, selection string
		want            []string
	}{
		{"starts in the range", `bookings(dateRange: {start: "` + iso(wallStart) + `", end: "` + iso(wallStart) + `"})`, []string{visit}},
		{"ends in the range", `bookings(dateRange: {start: "` + iso(wallEnd) + `", end: "` + iso(wallEnd.Add(time.Hour)) + `"})`, []string{visit}},
		{"after the range", `bookings(dateRange: {end: "` + iso(wallStart.Add(-time.Minute)) + `"})`, nil},
		{"before the range", `bookings(dateRange: {start: "` + iso(wallEnd.Add(time.Minute)) + `"})`, nil},
		{"bookings of a patient", `patient(id: "` + ada + `") { bookings(start: "` + iso(wallStart) + `", end: "` + iso(wallStart) + `") { id } }`, []string{visit}},
		{"updated before", `invoices(options: {updatedAt: {end: "2020-01-01"}})`, nil},
		{"created since", `invoices(options: {createdAt: {start: "2020-01-01"}})`, []string{d.invoice.ID()}},
		{"invoice numbers", `invoices(filters: {invoiceNumbers: [` + strings.TrimPrefix(d.invoice.Value("number"), "INV-") + `, 7]})`, []string{d.invoice.ID()}},
		{"other invoice numbers", `invoices(filters: {invoiceNumbers: [7]})`, nil},
		{"no invoice numbers", `invoices(filters: {invoiceNumbers: []})`, []string{d.invoice.ID()}},
		{"letters of a day", `letters(dateRange: {start: "` + d.letter.Value("writtenOn") + `", end: "` + d.letter.Value("writtenOn") + `"})`, []string{d.letter.ID()}},
		{"prescriptions have no updatedAt", `prescriptions(options: {updatedAt: {end: "2020-01-01"}})`, []string{d.prescription.ID()}},
		{"date of birth", `patients(search: "` + d.ada.Value("dateOfBirth") + ` ` + d.ada.Value("lastName") + `")`, []string{ada}},
		{"number", `patients(search: "` + d.ada.Value("nhsNumber") + `")`, []string{ada}},
		{"nobody", `patients(search: "nobody at all")`, nil},
		{"documents", `patientDocuments(search: "` + d.document.Value("name") + `")`, []string{d.document.ID()}},
		{"only clinicians", `users(filters: {isClinician: false})`, nil},
		{"users", `users(options: {search: "` + d.doctor.Value("email") + `", cliniciansOnly: true})`, []string{d.doctor.ID()}},
		{"labs without results", `labs(options: {resultsReceivedAt: {start: "2000-01-01"}})`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := `{ ` + test.selection + ` { data { id } } }`
			if strings.HasSuffix(test.selection, "}") {
				document = `{ ` + test.selection + ` }`
			}
			r := d.exec(document, nil)
			if r.status != 200 || len(r.Errors) > 0 {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if got := strings.Count(r.body, `"id"`); got != len(test.want) {
				t.Errorf("%d records, want %d: %s", got, len(test.want), r.body)
			}
			for _, id := range test.want {
				if !strings.Contains(r.body, id) {
					t.Errorf("%s is missing: %s", id, r.body)
				}
			}
		})
	}
	var p page
	d.ok(`query($id: ID!) { patient(id: $id) { b: bookingsWithPagination(start: "1900-01-01", end: "2100-01-01", deleted: true, sort: {direction: DESC}) { data { id } meta { hasMore total } } } }`,
		map[string]any{"id": ada}, "patient", &struct{ B *page }{&p})
	if !slices.Equal(p.ids(), []string{d.cancelled.ID()}) || p.Meta.Total != 1 {
		t.Errorf("cancelled bookings %+v", p)
	}
	r := d.exec(`{ bookings(dateRange: {start: "2026-06-08T09:00:00"}) { data { id } } }`, nil)
	if r.status != 400 || !strings.Contains(r.body, "Invalid date") {
		t.Errorf("status %d: %s", r.status, r.body)
	}
}

// A token without a permission gets null for the field and the rest of the data.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	doctor := c.Records("doctor")[0]
	visit := c.add("booking", related{"doctor": doctor})
	a := c.api(Options{}, provider.Token{Text: "few", Permissions: []provider.Permission{provider.SeeWebhooks}})
	r := a.post(map[string]any{"query": `{ booking(id: "` + visit.ID() + `") { id doctorName doctor { id } } users { data { id } } }`}, "x-token: few")
	body := string(r.body)
	if r.status != 200 || !strings.Contains(body, `"id":"`+visit.ID()+`"`) || !strings.Contains(body, `"doctor":null`) || !strings.Contains(body, doctor.Value("lastName")) ||
		strings.Count(body, `"message":"Missing permission settingsSeeUsers"`) != 2 || !strings.Contains(body, `"path":["booking","doctor"]`) {
		t.Errorf("status %d: %s", r.status, body)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	product, label := c.Records("product")[0], c.Records("label")[0]
	c.do("label-product", related{"product": product, "label": label})
	a := c.api(Options{InvalidOK: true, HideEpisodes: true, LabelIDs: LabelIDsAreRows})
	if r := a.exec(`{ nonsense }`, nil); r.status != 200 || r.Errors[0].Extensions.Code != codeValidationFailed {
		t.Errorf("status %d: %s", r.status, r.body)
	}
	if r := a.exec(`{ episode(id: "507f1f77bcf86cd799439011") { id } }`, nil); !strings.Contains(r.body, `Cannot query field \"episode\"`) {
		t.Error(r.body)
	}
}
