package graphql

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/provider"
)

// idArgs are the arguments of a query by id.
type idArgs struct{ ID graphql.ID }

// byID returns the object of the record of a kind with an id, or nil.
func byID[T any](ctx context.Context, id graphql.ID, model, kind string, object func(*source) *T) (*T, error) {
	lower, err := parseID(id, model)
	if err != nil {
		return nil, err
	}
	if s := readerOf(ctx).find(kind, lower); s != nil {
		return object(s), nil
	}
	return nil, nil
}

// Patient returns a patient.
func (q *resolver) Patient(ctx context.Context, args idArgs) (*patientResolver, error) {
	id, err := parseID(args.ID, "Patient")
	if err != nil {
		return nil, err
	}
	return readerOf(ctx).patient(id), nil
}

// Booking returns a booking, which may be deleted.
func (q *resolver) Booking(ctx context.Context, args idArgs) (*bookingResolver, error) {
	return byID(ctx, args.ID, "Booking", "booking", newBooking)
}

// Invoice returns an invoice or a payment on account.
func (q *resolver) Invoice(ctx context.Context, args idArgs) (*invoiceResolver, error) {
	for _, kind := range invoiceKinds {
		if i, err := byID(ctx, args.ID, "Invoice", kind, newInvoice); err != nil || i != nil {
			return i, err
		}
	}
	return nil, nil
}

// Letter returns a letter, which may be deleted.
func (q *resolver) Letter(ctx context.Context, args idArgs) (*letterResolver, error) {
	return byID(ctx, args.ID, "Letter", "letter", newLetter)
}

// Lab returns a lab.
func (q *resolver) Lab(ctx context.Context, args idArgs) (*labResolver, error) {
	return byID(ctx, args.ID, "Lab", "lab", newLab)
}

// Prescription returns a prescription.
func (q *resolver) Prescription(ctx context.Context, args idArgs) (*prescriptionResolver, error) {
	return byID(ctx, args.ID, "Prescription", "prescription", newPrescription)
}

// PatientDocument returns a document, which may be deleted.
func (q *resolver) PatientDocument(ctx context.Context, args idArgs) (*patientDocumentResolver, error) {
	return byID(ctx, args.ID, "PatientDocument", "patientDocument", newPatientDocument)
}

// Product returns a product.
func (q *resolver) Product(ctx context.Context, args idArgs) (*productResolver, error) {
	return byID(ctx, args.ID, "Product", "product", newProduct)
}

// Questionnaire returns a form.
func (q *resolver) Questionnaire(ctx context.Context, args idArgs) (*Questionnaire, error) {
	return byID(ctx, args.ID, "Questionnaire", "questionnaire", questionnaireOf)
}

// Consultation returns a consultation of a patient.
func (q *resolver) Consultation(ctx context.Context, args struct {
	PatientID      graphql.ID
	ConsultationID string
}) (*consultationResolver, error) {
	patientID, err := parseID(args.PatientID, "Patient")
	if err != nil {
		return nil, err
	}
	c, err := byID(ctx, graphql.ID(args.ConsultationID), "Consultation", "consultation", newConsultation)
	if err != nil || c == nil || c.related["patient"] != patientID {
		return nil, err
	}
	return c, nil
}

// User returns a user, if the token may see users.
func (q *resolver) User(ctx context.Context, args idArgs) (*userResolver, error) {
	if err := executionOf(ctx).may(provider.SeeUsers); err != nil {
		return nil, err
	}
	return byID(ctx, args.ID, "User", "doctor", newUser)
}

// Episode returns an episode.
func (q *resolver) Episode(ctx context.Context, args idArgs) (*episodeResolver, error) {
	return byID(ctx, args.ID, "Episode", "episode", newEpisode)
}

// AvailabilityRule returns a rule of the newer appointment system.
func (q *resolver) AvailabilityRule(ctx context.Context, args struct{ Data QueryAvailabilityRuleInput }) (*rulePayload, error) {
	rule, err := byID(ctx, args.Data.ID, "ResourceAvailability", "resourceAvailability", func(s *source) *ruleResolver {
		return &ruleResolver{*availabilityOf(s), s}
	})
	if err != nil || rule == nil {
		return &rulePayload{}, err
	}
	return &rulePayload{rule}, nil
}

// Practice returns the practice.
func (q *resolver) Practice(ctx context.Context) *practiceResolver {
	return readerOf(ctx).practiceResolver()
}
