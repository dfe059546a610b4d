package graphql

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"semblance/fixtures"
)

// practiceDay is a clinic with a patient who has one record of each kind.
type practiceDay struct {
	*clinic
	*api
	ada, doctor, visit, cancelled, invoice, letter, document, prescription, consultation, product *fixtures.Record
}

func newPracticeDay(t testing.TB, o Options) *practiceDay {
	c := newClinic(t)
	d := &practiceDay{clinic: c}
	d.doctor, d.product = c.Records("doctor")[0], c.Records("product")[0]
	room := c.Records("location")[0]
	d.ada = c.add("patient", nil)
	patient := related{"patient": d.ada}
	attended := related{"patient": d.ada, "doctor": d.doctor}
	visit := related{"patient": d.ada, "doctor": d.doctor, "location": room}
	d.visit, d.cancelled = c.add("booking", visit), c.add("booking", visit)
	c.do("arrive", related{"booking": d.visit})
	c.do("cancel", related{"booking": d.cancelled})
	d.invoice = c.add("invoice", related{"patient": d.ada, "booking": d.visit})
	c.do("share-invoice", related{"invoice": d.invoice})
	c.do("pay-part", related{"invoice": d.invoice})
	d.letter = c.add("letter", attended)
	c.do("share-letter", related{"letter": d.letter})
	d.document = c.add("patientDocument", patient)
	d.prescription = c.add("prescription", attended)
	d.consultation = c.add("consultation", attended)
	for _, kind := range []string{"phone", "number", "customAttribute"} {
		c.add(kind, patient)
	}
	c.add("relationship", related{"patient": d.ada, "relative": c.Records("patient")[1]})
	c.do("label-patient", related{"patient": d.ada, "label": c.Records("label")[2]})
	d.api = c.api(o)
	return d
}

// clientDocument is a document of a public client.
type clientDocument struct {
	name, document string
	variables      map[string]any
	contains       []string // parts of the response
}

