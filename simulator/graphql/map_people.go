package graphql

import (
	"cmp"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// patientOf returns the fields of a patient that do not come from other records.
func patientOf(s *source) *Patient {
	archived := s.values["status"] == "archived"
	p := &Patient{
		ID: graphql.ID(s.id), Status: s.text("status"), Archived: &archived,
		Title: s.text("title"), FirstName: s.text("firstName"), LastName: s.text("lastName"), FullName: textOrNil(fullName(s)),
		Dob: s.date("dateOfBirth"), Sex: s.text("sex"), Email: s.text("email"), Address: addressOf(s),
		AccessGroups: &[]*PatientAccessGroup{},
		CreatedAt:    dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
	p.BirthSurname, p.BirthName, p.BirthNames = s.text("birthSurname"), s.text("birthName"), s.text("birthNames")
	p.SocialSecurityNumber, p.Gender, p.PaymentReference, p.Comments = s.text("socialSecurityNumber"), s.text("gender"), s.text("paymentReference"), s.text("comments")
	p.CommunicationPreferences = preferencesOf(s)
	if membership := s.values["membership"]; membership != "none" {
		p.MembershipName = textOrNil(membership)
	}
	return p
}

// preferencesOf returns the communication preferences that an application gave, or nil. The clinic has none.
func preferencesOf(s *source) *CommunicationPreferences {
	given := false
	choice := func(name string) *bool {
		if s.values[name] == "" {
			return nil
		}
		given = true
		return new(s.values[name] == "true")
	}
	c := &CommunicationPreferences{
		ReceiveEmail: choice("receiveEmail"), ReceiveSMS: choice("receiveSMS"), PromotionalMarketing: choice("promotionalMarketing"), PaymentReminders: choice("paymentReminders"),
	}
	if response := s.text("privacyPolicy"); response != nil {
		c.PrivacyPolicy, given = &PrivacyPolicy{Response: response}, true
	}
	if !given {
		return nil
	}
	return c
}

// fullName returns the first and the last name, or "".
func fullName(s *source) string {
	return strings.TrimSpace(s.values["firstName"] + " " + s.values["lastName"])
}

// titledName returns the name of a doctor as other records show it, or "".
func titledName(s *source) string { return strings.TrimSpace(s.values["title"] + " " + fullName(s)) }

// addressOf returns the address of a person or a practice, or nil. Its country is an ISO 3166 code.
func addressOf(s *source) *Address {
	if s.values["street"] == "" && s.values["postcode"] == "" {
		return nil
	}
	return &Address{Address: s.text("street"), City: s.text("town"), Postcode: s.text("postcode"), Country: new(cmp.Or(s.values["country"], "GB"))}
}

// phoneTypes are the provider's PhoneType for the labels of the clinic.
var phoneTypes = map[string]string{"mobile": "Mobile", "home": "Home", "work": "Office"}

// phoneOf returns a phone record of a patient.
func phoneOf(s *source) *Phone {
	return &Phone{PhoneID: new(graphql.ID(s.id)), PhoneType: textOrNil(phoneTypes[s.values["label"]]), PhoneNumber: s.text("number")}
}

// ownPhone returns the phone number in the record of a person, or nil.
func ownPhone(s *source) *Phone {
	if s.values["phone"] == "" {
		return nil
	}
	return &Phone{PhoneID: new(derivedID(s.id, "phone")), PhoneType: new(cmp.Or(s.values["phoneType"], "Mobile")), PhoneNumber: s.text("phone")}
}

// Names of numbers that a practice has for every patient.
const (
	systemNumber = "System" // which the staff see
	nhsNumber    = "NHS"
)

// ownNumbers returns the numbers in the record of a patient.
func ownNumbers(s *source) []*PatientNumber {
	numbers := []*PatientNumber{{ID: new(derivedID(s.id, systemNumber)), Name: new(systemNumber), Value: s.text("systemNumber")}}
	if number := s.values["nhsNumber"]; number != "" {
		numbers = append(numbers, &PatientNumber{ID: new(derivedID(s.id, nhsNumber)), Name: new(nhsNumber), Value: &number})
	}
	return numbers
}

// numberOf returns a number record of a patient.
func numberOf(s *source) *PatientNumber {
	return &PatientNumber{ID: new(graphql.ID(s.id)), Name: s.text("name"), Value: s.text("number")}
}

func customAttributeOf(s *source) *CustomAttribute {
	return &CustomAttribute{ID: new(graphql.ID(s.id)), Title: s.text("name"), Text: s.text("text")}
}

// relationshipTypes are the types of the relationships of the clinic.
var relationshipTypes = map[string]string{
	"mother": "PARENT_GUARDIAN", "father": "PARENT_GUARDIAN", "guardian": "PARENT_GUARDIAN",
	"partner": "SPOUSE_PARTNER", "sibling": "FAMILY", "carer": "OTHER",
}

// relationshipOf returns a relationship of a patient. relative is the related patient, or nil for another person.
func relationshipOf(s, relative *source) *PatientRelationship {
	r := &PatientRelationship{
		RelationshipID: new(graphql.ID(s.id)), RelationshipType: textOrNil(relationshipTypes[s.values["relation"]]),
		RelationshipLabel: s.text("relation"), Deleted: &s.deleted,
	}
	if relative != nil {
		phones := []*Phone{}
		if phone := ownPhone(relative); phone != nil {
			phones = append(phones, phone)
		}
		r.ContactDetails = &PatientRelationshipContact{
			RelatedAccountID: new(graphql.ID(relative.id)), Source: new("patient"), SourceID: new(graphql.ID(relative.id)),
			FirstName: relative.text("firstName"), LastName: relative.text("lastName"), Title: relative.text("title"), Phones: &phones,
			Email: relative.text("email"), Address: relative.text("street"), City: relative.text("town"), Postcode: relative.text("postcode"),
			Country: new("GB"), Name: textOrNil(fullName(relative)),
		}
	}
	return r
}

// labelRow returns the id of a label at a patient or a product, and the id of the label itself.
func labelRow(owner, label *source, o LabelIDs) (id, referenceID graphql.ID) {
	row := derivedID(owner.id, label.id)
	if o == LabelIDsAreRows {
		return graphql.ID(label.id), row
	}
	return row, graphql.ID(label.id)
}

func patientLabelOf(patient, label *source, o LabelIDs) *PatientLabel {
	l := &PatientLabel{Color: label.text("colour"), Text: label.text("name")}
	l.ID, l.ReferenceID = labelRow(patient, label, o)
	return l
}

// userOf returns the user of a doctor.
func userOf(s *source) *User {
	u := &User{
		ID: graphql.ID(s.id), Title: s.text("title"), FirstName: s.values["firstName"], LastName: s.values["lastName"], Email: s.values["email"],
		FullName: titledName(s), IsDoctor: new(true), Registration: s.text("gmcNumber"), Deleted: &s.deleted,
		Metadata: &[]*MetadataEntry{}, ServicesProvided: &[]*Product{},
		CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
	if speciality := s.values["speciality"]; speciality != "" {
		u.MedicalSpecialties = &[]*string{&speciality}
	}
	return u
}

func contactOf(s *source) *Contact {
	phones := []*Phone{}
	if phone := ownPhone(s); phone != nil {
		phones = append(phones, phone)
	}
	return &Contact{ID: graphql.ID(s.id), Phones: &phones, Metadata: &[]*MetadataEntry{}}
}
