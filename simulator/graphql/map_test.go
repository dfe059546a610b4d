package graphql

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"semblance/simulator/journal"
)

// made is the time of creation of the records of these tests.
var made = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

// newSource returns a record with values, given as "name=value".
func newSource(kind string, values ...string) *source {
	s := &source{id: "6a1c3b805d8a7cc3ed5790e8", kind: kind, created: made, updated: made, related: map[string]string{}, values: map[string]string{}}
	for _, v := range values {
		name, value, _ := strings.Cut(v, "=")
		s.values[name] = value
	}
	return s
}

// textual returns a value as JSON, for comparisons.
func textual(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPayments(t *testing.T) {
	t.Parallel()
	const at = "2026-06-02T10:00:00Z"
	for _, test := range []struct {
		status                                 string
		moments                                []string
		outstanding                            string
		payments                               []string // amount and day
		refunded                               float64
		paidOrOutstanding, status2, refundedOn string
	}{
		{"unpaid", nil, "101.01", nil, 0, "Outstanding", "active", ""},
		{"partiallyPaid", []string{"partlyPaidAt=" + at}, "50.50", []string{"50.51 2026-06-02"}, 0, "Outstanding", "active", ""},
		{"partiallyPaid", nil, "50.50", []string{"50.51 2026-06-01"}, 0, "Outstanding", "active", ""},
		{"paid", []string{"paidAt=2026-06-03T00:00:00Z"}, "0.00", []string{"101.01 2026-06-03"}, 0, "Paid", "active", ""},
		{"paid", []string{"partlyPaidAt=" + at, "paidAt=2026-06-03T00:00:00Z"}, "0.00", []string{"50.51 2026-06-02", "50.5 2026-06-03"}, 0, "Paid", "active", ""},
		{"refunded", []string{"partlyPaidAt=" + at, "refundedAt=2026-06-04T00:00:00Z"}, "0.00", []string{"50.51 2026-06-02"}, 50.51, "Paid", "active", "2026-06-04"},
		{"refunded", nil, "0.00", []string{"101.01 2026-06-01"}, 101.01, "Paid", "active", "2026-06-01"},
	} {
		i := invoiceOf(newSource("invoice", append(test.moments, "status="+test.status, "total=101.01", "outstanding="+test.outstanding, "issuedOn=2026-06-01", "lineItems=2")...))
		var payments []string
		for _, p := range *i.Payments {
			payments = append(payments, fmt.Sprintf("%v %s", *p.PaymentAmount, p.PaymentDate.Format(time.DateOnly)))
		}
		if fmt.Sprint(payments) != fmt.Sprint(test.payments) || *i.Refunded != test.refunded || *i.PaidOrOutstanding != test.paidOrOutstanding || *i.Status != test.status2 {
			t.Errorf("%s %v: payments %v, refunded %v, %s, %s", test.status, test.moments, payments, *i.Refunded, *i.PaidOrOutstanding, *i.Status)
		}
		for _, r := range *i.Refunds {
			if r.RefundDate.Format(time.DateOnly) != test.refundedOn {
				t.Errorf("%s: refunded on %v", test.status, r.RefundDate)
			}
		}
	}
	deleted := newSource("invoice", "total=10.00", "outstanding=10.00")
	deleted.deleted = true
	if i := invoiceOf(deleted); *i.Status != "cancelled" || *i.PaidOrOutstanding != "Void" {
		t.Errorf("deleted: %s, %s", *i.Status, *i.PaidOrOutstanding)
	}
}

func TestLineItems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []string
		want   string
	}{
		{[]string{"total=100.00", "lineItems=3"}, "[33.34 33.33 33.33]"},
		{[]string{"total=100.00", "lineItems=2", "prices=20.00 80.00"}, "[20 80]"},
		{[]string{"total=100.00", "lineItems=2", "prices=20.00 10.00"}, "[50 50]"}, // prices that do not add up are ignored
		{[]string{"total=0.00", "lineItems=0"}, "[]"},
		{nil, "[]"},
	} {
		prices := []float64{}
		for _, item := range *invoiceOf(newSource("invoice", test.values...)).LineItems {
			prices = append(prices, *item.Total)
		}
		if got := fmt.Sprint(prices); got != test.want {
			t.Errorf("%v: %s, want %s", test.values, got, test.want)
		}
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	relative := newSource("patient", "firstName=Grace", "lastName=Hopper", "phone=07700 900001")
	for _, test := range []struct {
		name string
		got  any
		want string // part of the JSON
	}{
		{"membership none", patientOf(newSource("patient", "membership=none")), `"membershipName":null`},
		{"membership", patientOf(newSource("patient", "membership=family")), `"membershipName":"family"`},
		{"archived", patientOf(newSource("patient", "status=archived")), `"archived":true`},
		{"address", patientOf(newSource("patient", "street=1 High Street", "town=Bath", "postcode=BA1 1AA")), `"address":{"address":"1 High Street","city":"Bath","postcode":"BA1 1AA","country":"GB"}`},
		{"no address", patientOf(newSource("patient")), `"address":null`},
		{"phone", phoneOf(newSource("phone", "label=work", "number=07700 900002")), `"phoneType":"Office","phoneNumber":"07700 900002"`},
		{"relationship", relationshipOf(newSource("relationship", "relation=mother"), relative), `"relationshipType":"PARENT_GUARDIAN","relationshipLabel":"mother","deleted":false,"contactDetails":{"relatedAccountId":"` + relative.id},
		{"relationship to nobody", relationshipOf(newSource("relationship", "relation=carer"), nil), `"relationshipType":"OTHER","relationshipLabel":"carer","deleted":false,"contactDetails":null`},
		{"letter", letterOf(newSource("letter", "status=AWAITING_REVIEW", "writtenOn=2026-06-01")), `"reviewStatus":"AWAITING_REVIEW"`},
		{"lab", labOf(newSource("lab", "test=HbA1c", "resultsAddedAt=2026-06-02T08:00:00Z")), `"resultsReceivedAt":"2026-06-02T08:00:00.000Z","testList":"HbA1c"`},
		{"prescription", prescriptionOf(newSource("prescription", "medicine=Ramipril", "dose=one daily", "quantity=28", "orderedAt=2026-06-02T08:00:00Z")), `"date":"2026-06-01T08:00:00.000Z"`},
		{"ordered", prescriptionOf(newSource("prescription", "orderedAt=2026-06-02T08:00:00Z")), `"orders":[{"status":"SENT","provider":null}]`},
		{"document", patientDocumentOf(newSource("patientDocument", "name=Scan report 2026-01-01.pdf")), `"title":"Scan report 2026-01-01"`},
		{"type of a document", patientDocumentOf(newSource("patientDocument", "name=a.pdf")), `"type":"application/pdf"`},
		{"summer booking", bookingOf(newSource("booking", "start=2026-06-08T09:00:00Z", "end=2026-06-08T09:20:00Z")), `"start":"2026-06-08T10:00:00.000Z","end":"2026-06-08T10:20:00.000Z"`},
		{"winter booking", bookingOf(newSource("booking", "start=2026-12-08T09:00:00Z", "end=2026-12-08T09:20:00Z")), `"start":"2026-12-08T09:00:00.000Z"`},
		{"journey", bookingOf(newSource("booking", "arrivedAt=2026-06-08T09:00:00Z", "noShowAt=2026-06-08T09:30:00Z")), `"bookingJourney":{"arrived":"2026-06-08T09:00:00.000Z","consultation":null,"departed":null,"dna":"2026-06-08T09:30:00.000Z"}`},
		{"recurring rule", availabilityOf(newSource("resourceAvailability", "use=recurring", "weekday=Monday", "date=2026-06-08", "from=08:00", "to=12:30", "rule=available")),
			`"recurrence":{"frequency":"WEEKLY","interval":1,"daysOfTheWeek":["MONDAY"]},"exclusions":[],"startDate":"2026-06-08","endDate":null,"startTime":"09:00","endTime":"13:30"`},
		{"rule for a day", availabilityOf(newSource("resourceAvailability", "date=2026-01-08", "from=08:00", "to=12:30", "rule=unavailable")), `"unavailability":true`},
		{"recurring setting", availabilitySettingOf(newSource("availability", "use=recurring", "date=2026-01-06", "from=08:00", "to=12:00")), `"startTime":"2026-01-06T08:00:00.000Z","endTime":"2026-01-06T12:00:00.000Z","day":2,"date":null,"blocker":false`},
		{"setting for a day", availabilitySettingOf(newSource("availability", "use=blocker", "date=2026-01-06", "from=08:00", "to=12:00")), `"day":null,"date":"2026-01-06T00:00:00.000Z","blocker":true`},
		{"shared invoice", sharingOf(newSource("invoice", "sharedAt=2026-06-02T08:00:00Z", "number=542363")), `"title":"Invoice 542363","type":"invoice","sharedAt":"2026-06-02T08:00:00.000Z"`},
		{"shared letter", sharingOf(newSource("letter", "sharedAt=2026-06-02T08:00:00Z", "subject=Referral")), `"title":"Referral","type":"letter"`},
		{"not shared", sharingOf(newSource("letter", "subject=Referral")), `null`},
		{"payment on account", invoiceOf(newSource("paymentOnAccount", "amount=200.00", "method=card", "receivedOn=2026-06-01")), `"type":"paymentOnAccount"`},
		{"unreadable numbers", productOf(newSource("product", "price=much", "stock=1e3")), `"stockLevel":null,"price":null`},
	} {
		if got := textual(t, test.got); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestLabelIDs(t *testing.T) {
	t.Parallel()
	patient, label := newSource("patient"), newSource("label", "name=VIP", "colour=red")
	label.id = "6a1c3b8000000000000000aa"
	if l := patientLabelOf(patient, label, LabelIDsAreReferences); string(l.ReferenceID) != label.id || string(l.ID) == label.id {
		t.Errorf("%+v", l)
	}
	if l := productLabelOf(patient, label, LabelIDsAreRows); string(l.ID) != label.id || string(l.ReferenceID) == label.id {
		t.Errorf("%+v", l)
	}
}

func TestSourceOfMalformedRecords(t *testing.T) {
	t.Parallel()
	for _, values := range []string{``, `[]`, `{"values":{"a":1}}`, `{`} {
		if s, err := sourceOf(&journal.ClinicRecord{ID: "x", RecordKind: "patient", Values: []byte(values)}); err == nil {
			t.Errorf("%s is %+v", values, s)
		}
	}
}
