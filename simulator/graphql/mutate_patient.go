package graphql

import (
	"context"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

// createPatientArgs are the arguments of createPatient.
type createPatientArgs struct {
	Title, First, Last, Email                                             *string
	Dob                                                                   *Date
	Gender, Sex, Address, City, Postcode, Country, PhoneType, PhoneNumber *string
	PatientData                                                           *CreatePatientDataInput
}

// data returns the patient data, from whichever form of the arguments is used.
func (a *createPatientArgs) data() (*CreatePatientDataInput, error) {
	old := CreatePatientDataInput{
		Title: a.Title, First: a.First, Last: a.Last, Email: a.Email, Dob: a.Dob, Gender: a.Gender, Sex: a.Sex, Address: a.Address, City: a.City,
		Postcode: a.Postcode, Country: a.Country, PhoneType: a.PhoneType, PhoneNumber: a.PhoneNumber,
	}
	return either(a.PatientData, old, "patientData")
}

// personal are the values of a patient that the clinic invents. A patient whom an application creates has only those that
// the application gives.
var personal = []string{"title", "firstName", "lastName", "dateOfBirth", "sex", "email", "phone", "nhsNumber", "street", "town", "postcode"}

// CreatePatient registers a patient.
func (q *resolver) CreatePatient(ctx context.Context, args createPatientArgs) (*recordPayload[patientResolver], error) {
	return mutate(ctx, "patient", newPatient, func(m *mutation) error {
		data, err := args.data()
		if err != nil {
			return err
		}
		values := texts{"membership": "none"}
		for _, name := range personal {
			values[name] = ""
		}
		values.set("phone", data.PhoneNumber)
		values.set("phoneType", data.PhoneType)
		if err := values.setPatient(&UpdatePatientDataInput{
			Title: data.Title, First: data.First, Last: data.Last, BirthSurname: data.BirthSurname, BirthName: data.BirthName, BirthNames: data.BirthNames,
			Email: data.Email, Dob: data.Dob, SocialSecurityNumber: data.SocialSecurityNumber, Gender: data.Gender, Sex: data.Sex, Address: data.Address,
			City: data.City, Postcode: data.Postcode, Country: data.Country, PaymentReference: data.PaymentReference,
			CommunicationPreferences: data.CommunicationPreferences, Comments: data.Comments,
		}); err != nil {
			return err
		}
		var labels []*source
		if data.Labels != nil {
			for _, id := range *data.Labels {
				label, err := m.find("labels", "label", "Label", &id)
				if err != nil {
					return err
				}
				labels = append(labels, label)
			}
		}
		if err := m.do(change{action: "register", values: values}); err != nil {
			return err
		}
		for _, label := range labels {
			if err := m.do(change{action: "label-patient", about: map[string]string{"patient": m.id, "label": label.id}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// UpdatePatient changes a patient.
func (q *resolver) UpdatePatient(ctx context.Context, args struct {
	ID          graphql.ID
	PatientData UpdatePatientDataInput
}) (*recordPayload[patientResolver], error) {
	return mutate(ctx, "patient", newPatient, func(m *mutation) error {
		found, err := m.find("id", "patient", "Patient", &args.ID)
		if err != nil {
			return err
		}
		values := texts{}
		if err := values.setPatient(&args.PatientData); err != nil {
			return err
		}
		if len(values) == 0 {
			return refusef("patientData has no field to change")
		}
		return m.do(change{action: "update-patient", about: map[string]string{"patient": found.id}, values: values})
	})
}

// setPatient sets the values of a patient.
func (t texts) setPatient(d *UpdatePatientDataInput) error {
	for name, text := range map[string]*string{
		"title": d.Title, "firstName": d.First, "lastName": d.Last, "birthSurname": d.BirthSurname, "birthName": d.BirthName, "birthNames": d.BirthNames,
		"email": d.Email, "socialSecurityNumber": d.SocialSecurityNumber, "gender": d.Gender, "sex": d.Sex, "street": d.Address, "town": d.City,
		"postcode": d.Postcode, "country": d.Country, "paymentReference": d.PaymentReference, "comments": d.Comments,
	} {
		t.set(name, text)
	}
	if d.Country != nil && len(*d.Country) != 2 {
		return refusef("country %.40q is not an ISO 3166 code of two letters, such as GB", *d.Country)
	}
	if d.Dob != nil {
		t["dateOfBirth"] = d.Dob.Format(time.DateOnly)
	}
	if p := d.CommunicationPreferences; p != nil {
		t.setBool("receiveEmail", p.ReceiveEmail)
		t.setBool("receiveSMS", p.ReceiveSMS)
		t.setBool("promotionalMarketing", p.PromotionalMarketing)
		t.setBool("paymentReminders", p.PaymentReminders)
		t.set("privacyPolicy", p.PrivacyPolicy)
	}
	return nil
}
