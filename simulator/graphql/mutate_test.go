package graphql

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"semblance/simulator/journal"
)

// events returns the types of the events since a number, in order.
func (a *api) events(after journal.Seq) []string {
	a.t.Helper()
	records, err := a.provider.Journal().Read(a.t.Context(), after, 100, journal.KindEvent)
	if err != nil {
		a.t.Fatal(err)
	}
	types := []string{}
	for _, r := range records {
		types = append(types, r.(*journal.Event).Type.Name)
	}
	return types
}

// mutate executes a mutation that is accepted and returns its data as JSON. It must give exactly these events.
func (a *api) mutate(document, root string, variables map[string]any, events ...string) string {
	a.t.Helper()
	before, _ := a.provider.Journal().Committed()
	var payload struct {
		Data  json.RawMessage
		Error *string
	}
	a.ok(document, variables, root, &payload)
	if payload.Error != nil {
		a.t.Fatalf("%s is refused: %s", root, *payload.Error)
	}
	if got := a.events(before); !slices.Equal(got, events) {
		a.t.Errorf("%s gives the events %v, want %v", root, got, events)
	}
	return string(payload.Data)
}

func idOf(t *testing.T, data string) string {
	t.Helper()
	var record struct{ ID string }
	if err := json.Unmarshal([]byte(data), &record); err != nil || record.ID == "" {
		t.Fatalf("%v: %s", err, data)
	}
	return record.ID
}

func want(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
}

