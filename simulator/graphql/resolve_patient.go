package graphql

import (
	"cmp"
	"slices"

	"semblance/simulator/journal"
)

type patientResolver struct {
	Patient
	*source
}

func newPatient(s *source) *patientResolver { return &patientResolver{*patientOf(s), s} }

// patient returns the patient with the id, or nil if it is unknown, or deleted and hidden by the options.
func (r *reader) patient(id string) *patientResolver {
	s := r.find("patient", id)
	if s == nil || s.deleted && !r.options.DeletedPatients {
		return nil
	}
	return newPatient(s)
}

// details returns the records of a kind that the provider shows as parts of the patient. Those of all kinds are read
// together.
func (p *patientResolver) details(kind string) (some []*source) {
	for _, s := range p.r.partsOf(p.id, "phone", "number", "customAttribute", "relationship") {
		if s.kind == kind {
			some = append(some, s)
		}
	}
	return some
}

// Phones returns the number in the record of the patient and then the others.
func (p *patientResolver) Phones() *[]*Phone {
	phones := *objects(p.details("phone"), phoneOf)
	if own := ownPhone(p.source); own != nil {
		phones = slices.Insert(phones, 0, own)
	}
	return &phones
}

// Numbers returns the numbers that the practice has for each patient and then the others.
func (p *patientResolver) Numbers() *[]*PatientNumber {
	numbers := append(ownNumbers(p.source), *objects(p.details("number"), numberOf)...)
	return &numbers
}

// CustomAttributes returns the custom attributes.
func (p *patientResolver) CustomAttributes() *[]*CustomAttribute {
	return objects(p.details("customAttribute"), customAttributeOf)
}

// RelatedAccounts returns the relationships.
func (p *patientResolver) RelatedAccounts() *[]*PatientRelationship {
	return objects(p.details("relationship"), func(s *source) *PatientRelationship {
		return relationshipOf(s, p.r.find("patient", s.related["relative"]))
	})
}

// Labels returns the labels.
func (p *patientResolver) Labels() *[]*PatientLabel { return labels(p.source, patientLabelOf) }

// labels returns the labels of a patient or a product.
func labels[T any](owner *source, object func(owner, label *source, ids LabelIDs) *T) *[]*T {
	all := []*T{}
	for _, id := range owner.labels {
		if label := owner.r.find("label", id); label != nil {
			all = append(all, object(owner, label, owner.r.options.LabelIDs))
		}
	}
	return &all
}

// periodArgs are the arguments start and end, which are compared with the wall clock of the practice.
type periodArgs struct{ Start, End Date }

func (a periodArgs) local() journal.TimeRange {
	return localRange(&DateRange{Start: &a.Start, End: &a.End})
}

// Bookings returns the bookings that start in a period.
func (p *patientResolver) Bookings(args struct {
	Start, End   Date
	QueryOptions *QueryOptions
	Pagination   *Pagination
}) *[]*bookingResolver {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Patient: p.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart, Limit: journal.MaxLimit}
	setOptions(&q, args.QueryOptions)
	if args.Pagination != nil {
		p.r.options.setPagination(&q, args.Pagination)
	}
	all, _, _ := p.r.query(q)
	return objects(all, newBooking)
}

// bookingsPage resolves PatientBookingsData.
type bookingsPage struct {
	Data *[]*bookingResolver
	Meta *PageInfoWithTotalCount
}

// BookingsWithPagination returns a page of the bookings that start in a period.
func (p *patientResolver) BookingsWithPagination(args struct {
	Start, End   Date
	QueryOptions *QueryOptions
	Pagination   *Pagination
	Sort         *PatientBookingsSort
	Deleted      *bool
}) *bookingsPage {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Patient: p.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart, Total: true}
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
	info := p.r.options.setPagination(&q, args.Pagination)
	all, more, total := p.r.query(q)
	return &bookingsPage{objects(all, newBooking), withTotal(info, more, total)}
}

