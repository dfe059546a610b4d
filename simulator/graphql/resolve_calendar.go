package graphql

import (
	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

type bookingResolver struct {
	Booking
	*source
}

func newBooking(s *source) *bookingResolver { return &bookingResolver{*bookingOf(s), s} }

// Doctor returns the doctor, if the token may see users.
func (b *bookingResolver) Doctor() *userResolver {
	b.r.must(provider.SeeUsers)
	return b.source.Doctor()
}

// DoctorName returns the name of the doctor, which needs no permission.
func (b *bookingResolver) DoctorName() *string { return b.source.DoctorName() }

// Location returns the room.
func (b *bookingResolver) Location() *BookingLocation {
	room := b.r.find("location", b.related["location"])
	if room == nil {
		return nil
	}
	return bookingLocationOf(room, b.r.find("locationGroup", room.related["locationGroup"]), b.r.practiceSource())
}

// Billed returns whether the booking has an invoice.
func (b *bookingResolver) Billed() *bool {
	billed := false
	if id := b.related["patient"]; id != "" {
		for _, i := range b.r.partsOf(id, "invoice") {
			billed = billed || i.related["booking"] == b.id
		}
	}
	return &billed
}

type userResolver struct {
	User
	*source
}

func newUser(s *source) *userResolver { return &userResolver{*userOf(s), s} }

// user returns the user with the id, or nil.
func (r *reader) user(id string) *userResolver {
	s := r.find("doctor", id)
	if s == nil {
		return nil
	}
	return newUser(s)
}

// Bookings returns a page of the user's bookings that start in a period.
func (u *userResolver) Bookings(args struct {
	Start, End     Date
	Page, PageSize *int32
}) *connection[bookingResolver] {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Doctor: u.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart}
	return list(u.r, q, u.r.options.setPage(&q, args.Page, args.PageSize), newBooking)
}

// Letters returns a page of the user's letters.
func (u *userResolver) Letters(args pageArgs) *connection[letterResolver] {
	q := journal.RecordQuery{Kinds: []string{"letter"}, Doctor: u.id}
	return list(u.r, q, u.r.options.setPage(&q, args.Page, args.PageSize), newLetter)
}

type ruleResolver struct {
	ResourceAvailability
	*source
}

// rulePayload resolves ResourceAvailabilityRuleQueryPayload.
type rulePayload struct{ Data *ruleResolver }

// User returns the doctor whose rule it is, or null for a rule of a room.
func (r *ruleResolver) User() *userResolver { return r.source.Doctor() }

// one returns the first record of a kind, or nil.
func (r *reader) one(kind string) *source {
	all, _, _ := r.query(journal.RecordQuery{Kinds: []string{kind}, Deleted: journal.WithDeleted, Limit: 1})
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Room returns the room: that of the rule, or else one of the practice.
func (r *ruleResolver) Room() *PracticeLocation {
	room := r.r.find("location", r.related["location"])
	if room == nil {
		room = r.r.one("location")
	}
	if room == nil {
		return nil
	}
	return practiceLocation(room)
}

// CreatedBy returns the id of a member of staff.
func (r *ruleResolver) CreatedBy() graphql.ID {
	if id := r.related["doctor"]; id != "" {
		return graphql.ID(id)
	}
	if doctor := r.r.one("doctor"); doctor != nil {
		return graphql.ID(doctor.id)
	}
	return ""
}

// LastUpdatedBy returns the same as CreatedBy.
func (r *ruleResolver) LastUpdatedBy() graphql.ID { return r.CreatedBy() }

type settingResolver struct {
	AvailabilitySettings
	*source
}

func newSetting(s *source) *settingResolver { return &settingResolver{*availabilitySettingOf(s), s} }

// Location returns the room.
func (a *settingResolver) Location() *PracticeLocation {
	room := a.r.find("location", a.related["location"])
	if room == nil {
		return nil
	}
	return practiceLocation(room)
}
