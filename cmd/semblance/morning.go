package main

import (
	"fmt"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
)

// The morning of the demo, as data: who and what is there, and what happens. {name} in a sentence is the name of that
// record, as the clinic drew it.

// castMember is a record that is there from the start and has sent nothing yet.
type castMember struct{ name, kind, relations string }

var morningCast = []castMember{
	{"doctor", "doctor", ""},
	{"ada", "patient", ""}, {"ben", "patient", ""}, {"cleo", "patient", ""}, {"twin", "patient", ""},
	{"rule", "resourceAvailability", "doctor=doctor"},
	{"visit", "booking", "patient=ada doctor=doctor"},
	{"missed", "booking", "patient=ben doctor=doctor"},
	{"moved", "booking", "patient=cleo doctor=doctor"},
	{"slot", "booking", ""},
	{"phone", "phone", "patient=ada"},
	{"answers", "questionnaire", "patient=ada"},
	{"care", "episode", "patient=ada"},
	{"twin-care", "episode", "patient=twin"},
	{"way", "pathway", "patient=ada episode=care"},
	{"blood", "lab", "patient=ada doctor=doctor"},
	{"tablets", "prescription", "patient=ada doctor=doctor"},
	{"letter", "letter", "patient=ada doctor=doctor"},
	{"scan", "patientDocument", "patient=ada"},
	{"report", "clinicalReport", "patient=ada"},
	{"bill", "invoice", "patient=ada"},
	{"deposit", "paymentOnAccount", "patient=cleo"},
	{"bill-two", "invoice", "patient=cleo"},
	{"stock", "product", ""},
	{"wing", "locationGroup", ""}, {"room-a", "location", "locationGroup=wing"}, {"room-b", "location", "locationGroup=wing"},
}

// beat is one thing that happens. Its action may cause several events.
type beat struct {
	at     string
	says   string // "" goes on with the beat before
	action string
	about  string // role=name, or the sole name
}

var morning = []beat{
	{"08:00", "The practice opens: {doctor} will be in until noon", "add-rule", "rule"},
	{"08:05", "{ada} is new here", "register", "ada"},
	{"", "", "add-phone", "phone"},
	{"08:10", "{ada} books with {doctor}", "book", "visit"},
	{"", "and fills in a form before the visit", "answer-questionnaire", "answers"},
	{"08:15", "{ben} and {cleo} are booked by telephone", "register", "ben"},
	{"", "", "register", "cleo"},
	{"", "", "book", "missed"},
	{"", "", "book", "moved"},
	{"08:20", "A slot is kept free: a booking without a patient and a doctor", "book", "slot"},
	{"08:40", "{cleo} asks for another day", "reschedule", "moved"},
	{"08:55", "{ada} arrives", "arrive", "visit"},
	{"09:00", "and is called in", "start-consultation", "visit"},
	{"", "An episode of care is opened, with a pathway", "open-episode", "care"},
	{"", "", "start-pathway", "way"},
	{"", "", "assign-booking", "pathway=way booking=visit"},
	{"", "One change, two events: the metadata of the pathway", "change-metadata", "way"},
	{"09:15", "{doctor} asks for a blood test", "request-lab", "blood"},
	{"", "and prescribes", "prescribe", "tablets"},
	{"", "", "order-prescription", "tablets"},
	{"", "", "change-stock", "stock"},
	{"09:30", "{ada} leaves", "complete", "visit"},
	{"", "and is billed", "invoice", "bill"},
	{"", "", "add-line-items", "bill"},
	{"", "", "share-invoice", "bill"},
	{"", "", "pay", "bill"},
	{"09:45", "{ben} does not come", "no-show", "missed"},
	{"10:10", "{cleo} pays a deposit, and part of a bill", "take-payment", "deposit"},
	{"", "", "invoice", "bill-two"},
	{"", "", "pay-part", "bill-two"},
	{"10:30", "The results are in", "add-results", "blood"},
	{"", "A letter about them is written, reviewed and shared", "write-letter", "letter"},
	{"", "", "review-letter", "letter"},
	{"", "", "share-letter", "letter"},
	{"", "", "upload-document", "scan"},
	{"", "One change, two events: a report is submitted", "submit-report", "report"},
	{"11:00", "{twin} turns out to be {ada} under a former name: the records are merged", "open-episode", "twin-care"},
	{"", "", "merge", "source=twin target=ada"},
	{"11:30", "A wing is closed, with its rooms", "delete-location-group", "wing"},
	{"11:45", "The slot is given up", "cancel", "slot"},
}

// happening is a beat that was played: its sentence, and the events that it caused.
type happening struct {
	at, says string
	changes  []schemas.Event
}

// playMorning plays the morning in a clinic and returns what happened.
func playMorning(clinic *fixtures.Clinic) ([]happening, error) {
	cast := map[string]*fixtures.Record{}
	for _, m := range morningCast {
		r, err := clinic.Add(m.kind, castOf(cast, m.relations))
		if err != nil {
			return nil, fmt.Errorf("cast %s: %w", m.name, err)
		}
		cast[m.name] = r
	}
	var names []string
	for name, r := range cast {
		names = append(names, "{"+name+"}", nameOf(r))
	}
	replace := strings.NewReplacer(names...)
	all := make([]happening, 0, len(morning))
	for _, b := range morning {
		changes, err := clinic.Do(b.action, castOf(cast, b.about))
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", b.at, b.action, err)
		}
		all = append(all, happening{b.at, replace.Replace(b.says), changes})
	}
	return all, nil
}

// castOf reads "role=name role=name", or a name alone.
func castOf(cast map[string]*fixtures.Record, text string) map[string]*fixtures.Record {
	about := map[string]*fixtures.Record{}
	for _, word := range strings.Fields(text) {
		role, name, named := strings.Cut(word, "=")
		if !named {
			role, name = "", word
		}
		about[role] = cast[name]
	}
	return about
}

func nameOf(r *fixtures.Record) string {
	return strings.TrimSpace(r.Value("title") + " " + r.Value("firstName") + " " + r.Value("lastName"))
}
