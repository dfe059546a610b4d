package graphql

import (
	"cmp"
	"context"
	"slices"

	"semblance/simulator/journal"
)

// patientResolver resolves a Patient.
type patientResolver struct {
	Patient
	s *source
}

func newPatient(s *source) *patientResolver { return &patientResolver{*patientOf(s), s} }

// patient returns the patient with the id, or nil if it is unknown, or deleted and hidden by the options.
func patient(ctx context.Context, id string) (*patientResolver, error) {
	e := executionOf(ctx)
	s, err := e.reader.find(ctx, "patient", id)
	if err != nil || s == nil || s.deleted && !e.options.DeletedPatients {
		return nil, err
	}
	return newPatient(s), nil
}

// Phones returns the number in the record of the patient and then the others.
func (p *patientResolver) Phones(ctx context.Context) (*[]*Phone, error) {
	records, err := p.details(ctx, "phone")
	if err != nil {
		return nil, err
	}
	phones := []*Phone{}
	if own := ownPhone(p.s); own != nil {
		phones = append(phones, own)
	}
	for _, s := range records {
		phones = append(phones, phoneOf(s))
	}
	return &phones, nil
}

// details returns the parts of the patient of a kind that were not removed.
func (p *patientResolver) details(ctx context.Context, kind string) ([]*source, error) {
	return readerOf(ctx).detailsOf(ctx, p.s, kind)
}

// Numbers returns the numbers that the practice has for each patient and then the others.
func (p *patientResolver) Numbers(ctx context.Context) (*[]*PatientNumber, error) {
	records, err := p.details(ctx, "number")
	numbers := ownNumbers(p.s)
	for _, s := range records {
		numbers = append(numbers, numberOf(s))
	}
	return &numbers, err
}

// CustomAttributes returns the custom attributes.
func (p *patientResolver) CustomAttributes(ctx context.Context) (*[]*CustomAttribute, error) {
	records, err := p.details(ctx, "customAttribute")
	return objects(records, customAttributeOf), err
}

// RelatedAccounts returns the relationships.
func (p *patientResolver) RelatedAccounts(ctx context.Context) (*[]*PatientRelationship, error) {
	records, err := p.details(ctx, "relationship")
	if err != nil {
		return nil, err
	}
	all := make([]*PatientRelationship, len(records))
	for i, s := range records {
		relative, err := readerOf(ctx).find(ctx, "patient", s.related["relative"])
		if err != nil {
			return nil, err
		}
		all[i] = relationshipOf(s, relative)
	}
	return &all, nil
}

// Labels returns the labels.
func (p *patientResolver) Labels(ctx context.Context) (*[]*PatientLabel, error) {
	return labels(ctx, p.s, patientLabelOf)
}

// labels returns the labels of a patient or a product.
func labels[T any](ctx context.Context, owner *source, object func(owner, label *source, ids LabelIDs) *T) (*[]*T, error) {
	e := executionOf(ctx)
	all := []*T{}
	for _, id := range owner.labels {
		label, err := e.reader.find(ctx, "label", id)
		if err != nil {
			return nil, err
		}
		if label != nil {
			all = append(all, object(owner, label, e.options.LabelIDs))
		}
	}
	return &all, nil
}

// periodArgs are the arguments start and end, which are compared with the wall clock of the practice.
type periodArgs struct{ Start, End Date }

func (a periodArgs) local() journal.TimeRange {
	return localRange(&DateRange{Start: &a.Start, End: &a.End})
}

// Bookings returns the bookings that start in a period.
func (p *patientResolver) Bookings(ctx context.Context, args struct {
	Start, End   Date
	QueryOptions *QueryOptions
	Pagination   *Pagination
}) (*[]*bookingResolver, error) {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Patient: p.s.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart, Limit: journal.MaxLimit}
	setOptions(&q, args.QueryOptions)
	if args.Pagination != nil {
		executionOf(ctx).options.setPagination(&q, args.Pagination)
	}
	all, _, _, err := readerOf(ctx).query(ctx, q)
	return objects(all, newBooking), err
}

// bookingsPage resolves PatientBookingsData.
type bookingsPage struct {
	Data *[]*bookingResolver
	Meta *PageInfoWithTotalCount
}

// BookingsWithPagination returns a page of the bookings that start in a period.
func (p *patientResolver) BookingsWithPagination(ctx context.Context, args struct {
	Start, End   Date
	QueryOptions *QueryOptions
	Pagination   *Pagination
	Sort         *PatientBookingsSort
	Deleted      *bool
}) (*bookingsPage, error) {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Patient: p.s.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart, Total: true}
	setOptions(&q, args.QueryOptions)
	if args.Deleted != nil {
		q.Deleted = journal.WithoutDeleted
		if *args.Deleted {
			q.Deleted = journal.OnlyDeleted
		}
	}
	if args.Sort != nil && args.Sort.Direction == "DESC" {
		q.Order = journal.ByStartDescending
	}
	info := executionOf(ctx).options.setPagination(&q, args.Pagination)
	all, more, total, err := readerOf(ctx).query(ctx, q)
	if err != nil {
		return nil, err
	}
	return &bookingsPage{objects(all, newBooking), withTotal(info, more, total)}, nil
}

