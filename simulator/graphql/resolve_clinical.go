package graphql

import "semblance/simulator/journal"

// The resolvers of the clinical records. Their embedded types have the fields of the record itself, and source has those of
// the records that it is related to.

type letterResolver struct {
	Letter
	*source
}

func newLetter(s *source) *letterResolver { return &letterResolver{*letterOf(s), s} }

type labResolver struct {
	Lab
	*source
}

func newLab(s *source) *labResolver { return &labResolver{*labOf(s), s} }

type prescriptionResolver struct {
	Prescription
	*source
}

func newPrescription(s *source) *prescriptionResolver {
	return &prescriptionResolver{*prescriptionOf(s), s}
}

type patientDocumentResolver struct {
	PatientDocument
	*source
}

func newPatientDocument(s *source) *patientDocumentResolver {
	return &patientDocumentResolver{*patientDocumentOf(s), s}
}

type consultationResolver struct {
	Consultation
	*source
}

func newConsultation(s *source) *consultationResolver {
	return &consultationResolver{*consultationOf(s), s}
}

// DoctorName returns the name of the doctor.
func (r *consultationResolver) DoctorName() *string { return r.source.DoctorName() }

type episodeResolver struct {
	Episode
	*source
}

func newEpisode(s *source) *episodeResolver { return &episodeResolver{*episodeOf(s), s} }

// Type returns PATHWAYS if the episode has a pathway, and otherwise SIMPLE.
func (r *episodeResolver) Type() string {
	for _, p := range r.r.everything(journal.RecordQuery{Kinds: []string{"pathway"}, Patient: r.related["patient"]}) {
		if p.related["episode"] == r.id {
			return "PATHWAYS"
		}
	}
	return "SIMPLE"
}

// Practice returns the practice.
func (r *episodeResolver) Practice() *practiceResolver { return r.r.practiceResolver() }

// PracticeID returns the id of the practice.
func (r *episodeResolver) PracticeID() *string {
	if s := r.r.practiceSource(); s != nil {
		return &s.id
	}
	return nil
}
