package graphql

import (
	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// invoiceKinds are the kinds of records that the API shows as invoices.
var invoiceKinds = []string{"invoice", "paymentOnAccount"}

type invoiceResolver struct {
	Invoice
	*source
}

func newInvoice(s *source) *invoiceResolver { return &invoiceResolver{*invoiceOf(s), s} }

// Doctor returns the doctor that an application gave, if the token may see users. An invoice of the clinic has none.
func (i *invoiceResolver) Doctor() *userResolver {
	if i.values["doctorId"] == "" {
		return nil
	}
	i.r.must(provider.SeeUsers)
	return i.r.user(i.values["doctorId"])
}

// PatientTitle returns the title of the patient.
func (i *invoiceResolver) PatientTitle() *string {
	if p := i.Patient(); p != nil {
		return p.Title
	}
	return nil
}

// PatientDob returns the date of birth of the patient.
func (i *invoiceResolver) PatientDob() *Date {
	if p := i.Patient(); p != nil {
		return p.Dob
	}
	return nil
}

// Location returns the name of the room that an application gave, else of that of the booking, or null.
func (i *invoiceResolver) Location() *string {
	id := i.values["locationId"]
	if booking := i.r.find("booking", i.related["booking"]); id == "" && booking != nil {
		id = booking.related["location"]
	}
	if room := i.r.find("location", id); room != nil {
		return room.text("name")
	}
	return nil
}

type productResolver struct {
	Product
	*source
}

func newProduct(s *source) *productResolver { return &productResolver{*productOf(s), s} }

// Labels returns the labels.
func (p *productResolver) Labels() *[]*ProductLabel { return labels(p.source, productLabelOf) }

type practiceResolver struct {
	Practice
	*source
}

// practiceResolver returns the practice, or nil if the clinic has no record of it.
func (r *reader) practiceResolver() *practiceResolver {
	s := r.practiceSource()
	if s == nil {
		return nil
	}
	return &practiceResolver{Practice{ID: graphql.ID(s.id), Name: s.text("name"), Timezone: new(timezone)}, s}
}

// practiceSource returns the record of the practice, or nil.
func (r *reader) practiceSource() *source {
	r.mu.Lock()
	practice := r.practice
	r.mu.Unlock()
	if practice == nil {
		if all, _, _ := r.query(journal.RecordQuery{Kinds: []string{"practice"}, Limit: 1}); len(all) > 0 {
			practice = all[0]
		}
		r.mu.Lock()
		r.practice = practice
		r.mu.Unlock()
	}
	return practice
}

// Locations returns the rooms.
func (p *practiceResolver) Locations() *[]*PracticeLocation {
	return objects(p.r.everything(journal.RecordQuery{Kinds: []string{"location"}}), practiceLocation)
}

// practiceLocation returns a room.
func practiceLocation(room *source) *PracticeLocation {
	return practiceLocationOf(room, room.r.find("locationGroup", room.related["locationGroup"]), room.r.practiceSource())
}

// numberNames are the names of the numbers that patients of the clinic have.
var numberNames = []string{systemNumber, nhsNumber, "Hospital number", "Insurance number", "Membership number"}

// PracticeNumbers returns the definitions of the numbers.
func (p *practiceResolver) PracticeNumbers() *[]*PracticeNumbers {
	all := make([]*PracticeNumbers, len(numberNames))
	for i, name := range numberNames {
		all[i] = &PracticeNumbers{ID: derivedID(p.id, name), Name: &name, Deleted: new(false)}
	}
	return &all
}