// documents are valid and return data.
func (d *practiceDay) documents() []clientDocument {
	const longAgo, future = "1900-01-01T00:00:00.000Z", "2036-01-01T00:00:00.000Z"
	period := func(id string) map[string]any {
		return map[string]any{"id": id, "from": longAgo, "to": future, "page": 1}
	}
	since := map[string]any{"start": longAgo, "end": future}
	polling := map[string]any{"pagination": map[string]any{"page": 1, "pageSize": 100}, "options": map[string]any{"updatedAt": since}, "dateRange": since, "search": ""}
	ada := d.ada.Value
	documents := []clientDocument{
		{"patient of n8n", n8n("patient"), map[string]any{"id": d.ada.ID()},
			[]string{`"firstName":"` + ada("firstName"), `"dob":"` + ada("dateOfBirth") + `T00:00:00.000Z"`, `"country":"GB"`, `"name":"System"`, `"relationshipType":`}},
		{"patient of BBMI", `query PatientById($id: ID!){ patient(id:$id){ id firstName lastName email dob gender phones{phoneNumber} numbers{name value} address{address city postcode country} communicationPreferences{receiveEmail receiveSMS promotionalMarketing} labels{text} } }`,
			map[string]any{"id": d.ada.ID()}, []string{`"email":"` + ada("email"), `"postcode":"` + ada("postcode"), `"phoneNumber":"07700 900`}},
		{"booking of BBMI", `query Booking($id: ID!){ booking(id:$id){ id start end deleted status comments videoUrl patientId doctor{id fullName} appointment{id title duration} metadata{key value} bookingJourney{dna} patient{id} } }`,
			map[string]any{"id": d.visit.ID()}, []string{`"status":"confirmed"`, `"patientId":"` + d.ada.ID(), `"doctor":{"id":"` + d.doctor.ID(), `"bookingJourney":{"dna":null}`, `"videoUrl":null`}},
		{"booking of n8n", n8n("booking"), map[string]any{"id": d.visit.ID()}, []string{`"location":{"id":"`, `"deleted":false`, `"billed":true`}},
		{"booking of n8n with the doctor", n8n("booking-with-doctor"), map[string]any{"id": d.cancelled.ID()}, []string{`"deleted":true`, d.doctor.ID(), d.doctor.Value("email")}},
		{"bookings of a patient", `query PatientBookings($id: ID!,$from: Date!,$to: Date!,$page: Int){ patient(id:$id){ bookingsWithPagination(start:$from,end:$to,queryOptions:{includeDeleted:true},pagination:{page:$page,pageSize:100}){ data{ id start end deleted status } meta{hasMore} } } }`,
			period(d.ada.ID()), []string{d.visit.ID(), d.cancelled.ID(), `"meta":{"hasMore":false}`}},
		{"bookings of INDRA", `query { patient(id:"` + d.ada.ID() + `"){ bookings (start:"1900-01-01T00:00:00.000Z", end:"2036-01-01T00:00:00.000Z"){ id start end videoUrl appointment{title} } } }`,
			nil, []string{`"bookings":[{"id":"` + d.visit.ID(), `"title":"` + d.visit.Value("type")}},
		{"prescriptions of INDRA", `query { patient(id:"` + d.ada.ID() + `"){ prescriptions { data { id drugs { drug } date pdfDownloadUrl } } } }`,
			nil, []string{`"drug":"` + d.prescription.Value("medicine"), `"pdfDownloadUrl":null`}},
		{"prescriptions of BBMI", `query PatientPrescriptions($id: ID!,$page: Int){ patient(id:$id){ prescriptions(page:$page,pageSize:50){ data{ id date status doctor{id} patient{id} drugs{drug dosage quantity comments} orders{status provider} } pageInfo{hasMore} } } }`,
			period(d.ada.ID()), []string{`"dosage":"` + d.prescription.Value("dose"), `"doctor":{"id":"` + d.doctor.ID(), `"orders":[]`}},
		{"prescription", `query Prescription($id: ID!){ prescription(id:$id){ id patient{id} pdfDownloadUrl } }`, map[string]any{"id": d.prescription.ID()}, []string{`"patient":{"id":"` + d.ada.ID()}},
		{"letter", `query Letter($id: ID!){ letter(id:$id){ id title body deleted patient{id} } }`, map[string]any{"id": d.letter.ID()}, []string{`"title":"` + d.letter.Value("subject")}},
		{"document", `query Doc($id: ID!){ patientDocument(id:$id){ id name deleted patient{id} downloadUrl } }`, map[string]any{"id": d.document.ID()}, []string{`"name":"` + d.document.Value("name")}},
		{"shared documents", `query Shared($id: ID!,$page: Int){ patient(id:$id){ documentsSharedWithPatient(page:$page,pageSize:100){ data{documentId title type sharedAt} pageInfo{hasMore} } } }`,
			period(d.ada.ID()), []string{`"pageInfo":{"hasMore":false}`}},
		{"invoices of a patient", `query PatientInvoices($id: ID!,$from: Date!,$to: Date!){ patient(id:$id){ invoices(start:$from,end:$to){ id type invoiceNumber date total outstanding refunded paidOrOutstanding status patientId } } }`,
			period(d.ada.ID()), []string{`"type":"invoice"`, `"status":"active"`, `"paidOrOutstanding":"Outstanding"`}},
		{"invoice", `{ invoice(id:"` + d.invoice.ID() + `"){ id total status outstanding paidOrOutstanding paymentLinkUrl payments{id paymentAmount} } }`, nil, []string{`"payments":[{"id":"`}},
		{"search for patients", `query($s: String){ patients(search:$s, pagination:{page:1,pageSize:1}){ data{ id firstName lastName email dob } } }`, map[string]any{"s": ada("email")}, []string{`"firstName":"` + ada("firstName")}},
		{"search without pages", `query($s: String){ patients(search:$s){ data{ id firstName lastName email dob } } }`, map[string]any{"s": strings.ToUpper(ada("lastName")) + " " + ada("firstName")}, []string{d.ada.ID()}},
		{"reference data", `query Reference{ users(pagination:{page:1,pageSize:200}){data{id firstName lastName fullName title isDoctor deleted medicalSpecialties registration positionTitle metadata{key value} servicesProvided{id}}} products(pagination:{page:1,pageSize:200}){data{id name productType status duration price isBookable requiresPayment metadata{key value}}} practice{locations{id name servicesProvided{id}}} }`,
			nil, []string{d.doctor.ID(), `"isDoctor":true`, d.product.ID(), `"name":"Room `}},
		{"bookings of a user", `query Busy($id: ID!,$from: Date!,$to: Date!,$page: Int){ user(id:$id){ bookings(start:$from,end:$to,page:$page,pageSize:200){ data{id start end deleted} pageInfo{hasMore} } } }`, period(d.doctor.ID()), []string{d.visit.ID()}},
		{"numbers", `query NumberDefs($id: ID!){ practice{practiceNumbers{id name deleted}} patient(id:$id){numbers{id name value}} }`, map[string]any{"id": d.ada.ID()}, []string{`"name":"System","deleted":false`, `"value":"` + ada("nhsNumber")}},
		{"polling for bookings", n8n("bookings"), polling, []string{d.visit.ID(), `"pageInfo":{"hasMore":false}`}},
		{"polling for patients", n8n("patients"), polling, []string{d.ada.ID()}},
		{"polling for products", n8n("products"), polling, []string{d.product.ID()}},
		{"forms", `query($pagination: Pagination, $options: QuestionnairesQueryOptions){ questionnaires(pagination:$pagination, options:$options){ data{id token title} pageInfo{page pageSize hasMore} } }`,
			map[string]any{"pagination": map[string]any{"page": 1, "pageSize": 50}, "options": map[string]any{}}, []string{`"pageInfo":{"page":1,"pageSize":50,"hasMore":false}`}},
	}
	for i, doc := range documents {
		variables := map[string]any{}
		for name, value := range doc.variables { // a strict server refuses variables that the document does not declare
			if strings.Contains(doc.document, "$"+name) {
				variables[name] = value
			}
		}
		documents[i].variables = variables
	}
	return documents
}

