package graphql

import (
	"path"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// letterOf returns the fields of a letter that do not come from other records.
func letterOf(s *source) *Letter {
	return &Letter{
		ID: graphql.ID(s.id), Deleted: &s.deleted, ReviewStatus: s.text("status"), Date: s.date("writtenOn"), Title: s.text("subject"),
		DateShared: s.time("sharedAt"), CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
}

// labOf returns the fields of a lab that do not come from other records.
func labOf(s *source) *Lab {
	return &Lab{
		ID: graphql.ID(s.id), Status: s.text("status"), RequestDate: s.date("requestedOn"), TestList: s.text("test"), ResultsReceivedAt: s.time("resultsAddedAt"),
		CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
}

// prescriptionOf returns the fields of a prescription that do not come from other records.
func prescriptionOf(s *source) *Prescription {
	p := &Prescription{
		ID: graphql.ID(s.id), Date: dateTimeOrNil(s.created), Status: s.text("status"), DateShared: s.time("sharedAt"),
		Drugs: &[]*PrescriptionDrug{}, Items: &[]*PrescriptionItem{}, Orders: &[]*PrescriptionOrder{},
	}
	if s.values["medicine"] != "" {
		p.Drugs = &[]*PrescriptionDrug{{Drug: s.text("medicine"), Dosage: s.text("dose"), Quantity: s.text("quantity")}}
	}
	if s.values["orderedAt"] != "" {
		p.Orders = &[]*PrescriptionOrder{{Status: new("SENT")}}
	}
	return p
}

// patientDocumentOf returns the fields of a document that do not come from other records.
func patientDocumentOf(s *source) *PatientDocument {
	name := s.values["name"]
	d := &PatientDocument{
		ID: graphql.ID(s.id), Name: s.text("name"), Title: textOrNil(strings.TrimSuffix(name, path.Ext(name))), Deleted: &s.deleted,
		DateCreated: dateTimeOrNil(s.created), DateModified: dateTimeOrNil(s.updated),
	}
	if path.Ext(name) == ".pdf" {
		d.Type = new("application/pdf")
	}
	return d
}

// consultationOf returns the fields of a consultation that do not come from other records.
func consultationOf(s *source) *Consultation {
	c := &Consultation{ID: graphql.ID(s.id), Patient: s.relatedID("patient"), Date: s.date("date"), QuestionnaireID: s.relatedID("questionnaire"), Deleted: &s.deleted}
	records := []*Record{}
	if s.values["reason"] != "" {
		records = append(records, &Record{
			ID: new(derivedID(s.id, "reason")), Deleted: &s.deleted, ConsultationID: new(s.id), Patient: s.relatedID("patient"), Title: new("Reason"),
			Term: s.text("reason"), Date: s.date("date"), CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
		})
	}
	c.Records = &records
	return c
}

func questionnaireOf(s *source) *Questionnaire {
	return &Questionnaire{ID: graphql.ID(s.id), Title: s.text("title"), Deleted: &s.deleted, CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated)}
}

// episodeOf returns the fields of an episode that do not come from other records.
func episodeOf(s *source) *Episode {
	e := &Episode{
		ID: graphql.ID(s.id), PatientID: textOrNil(s.related["patient"]), Title: s.values["title"], Type: "SIMPLE", StartDate: dayOf(s, "startedOn"),
		Labels: &[]EpisodeLabel{}, Deleted: &s.deleted, CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
	return e
}

// shareKinds are the kinds of records that a practice shares with a patient, by their PatientSharedDocumentKind.
var shareKinds = map[string]string{"invoice": "invoice", "letter": "letter", "prescription": "rx"}

// sharingOf returns the sharing of a record with its patient, or nil if it was not shared.
func sharingOf(s *source) *PatientDocumentSharing {
	at, kind := s.time("sharedAt"), shareKinds[s.kind]
	if at == nil || kind == "" {
		return nil
	}
	title := s.values["subject"] + s.values["medicine"]
	if s.kind == "invoice" {
		title = "Invoice " + strings.TrimPrefix(s.values["number"], "INV-")
	}
	return &PatientDocumentSharing{DocumentID: new(graphql.ID(s.id)), Title: textOrNil(title), Type: &kind, SharedAt: *at}
}
