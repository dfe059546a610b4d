package graphql

import (
	"context"
	"slices"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// listArgs are the arguments of a list that can be searched.
type listArgs struct {
	Search     *string
	Pagination *Pagination
	Options    *QueryOptions
}

func (a *listArgs) query(kinds ...string) journal.RecordQuery {
	q := journal.RecordQuery{Kinds: kinds, Search: textOf(a.Search)}
	setOptions(&q, a.Options)
	return q
}

// datedArgs are the arguments of a list of records that have a date.
type datedArgs struct {
	DateRange  *DateRange
	Pagination *Pagination
	Options    *QueryOptions
}

func (a *datedArgs) query(kinds ...string) journal.RecordQuery {
	q := journal.RecordQuery{Kinds: kinds, Start: timeRange(a.DateRange)}
	setOptions(&q, a.Options)
	return q
}

// listPage returns a page of the records that a query selects: by a cursor if there is one, otherwise by its number.
func listPage[T any](ctx context.Context, q journal.RecordQuery, p *Pagination, c *CursorPagination, model string, object func(*source) *T) (*connection[T], error) {
	r := readerOf(ctx)
	if c == nil {
		return list(r, q, r.options.setPagination(&q, p), object), nil
	}
	info, err := r.options.setCursor(&q, c, model)
	if err != nil {
		return nil, err
	}
	return list(r, q, info, object), nil
}

// Patients returns a page of patients. The search matches names, the e-mail address, the date of birth and numbers.
func (q *resolver) Patients(ctx context.Context, args struct {
	listArgs
	CursorPagination *CursorPagination
}) (*connection[patientResolver], error) {
	return listPage(ctx, args.query("patient"), args.Pagination, args.CursorPagination, "Patient", newPatient)
}

// Bookings returns a page of bookings. The range selects those that start or end in it, by the wall clock of the practice.
func (q *resolver) Bookings(ctx context.Context, args datedArgs) (*connection[bookingResolver], error) {
	query := args.query("booking")
	query.Start, query.During = journal.TimeRange{}, localRange(args.DateRange)
	return listPage(ctx, query, args.Pagination, nil, "Booking", newBooking)
}

// Invoices returns a page of invoices.
func (q *resolver) Invoices(ctx context.Context, args struct {
	datedArgs
	Filters          *InvoicesQueryFilters
	CursorPagination *CursorPagination
}) (*connection[invoiceResolver], error) {
	query := args.query(invoiceKinds...)
	if f := args.Filters; f != nil && f.InvoiceNumbers != nil && len(*f.InvoiceNumbers) > 0 { // an empty list selects all
		return filtered(ctx, query, args.Pagination, newInvoice, func(s *source) bool {
			number := s.int("number")
			return number != nil && slices.Contains(*f.InvoiceNumbers, *number)
		})
	}
	return listPage(ctx, query, args.Pagination, args.CursorPagination, "Invoice", newInvoice)
}

// Letters returns a page of letters.
func (q *resolver) Letters(ctx context.Context, args struct {
	datedArgs
	CursorPagination *CursorPagination
}) (*connection[letterResolver], error) {
	return listPage(ctx, args.query("letter"), args.Pagination, args.CursorPagination, "Letter", newLetter)
}

// Labs returns a page of labs.
func (q *resolver) Labs(ctx context.Context, args struct {
	DateRange        *DateRange
	Pagination       *Pagination
	Options          *LabQueryOptions
	CursorPagination *CursorPagination
}) (*connection[labResolver], error) {
	dated := datedArgs{DateRange: args.DateRange}
	received := journal.TimeRange{}
	if o := args.Options; o != nil {
		dated.Options = &QueryOptions{o.IncludeDeleted, o.CreatedAt, o.UpdatedAt}
		received = timeRange(o.ResultsReceivedAt)
	}
	query := dated.query("lab")
	if !received.IsZero() {
		return filtered(ctx, query, args.Pagination, newLab, func(s *source) bool {
			at := s.time("resultsAddedAt")
			return at != nil && received.Contains(at.Time)
		})
	}
	return listPage(ctx, query, args.Pagination, args.CursorPagination, "Lab", newLab)
}

// Prescriptions returns a page of prescriptions. They have no time of their last change, so the range updatedAt selects
// nothing away.
func (q *resolver) Prescriptions(ctx context.Context, args datedArgs) (*connection[prescriptionResolver], error) {
	query := args.query("prescription")
	query.Created, query.Updated = journal.TimeRange{}, journal.TimeRange{}
	return listPage(ctx, query, args.Pagination, nil, "Prescription", newPrescription)
}

// PatientDocuments returns a page of documents.
func (q *resolver) PatientDocuments(ctx context.Context, args listArgs) (*connection[patientDocumentResolver], error) {
	return listPage(ctx, args.query("patientDocument"), args.Pagination, nil, "PatientDocument", newPatientDocument)
}

// Products returns a page of products.
func (q *resolver) Products(ctx context.Context, args listArgs) (*connection[productResolver], error) {
	return listPage(ctx, args.query("product"), args.Pagination, nil, "Product", newProduct)
}

// Questionnaires returns a page of forms.
func (q *resolver) Questionnaires(ctx context.Context, args struct {
	Pagination *Pagination
	Options    *QuestionnairesQueryOptions
}) (*connection[Questionnaire], error) {
	a := listArgs{}
	if args.Options != nil {
		a.Options = &QueryOptions{IncludeDeleted: args.Options.IncludeDeleted}
	}
	return listPage(ctx, a.query("questionnaire"), args.Pagination, nil, "Questionnaire", questionnaireOf)
}

// Consultations returns a page of consultations.
func (q *resolver) Consultations(ctx context.Context, args struct {
	DateRange  *DateRange
	Pagination *Pagination
}) (*connection[consultationResolver], error) {
	a := datedArgs{DateRange: args.DateRange}
	return listPage(ctx, a.query("consultation"), args.Pagination, nil, "Consultation", newConsultation)
}

// Users returns a page of users, if the token may see users. All users of the clinic are clinicians without metadata.
func (q *resolver) Users(ctx context.Context, args struct {
	Pagination *Pagination
	Options    *UsersQueryOptions
	Filters    *UsersQueryFilters
}) (*connection[userResolver], error) {
	if err := executionOf(ctx).may(provider.SeeUsers); err != nil {
		return nil, err
	}
	a := listArgs{}
	if o := args.Options; o != nil {
		a.Search, a.Options = o.Search, &QueryOptions{o.IncludeDeleted, o.CreatedAt, o.UpdatedAt}
	}
	query := a.query("doctor")
	if f := args.Filters; f != nil && (f.IsClinician != nil && !*f.IsClinician || f.Metadata != nil) {
		return filtered(ctx, query, args.Pagination, newUser, func(*source) bool { return false })
	}
	return listPage(ctx, query, args.Pagination, nil, "User", newUser)
}

// Contacts returns a page of the contacts of the practice.
func (q *resolver) Contacts(ctx context.Context, args struct {
	listArgs
	CursorPagination *CursorPagination
}) (*connection[Contact], error) {
	return listPage(ctx, args.query("contact"), args.Pagination, args.CursorPagination, "Contact", contactOf)
}

// relationshipsPage resolves PatientRelationshipData.
type relationshipsPage struct{ Data *[]*PatientRelationship }

// PatientRelationships returns the relationships of a patient, of all types or of one.
func (q *resolver) PatientRelationships(ctx context.Context, args struct {
	PatientID        graphql.ID
	RelationshipType *string
}) (*relationshipsPage, error) {
	id, err := parseID(args.PatientID, "Patient")
	if err != nil {
		return nil, err
	}
	p := readerOf(ctx).patient(id)
	if p == nil {
		return nil, nil
	}
	all := p.RelatedAccounts()
	if args.RelationshipType != nil {
		*all = slices.DeleteFunc(*all, func(r *PatientRelationship) bool { return textOf(r.RelationshipType) != *args.RelationshipType })
	}
	return &relationshipsPage{all}, nil
}

// AvailabilitySettings returns all settings of the older appointment system.
func (q *resolver) AvailabilitySettings(ctx context.Context) *[]*settingResolver {
	return objects(readerOf(ctx).everything(journal.RecordQuery{Kinds: []string{"availability"}}), newSetting)
}

// filtered returns a page of the records that a query selects and keep accepts. It reads all records of the query.
func filtered[T any](ctx context.Context, q journal.RecordQuery, p *Pagination, object func(*source) *T, keep func(*source) bool) (*connection[T], error) {
	r := readerOf(ctx)
	info := r.options.setPagination(&q, p)
	skip, size := q.Offset, q.Limit
	q.Offset, q.Limit = 0, journal.MaxLimit
	kept := []*source{}
	for more := true; more && len(kept) <= skip+size; {
		page, err := r.records.ClinicRecords(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			q.After = record.ID
			if s := r.source(record); s != nil && keep(s) {
				kept = append(kept, s)
				r.budget.spend(s.size)
			}
		}
		more = page.More
	}
	info.HasMore = new(len(kept) > skip+size)
	kept = kept[min(skip, len(kept)):min(skip+size, len(kept))]
	return &connection[T]{objects(kept, object), info}, nil
}