func withTotal(info *PageInfo, more bool, total int) *PageInfoWithTotalCount {
	return &PageInfoWithTotalCount{Page: info.Page, PageSize: info.PageSize, HasMore: &more, Total: new(int32(total))}
}

// Invoices returns the invoices of a period.
func (p *patientResolver) Invoices(ctx context.Context, args periodArgs) (*[]*invoiceResolver, error) {
	q := journal.RecordQuery{Kinds: invoiceKinds, Patient: p.s.id, Start: journal.TimeRange{From: args.Start.Time, Until: args.End.Time}, Order: journal.ByStart}
	all, err := readerOf(ctx).everything(ctx, q)
	return objects(all, newInvoice), err
}

// Letters returns the letters.
func (p *patientResolver) Letters(ctx context.Context) (*[]*letterResolver, error) {
	all, err := readerOf(ctx).everything(ctx, journal.RecordQuery{Kinds: []string{"letter"}, Patient: p.s.id})
	return objects(all, newLetter), err
}

// Labs returns the labs.
func (p *patientResolver) Labs(ctx context.Context) (*[]*labResolver, error) {
	all, err := readerOf(ctx).everything(ctx, journal.RecordQuery{Kinds: []string{"lab"}, Patient: p.s.id})
	return objects(all, newLab), err
}

// pageArgs are the arguments page and pageSize.
type pageArgs struct{ Page, PageSize *int32 }

// listOf returns a page of the records of a kind that are about the patient.
func listOf[T any](ctx context.Context, p *patientResolver, kind string, args pageArgs, object func(*source) *T) (*connection[T], error) {
	q := journal.RecordQuery{Kinds: []string{kind}, Patient: p.s.id}
	info := executionOf(ctx).options.setPage(&q, args.Page, args.PageSize)
	return list(ctx, q, info, object)
}

// Prescriptions returns a page of the prescriptions.
func (p *patientResolver) Prescriptions(ctx context.Context, args pageArgs) (*connection[prescriptionResolver], error) {
	return listOf(ctx, p, "prescription", args, newPrescription)
}

// Consultations returns a page of the consultations.
func (p *patientResolver) Consultations(ctx context.Context, args pageArgs) (*connection[consultationResolver], error) {
	return listOf(ctx, p, "consultation", args, newConsultation)
}

// PatientDocuments returns a page of the documents.
func (p *patientResolver) PatientDocuments(ctx context.Context, args pageArgs) (*connection[patientDocumentResolver], error) {
	return listOf(ctx, p, "patientDocument", args, newPatientDocument)
}

// Records returns the records of a page of the consultations.
func (p *patientResolver) Records(ctx context.Context, args pageArgs) (*connection[Record], error) {
	page, err := listOf(ctx, p, "consultation", args, consultationOf)
	if err != nil {
		return nil, err
	}
	records := []*Record{}
	for _, c := range *page.Data {
		records = append(records, *c.Records...)
	}
	return &connection[Record]{&records, page.PageInfo}, nil
}

// sharingsPage resolves PatientDocumentSharingsData.
type sharingsPage struct {
	Data     *[]*PatientDocumentSharing
	PageInfo *PageInfoWithTotalCount
}

// DocumentsSharedWithPatient returns a page of the records that were shared with the patient, the latest first.
func (p *patientResolver) DocumentsSharedWithPatient(ctx context.Context, args struct {
	Page     *int32
	PageSize int32
}) (*sharingsPage, error) {
	kinds := []string{}
	for kind := range shareKinds {
		kinds = append(kinds, kind)
	}
	all, err := readerOf(ctx).everything(ctx, journal.RecordQuery{Kinds: kinds, Patient: p.s.id})
	if err != nil {
		return nil, err
	}
	shared := []*PatientDocumentSharing{}
	for _, s := range all {
		if sharing := sharingOf(s); sharing != nil {
			shared = append(shared, sharing)
		}
	}
	slices.SortFunc(shared, func(a, b *PatientDocumentSharing) int {
		return cmp.Or(b.SharedAt.Compare(a.SharedAt.Time), cmp.Compare(*a.DocumentID, *b.DocumentID))
	})
	var q journal.RecordQuery
	info := executionOf(ctx).options.setPage(&q, args.Page, &args.PageSize)
	total := len(shared)
	shared = shared[min(q.Offset, total):]
	more := len(shared) > q.Limit
	shared = shared[:min(q.Limit, len(shared))]
	return &sharingsPage{&shared, withTotal(info, more, total)}, nil
}