func withTotal(info *PageInfo, more bool, total int) *PageInfoWithTotalCount {
	return &PageInfoWithTotalCount{Page: info.Page, PageSize: info.PageSize, HasMore: &more, Total: new(int32(total))}
}

// Invoices returns the invoices of a period.
func (p *patientResolver) Invoices(args periodArgs) *[]*invoiceResolver {
	q := journal.RecordQuery{Kinds: invoiceKinds, Patient: p.id, Start: journal.TimeRange{From: args.Start.Time, Until: args.End.Time}, Order: journal.ByStart}
	return objects(p.r.everything(q), newInvoice)
}

// Letters returns the letters.
func (p *patientResolver) Letters() *[]*letterResolver {
	return objects(p.r.everything(journal.RecordQuery{Kinds: []string{"letter"}, Patient: p.id}), newLetter)
}

// Labs returns the labs.
func (p *patientResolver) Labs() *[]*labResolver {
	return objects(p.r.everything(journal.RecordQuery{Kinds: []string{"lab"}, Patient: p.id}), newLab)
}

// pageArgs are the arguments page and pageSize.
type pageArgs struct{ Page, PageSize *int32 }

// listOf returns a page of the records of a kind that are about the patient.
func listOf[T any](p *patientResolver, kind string, args pageArgs, object func(*source) *T) *connection[T] {
	q := journal.RecordQuery{Kinds: []string{kind}, Patient: p.id}
	info := p.r.options.setPage(&q, args.Page, args.PageSize)
	return list(p.r, q, info, object)
}

// Prescriptions returns a page of the prescriptions.
func (p *patientResolver) Prescriptions(args pageArgs) *connection[prescriptionResolver] {
	return listOf(p, "prescription", args, newPrescription)
}

// Consultations returns a page of the consultations.
func (p *patientResolver) Consultations(args pageArgs) *connection[consultationResolver] {
	return listOf(p, "consultation", args, newConsultation)
}

// PatientDocuments returns a page of the documents.
func (p *patientResolver) PatientDocuments(args pageArgs) *connection[patientDocumentResolver] {
	return listOf(p, "patientDocument", args, newPatientDocument)
}

// Records returns the records of a page of the consultations.
func (p *patientResolver) Records(args pageArgs) *connection[Record] {
	page := listOf(p, "consultation", args, consultationOf)
	records := []*Record{}
	for _, c := range *page.Data {
		records = append(records, *c.Records...)
	}
	return &connection[Record]{&records, page.PageInfo}
}

// sharingsPage resolves PatientDocumentSharingsData.
type sharingsPage struct {
	Data     *[]*PatientDocumentSharing
	PageInfo *PageInfoWithTotalCount
}

// DocumentsSharedWithPatient returns a page of the records that were shared with the patient, the latest first.
func (p *patientResolver) DocumentsSharedWithPatient(args struct {
	Page     *int32
	PageSize int32
}) *sharingsPage {
	kinds := []string{}
	for kind := range shareKinds {
		kinds = append(kinds, kind)
	}
	shared := []*PatientDocumentSharing{}
	for _, s := range p.r.everything(journal.RecordQuery{Kinds: kinds, Patient: p.id}) {
		if sharing := sharingOf(s); sharing != nil {
			shared = append(shared, sharing)
		}
	}
	slices.SortFunc(shared, func(a, b *PatientDocumentSharing) int {
		return cmp.Or(b.SharedAt.Compare(a.SharedAt.Time), cmp.Compare(*a.DocumentID, *b.DocumentID))
	})
	var q journal.RecordQuery
	info := p.r.options.setPage(&q, args.Page, &args.PageSize)
	total := len(shared)
	shared = shared[min(q.Offset, total):]
	more := len(shared) > q.Limit
	shared = shared[:min(q.Limit, len(shared))]
	return &sharingsPage{&shared, withTotal(info, more, total)}
}