// Documents of public clients are answered.
func TestDocumentsOfPublicClients(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	for _, doc := range d.documents() {
		t.Run(doc.name, func(t *testing.T) {
			t.Parallel()
			r := d.exec(doc.document, doc.variables)
			if r.status != 200 || len(r.Errors) > 0 {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			for _, part := range doc.contains {
				if !strings.Contains(r.body, part) {
					t.Errorf("the response lacks %s:\n%s", part, r.body)
				}
			}
		})
	}
}

// n8n returns a document of the public client for n8n. The benchmark of package main sends them to a server.
func n8n(name string) string {
	document, err := os.ReadFile("testdata/n8n/" + name + ".graphql")
	if err != nil {
		panic(err)
	}
	return string(document)
}

// mistakes are documents of public clients that the provider refuses.
func (d *practiceDay) mistakes() map[string]string {
	return map[string]string{
		"login":                         `mutation { login(email: "a", password: "b"){ token expiresAt } }`,
		"nodes":                         `{ patients(first: 10, offset: 0){ nodes{ dateOfBirth phone } totalCount } }`,
		"appointment":                   `{ appointment(id: "x"){ startTime practitionerId } }`,
		"edges":                         `{ patients(first: 1){ edges { node { id } } } }`,
		"appointments":                  `{ appointments(patientId: "x"){data{id date time status}} }`,
		"prescriptions of a patient":    `{ prescriptions(patientId: "x"){data{id medication dosage issuedAt}} }`,
		"unknown fields of a patient":   `{ patients{data{phoneNumber dateOfBirth}} }`,
		"the title of a label":          `{ patient(id: "` + d.ada.ID() + `"){ labels{title} } }`,
		"whether a product was deleted": `{ products{data{deleted}} }`,
	}
}

// Documents and requests of public clients that the provider refuses.
func TestMistakesOfPublicClients(t *testing.T) {
	t.Parallel()
	d := newPracticeDay(t, Options{})
	for name, document := range d.mistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.exec(document, nil)
			if r.status != 400 || len(r.Errors) == 0 || r.Errors[0].Extensions.Code != codeValidationFailed || r.Data != nil {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		})
	}
	t.Run("bearer", func(t *testing.T) {
		t.Parallel()
		r := d.post(map[string]any{"query": `{ practice { id } }`}, "Authorization: Bearer "+testToken)
		if r.status != 401 || !strings.Contains(string(r.body), `"code":"UNAUTHENTICATED"`) {
			t.Errorf("status %d: %s", r.status, r.body)
		}
	})
	t.Run("the System number as an id", func(t *testing.T) {
		t.Parallel()
		r := d.exec(`{ patient(id: "7O5PO1H46J") { id } }`, nil)
		if r.status != 200 || len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, `Cast to ObjectId failed for value "7O5PO1H46J"`) || string(r.Data["patient"]) != "null" {
			t.Errorf("status %d: %s", r.status, r.body)
		}
	})
}

// The documents are answered, and refused, when a published client sends them. The reference implementation of GraphQL has
// the same opinion of them.
func TestDocumentsWithAClientFromNpm(t *testing.T) {
	t.Parallel()
	node := nodeWithClient(t)
	d := newPracticeDay(t, Options{})
	type document struct {
		Document  string         `json:"document"`
		Variables map[string]any `json:"variables"`
	}
	var documents []document
	for _, doc := range d.documents() {
		documents = append(documents, document{doc.document, doc.variables})
	}
	answered := len(documents)
	for _, doc := range d.mistakes() {
		documents = append(documents, document{Document: doc})
	}
	input, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), node, "read.mjs")
	c.Dir, c.Stdin = provisioningFolder, bytes.NewReader(input)
	c.Env = append(os.Environ(), "PROVIDER_URL="+d.url, "PROVIDER_TOKEN="+testToken)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var results []struct {
		Valid  bool
		Data   any
		Status int
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(documents) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, r := range results {
		if valid := i < answered; r.Valid != valid || (r.Data != nil) != valid || !valid && r.Status != 400 {
			t.Errorf("%s: %+v", documents[i].Document, r)
		}
	}
}