// An application registers a patient, books, moves, begins and ends a visit, and writes an invoice: each call performs the
// action of the clinic and gives its event.
func TestMutations(t *testing.T) {
	t.Parallel()
	a := start(t)
	const person = `id firstName lastName email dob sex occupation comments address { address city country } phones { phoneNumber phoneType } labels { referenceId } communicationPreferences { receiveEmail receiveSMS privacyPolicy { response } }`
	label := firstID(t, a, "label")
	got := a.mutate(`mutation New($p: CreatePatientDataInput!) { createPatient(patientData: $p) { data { `+person+` } error } }`, "createPatient", map[string]any{"p": map[string]any{
		"first": "Ada", "last": "Byron", "email": "ada@example.com", "dob": "1985-03-04", "phoneNumber": "07700 900001", "phoneType": "Home", "labels": []string{label},
		"communicationPreferences": map[string]any{"receiveEmail": true, "privacyPolicy": "accepted"},
	}}, "patient.created", "patient.label.added")
	want(t, got, `"firstName":"Ada"`, `"email":"ada@example.com"`, `"dob":"1985-03-04T00:00:00.000Z"`, `"sex":null`, `"address":null`, `"phoneType":"Home"`,
		`"referenceId":"`+label+`"`, `"receiveEmail":true,"receiveSMS":null,"privacyPolicy":{"response":"accepted"}`)
	ada := idOf(t, got)
	got = a.mutate(`mutation($id: ID!) { updatePatient(id: $id, patientData: {address: "1 Mill Lane", city: "Dublin", country: "IE", comments: "new"}) { data { `+person+` } error } }`,
		"updatePatient", map[string]any{"id": ada}, "patient.updated")
	want(t, got, `"address":{"address":"1 Mill Lane","city":"Dublin","country":"IE"}`, `"firstName":"Ada"`, `"comments":"new"`)
	want(t, a.exec(`{ patients(search: "byron ada@example.com") { data { id } } }`, nil).body, ada)

	doctor, room, product := firstID(t, a, "doctor"), firstID(t, a, "location"), firstID(t, a, "product")
	const visitFields = `id start end status comments patientId doctor { id } location { id } appointment { id title duration } bookingJourney { arrived departed dna } deleted patientMessagesSent { confirmation }`
	got = a.mutate(`mutation($b: BookingDataInput!) { createBooking(bookingData: $b) { data { `+visitFields+` } error } }`, "createBooking", map[string]any{"b": map[string]any{
		"patient": ada, "doctor": doctor, "location": room, "bookingType": product, "start": "2026-06-09T10:00:00.000Z", "end": "2026-06-09T10:40:00.000Z",
		"comments": "first visit", "status": "pending", "sendPatientMessages": map[string]any{"confirmation": true},
	}}, "booking.created")
	want(t, got, `"start":"2026-06-09T10:00:00.000Z","end":"2026-06-09T10:40:00.000Z","status":"pending","comments":"first visit","patientId":"`+ada+`"`, `"doctor":{"id":"`+doctor+`"}`,
		`"location":{"id":"`+room+`"}`, `"appointment":{"id":"`+product+`"`, `"duration":40`, `"confirmation":true`)
	visit := idOf(t, got)
	by := map[string]any{"id": visit}
	got = a.mutate(`mutation($id: ID!) { updateBooking(id: $id, bookingData: {start: "2026-06-09T11:00:00Z", end: "2026-06-09T11:20:00Z", status: confirmed}) { data { `+visitFields+` } error } }`,
		"updateBooking", by, "booking.updated")
	want(t, got, `"start":"2026-06-09T11:00:00.000Z","end":"2026-06-09T11:20:00.000Z","status":"confirmed","comments":"first visit"`)
	want(t, a.exec(`{ patient(id: "`+ada+`") { bookings(start: "2026-06-09T10:30:00Z", end: "2026-06-09T12:00:00Z") { id } } }`, nil).body, visit)
	a.mutate(`mutation($id: ID!) { updateBookingJourney(id: $id, bookingJourneyInput: {journeyStage: arrived, date: "2026-06-09T10:55:00Z"}) { data { `+visitFields+` } error } }`,
		"updateBookingJourney", by, "booking.patientJourney.arrived")
	a.mutate(`mutation($id: ID!) { updateBookingJourney(id: $id, bookingJourneyInput: {journeyStage: consultation}) { data { id } error } }`, "updateBookingJourney", by, "booking.patientJourney.inConsultation")
	got = a.mutate(`mutation($id: ID!) { updateBookingJourney(id: $id, bookingJourneyInput: {journeyStage: departed}) { data { `+visitFields+` } error } }`, "updateBookingJourney", by, "booking.patientJourney.completed")
	want(t, got, `"arrived":"2026-06-09T10:55:00.000Z"`, `"departed":"2026-06-08T`)
	got = a.mutate(`mutation($id: ID!) { updateBooking(id: $id, bookingData: {comments: "came late"}) { data { `+visitFields+` } error } }`, "updateBooking", by, "booking.updated") // in every stage
	want(t, got, `"start":"2026-06-09T11:00:00.000Z"`, `"comments":"came late"`, `"arrived":"2026-06-09T10:55:00.000Z"`, `"departed":"2026-06-08T`)

	const billFields = `id total outstanding paidOrOutstanding date comments doctorId location lineItems { title quantity price total referenceId } payments { paymentAmount }`
	got = a.mutate(`mutation($i: NewInvoiceDataInput!) { createInvoice(invoiceData: $i) { data { `+billFields+` } error } }`, "createInvoice", map[string]any{"i": map[string]any{
		"date": "2026-06-09", "patientId": ada, "doctorId": doctor, "locationId": room, "comments": "thanks", "lineItems": []any{
			map[string]any{"date": "2026-06-09", "productId": product, "quantity": 2, "price": 30.25, "referenceId": visit}, map[string]any{"date": "2026-06-09", "productId": product, "quantity": 1, "price": 9.5},
		}}}, "invoice.created")
	want(t, got, `"total":70,"outstanding":70,"paidOrOutstanding":"Outstanding","date":"2026-06-09T00:00:00.000Z","comments":"thanks","doctorId":"`+doctor+`"`,
		`"quantity":2,"price":30.25,"total":60.5,"referenceId":"`+visit+`"`, `"payments":[]`)
	bill := map[string]any{"id": idOf(t, got)}
	const pay = `mutation($id: ID!) { addInvoicePayment(invoiceId: $id, paymentData: {paymentAmount: %s, paymentTypeId: "507f1f77bcf86cd799439011", paymentDate: "2026-06-09"}) { data { ` + billFields + ` } error } }`
	got = a.mutate(fmt.Sprintf(pay, "20.5"), "addInvoicePayment", bill, "invoice.partiallyPaid")
	want(t, got, `"outstanding":49.5`, `"payments":[{"paymentAmount":20.5}]`)
	got = a.mutate(fmt.Sprintf(pay, "49.5"), "addInvoicePayment", bill, "invoice.paid")
	want(t, got, `"outstanding":0,"paidOrOutstanding":"Paid"`, `"payments":[{"paymentAmount":20.5},{"paymentAmount":49.5}]`)

	second := idOf(t, a.mutate(`mutation { createBooking(patient: "`+ada+`", start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z") { data { id } error } }`, "createBooking", nil, "booking.created"))
	got = a.mutate(`mutation { deleteBooking(id: "`+second+`", sendCancellationMessages: true) { data { `+visitFields+` } error } }`, "deleteBooking", nil, "booking.deleted")
	want(t, got, `"deleted":true`)
}

