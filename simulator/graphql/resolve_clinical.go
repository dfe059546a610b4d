package graphql

import (
	"context"

	"semblance/simulator/journal"
)

// letterResolver resolves a Letter.
type letterResolver struct {
	Letter
	s *source
}

func newLetter(s *source) *letterResolver { return &letterResolver{*letterOf(s), s} }

// Patient returns the patient.
func (r *letterResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, r.s.related["patient"])
}

// Doctor returns the doctor.
func (r *letterResolver) Doctor(ctx context.Context) (*userResolver, error) {
	return user(ctx, r.s.related["doctor"])
}

// labResolver resolves a Lab.
type labResolver struct {
	Lab
	s *source
}

func newLab(s *source) *labResolver { return &labResolver{*labOf(s), s} }

// Patient returns the patient.
func (r *labResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, r.s.related["patient"])
}

// Doctor returns the doctor.
func (r *labResolver) Doctor(ctx context.Context) (*userResolver, error) {
	return user(ctx, r.s.related["doctor"])
}

// prescriptionResolver resolves a Prescription.
type prescriptionResolver struct {
	Prescription
	s *source
}

func newPrescription(s *source) *prescriptionResolver {
	return &prescriptionResolver{*prescriptionOf(s), s}
}

// Patient returns the patient.
func (r *prescriptionResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, r.s.related["patient"])
}

// Doctor returns the doctor.
func (r *prescriptionResolver) Doctor(ctx context.Context) (*userResolver, error) {
	return user(ctx, r.s.related["doctor"])
}

// patientDocumentResolver resolves a PatientDocument.
type patientDocumentResolver struct {
	PatientDocument
	s *source
}

func newPatientDocument(s *source) *patientDocumentResolver {
	return &patientDocumentResolver{*patientDocumentOf(s), s}
}

// Patient returns the patient.
func (r *patientDocumentResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, r.s.related["patient"])
}

// consultationResolver resolves a Consultation.
type consultationResolver struct {
	Consultation
	s *source
}

func newConsultation(s *source) *consultationResolver {
	return &consultationResolver{*consultationOf(s), s}
}

// DoctorName returns the name of the doctor.
func (r *consultationResolver) DoctorName(ctx context.Context) (*string, error) {
	return doctorName(ctx, r.s)
}

// episodeResolver resolves an Episode.
type episodeResolver struct {
	Episode
	s *source
}

func newEpisode(s *source) *episodeResolver { return &episodeResolver{*episodeOf(s), s} }

// Patient returns the patient.
func (r *episodeResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, r.s.related["patient"])
}

// Type returns PATHWAYS if the episode has a pathway, and otherwise SIMPLE.
func (r *episodeResolver) Type(ctx context.Context) (string, error) {
	pathways, err := readerOf(ctx).everything(ctx, journal.RecordQuery{Kinds: []string{"pathway"}, Patient: r.s.related["patient"]})
	for _, p := range pathways {
		if p.related["episode"] == r.s.id {
			return "PATHWAYS", nil
		}
	}
	return "SIMPLE", err
}

// Practice returns the practice.
func (r *episodeResolver) Practice(ctx context.Context) (*practiceResolver, error) {
	return practice(ctx)
}

// PracticeID returns the id of the practice.
func (r *episodeResolver) PracticeID(ctx context.Context) (*string, error) {
	s, err := practiceSource(ctx)
	if err != nil || s == nil {
		return nil, err
	}
	return &s.id, nil
}

// CreatedBy returns null: the clinic does not record it.
func (r *episodeResolver) CreatedBy() *userResolver { return nil }
