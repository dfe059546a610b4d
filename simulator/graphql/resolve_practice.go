package graphql

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// invoiceKinds are the kinds of records that the API shows as invoices.
var invoiceKinds = []string{"invoice", "paymentOnAccount"}

// invoiceResolver resolves an Invoice.
type invoiceResolver struct {
	Invoice
	s *source
}

func newInvoice(s *source) *invoiceResolver { return &invoiceResolver{*invoiceOf(s), s} }

// Patient returns the patient.
func (i *invoiceResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, i.s.related["patient"])
}

// Doctor returns the doctor that an application gave, if the token may see users. An invoice of the clinic has none.
func (i *invoiceResolver) Doctor(ctx context.Context) (*userResolver, error) {
	if i.s.values["doctorId"] == "" {
		return nil, nil
	}
	if err := executionOf(ctx).may(provider.SeeUsers); err != nil {
		return nil, err
	}
	return user(ctx, i.s.values["doctorId"])
}

// PatientTitle returns the title of the patient.
func (i *invoiceResolver) PatientTitle(ctx context.Context) (*string, error) {
	p, err := i.Patient(ctx)
	if err != nil || p == nil {
		return nil, err
	}
	return p.Title, nil
}

// PatientDob returns the date of birth of the patient.
func (i *invoiceResolver) PatientDob(ctx context.Context) (*Date, error) {
	p, err := i.Patient(ctx)
	if err != nil || p == nil {
		return nil, err
	}
	return p.Dob, nil
}

// Location returns the name of the room that an application gave, else of that of the booking, or null.
func (i *invoiceResolver) Location(ctx context.Context) (*string, error) {
	id := i.s.values["locationId"]
	if id == "" {
		booking, err := readerOf(ctx).find(ctx, "booking", i.s.related["booking"])
		if err != nil || booking == nil {
			return nil, err
		}
		id = booking.related["location"]
	}
	room, err := readerOf(ctx).find(ctx, "location", id)
	if err != nil || room == nil {
		return nil, err
	}
	return room.text("name"), nil
}

// productResolver resolves a Product.
type productResolver struct {
	Product
	s *source
}

func newProduct(s *source) *productResolver { return &productResolver{*productOf(s), s} }

// Labels returns the labels.
func (p *productResolver) Labels(ctx context.Context) (*[]*ProductLabel, error) {
	return labels(ctx, p.s, productLabelOf)
}

// practiceResolver resolves the Practice.
type practiceResolver struct {
	Practice
	s *source
}

// practice returns the practice, or nil if the clinic has no record of it.
func practice(ctx context.Context) (*practiceResolver, error) {
	s, err := practiceSource(ctx)
	if err != nil || s == nil {
		return nil, err
	}
	p := &Practice{ID: graphql.ID(s.id), Name: s.text("name"), Timezone: new(timezone)}
	return &practiceResolver{*p, s}, nil
}

// Locations returns the rooms.
func (p *practiceResolver) Locations(ctx context.Context) (*[]*PracticeLocation, error) {
	rooms, err := readerOf(ctx).everything(ctx, journal.RecordQuery{Kinds: []string{"location"}})
	if err != nil {
		return nil, err
	}
	all := make([]*PracticeLocation, len(rooms))
	for i, room := range rooms {
		if all[i], err = practiceLocation(ctx, room.id); err != nil {
			return nil, err
		}
	}
	return &all, nil
}

// numberNames are the names of the numbers that patients of the clinic have.
var numberNames = []string{systemNumber, nhsNumber, "Hospital number", "Insurance number", "Membership number"}

// PracticeNumbers returns the definitions of the numbers.
func (p *practiceResolver) PracticeNumbers() *[]*PracticeNumbers {
	all := make([]*PracticeNumbers, len(numberNames))
	for i, name := range numberNames {
		all[i] = &PracticeNumbers{ID: derivedID(p.s.id, name), Name: &name, Deleted: new(false)}
	}
	return &all
}