// firstID returns the id of a record of the clinic.
func firstID(t *testing.T, a *api, kind string) string {
	t.Helper()
	ids, err := a.provider.Records(kind)
	if err != nil {
		t.Fatal(err)
	}
	return ids[0]
}

// A refused mutation has data null and the reason in error; it gives no event and is in the log.
func TestRefusedMutationsOfRecords(t *testing.T) {
	t.Parallel()
	a := start(t)
	visit := idOf(t, a.mutate(`mutation { createBooking(start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z") { data { id } error } }`, "createBooking", nil, "booking.created"))
	patient, doctor, room, product := firstID(t, a, "patient"), firstID(t, a, "doctor"), firstID(t, a, "location"), firstID(t, a, "product")
	const unknown = "507f1f77bcf86cd799439011"
	before, _ := a.provider.Journal().Committed()
	for _, test := range []struct{ call, says string }{
		{`createBooking { data { id } error }`, "start and end are required"},
		{`createBooking(start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:00:00Z") { data { id } error }`, "must end after its start"},
		{`createBooking(patient: "` + unknown + `", start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z") { data { id } error }`, "patient: there is no patient with the id " + unknown},
		{`createBooking(patient: "7O5PO1H46J", start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z") { data { id } error }`, "Cast to ObjectId failed"},
		{`createBooking(comments: "x", bookingData: {start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z"}) { data { id } error }`, "not both"},
		{`updateBooking(id: "` + unknown + `", bookingData: {comments: "x"}) { data { id } error }`, "there is no booking"},
		{`updateBooking(id: "` + visit + `", bookingData: {}) { data { id } error }`, "no field to change"},
		{`updateBooking(id: "` + visit + `", bookingData: {status: pending}) { data { id } error }`, "cannot become pending"},
		{`updateBooking(id: "` + visit + `", bookingData: {status: failed}) { data { id } error }`, "pending and confirmed"},
		{`updateBookingJourney(id: "` + visit + `", bookingJourneyInput: {journeyStage: departed}) { data { id } error }`, "must be inConsultation"},
		{`updateBookingJourney(id: "` + visit + `") { data { id } error }`, "journeyStage is required"},
		{`updatePatient(id: "` + patient + `", patientData: {country: "Ireland"}) { data { id } error }`, "two letters"},
		{`updatePatient(id: "` + patient + `", patientData: {}) { data { id } error }`, "no field to change"},
		{`createPatient(first: "A", patientData: {first: "A"}) { data { id } error }`, "not both"},
		{`createPatient(patientData: {first: "A", labels: ["` + unknown + `"]}) { data { id } error }`, "there is no label"},
		{`createInvoice { data { id } error }`, "invoiceData is required"},
		{`createInvoice(invoiceData: {date: "2026-06-09", patientId: "` + patient + `", doctorId: "` + doctor + `", locationId: "` + room + `", lineItems: [{date: "2026-06-09", productId: "` + product + `", quantity: 0}]}) { data { id } error }`, "quantity 0"},
		{`addInvoicePayment(invoiceId: "` + unknown + `", paymentData: {paymentAmount: 1, paymentTypeId: "x", paymentDate: "2026-06-09"}) { data { id } error }`, "there is no invoice"},
	} {
		r := a.exec(`mutation { `+test.call+` }`, nil)
		name, _, _ := strings.Cut(strings.ReplaceAll(test.call, " {", "("), "(")
		if r.status != 200 || len(r.Errors) > 0 || !strings.Contains(r.body, `"`+name+`":{"data":null,"error":"`) || !strings.Contains(r.body, test.says) {
			t.Errorf("%s: %d %s, want %q", test.call, r.status, r.body, test.says)
		}
		changes, err := a.provider.Journal().Read(t.Context(), before, 10, journal.KindEvent, journal.KindClinic)
		if err != nil || len(changes) > 0 {
			t.Fatalf("%s changes the clinic: %v %v", test.call, changes, err)
		}
	}
	log := a.requests()
	if last := log[len(log)-1]; !strings.Contains(last.Error, "there is no invoice") || !last.Asks("addInvoicePayment", unknown) {
		t.Errorf("the log has %+v", last)
	}
	// Of mutations whose form is unknown nothing is invented.
	if r := a.exec(`mutation { deleteInvoice(id: "`+unknown+`") { error } }`, nil); r.status != 400 || !strings.Contains(r.body, codeValidationFailed) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := a.exec(`mutation { updateBooking(id: "`+visit+`", bookingData: {patient: "`+patient+`"}) { error } }`, nil); r.status != 400 {
		t.Errorf("updateBooking takes a patient: %d %s", r.status, r.body)
	}
}
