package graphql

import (
	"context"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// bookingResolver resolves a Booking.
type bookingResolver struct {
	Booking
	s *source
}

func newBooking(s *source) *bookingResolver { return &bookingResolver{*bookingOf(s), s} }

// Patient returns the patient.
func (b *bookingResolver) Patient(ctx context.Context) (*patientResolver, error) {
	return patient(ctx, b.s.related["patient"])
}

// Doctor returns the doctor, if the token may see users.
func (b *bookingResolver) Doctor(ctx context.Context) (*userResolver, error) {
	if err := executionOf(ctx).may(provider.SeeUsers); err != nil {
		return nil, err
	}
	return user(ctx, b.s.related["doctor"])
}

// DoctorName returns the name of the doctor, which needs no permission.
func (b *bookingResolver) DoctorName(ctx context.Context) (*string, error) {
	return doctorName(ctx, b.s)
}

func doctorName(ctx context.Context, s *source) (*string, error) {
	doctor, err := readerOf(ctx).find(ctx, "doctor", s.related["doctor"])
	if err != nil || doctor == nil {
		return nil, err
	}
	return textOrNil(titledName(doctor)), nil
}

// Location returns the room.
func (b *bookingResolver) Location(ctx context.Context) (*BookingLocation, error) {
	room, group, practice, err := roomOf(ctx, b.s.related["location"])
	if err != nil || room == nil {
		return nil, err
	}
	return bookingLocationOf(room, group, practice), nil
}

// Billed returns whether the booking has an invoice.
func (b *bookingResolver) Billed(ctx context.Context) (*bool, error) {
	billed := false
	if id := b.s.related["patient"]; id != "" {
		invoices, err := readerOf(ctx).invoicesOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, i := range invoices {
			billed = billed || i.related["booking"] == b.s.id
		}
	}
	return &billed, nil
}

// roomOf returns a room with its location, which the clinic calls a location group, and the practice. Each can be nil.
func roomOf(ctx context.Context, id string) (room, group, practice *source, err error) {
	r := readerOf(ctx)
	if room, err = r.find(ctx, "location", id); err != nil || room == nil {
		return nil, nil, nil, err
	}
	if group, err = r.find(ctx, "locationGroup", room.related["locationGroup"]); err != nil {
		return nil, nil, nil, err
	}
	practice, err = practiceSource(ctx)
	return room, group, practice, err
}

// practiceSource returns the record of the practice, or nil.
func practiceSource(ctx context.Context) (*source, error) {
	r := readerOf(ctx)
	r.mu.Lock()
	practice := r.practice
	r.mu.Unlock()
	if practice != nil {
		return practice, nil
	}
	all, _, _, err := r.query(ctx, journal.RecordQuery{Kinds: []string{"practice"}, Limit: 1})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	r.mu.Lock()
	r.practice = all[0]
	r.mu.Unlock()
	return all[0], nil
}

// practiceLocation returns a room, or nil.
func practiceLocation(ctx context.Context, id string) (*PracticeLocation, error) {
	room, group, practice, err := roomOf(ctx, id)
	if err != nil || room == nil {
		return nil, err
	}
	return practiceLocationOf(room, group, practice), nil
}

// userResolver resolves a User.
type userResolver struct {
	User
	s *source
}

func newUser(s *source) *userResolver { return &userResolver{*userOf(s), s} }

// user returns the user with the id, or nil.
func user(ctx context.Context, id string) (*userResolver, error) {
	s, err := readerOf(ctx).find(ctx, "doctor", id)
	if err != nil || s == nil {
		return nil, err
	}
	return newUser(s), nil
}

// Bookings returns a page of the user's bookings that start in a period.
func (u *userResolver) Bookings(ctx context.Context, args struct {
	Start, End     Date
	Page, PageSize *int32
}) (*connection[bookingResolver], error) {
	q := journal.RecordQuery{Kinds: []string{"booking"}, Doctor: u.s.id, Start: periodArgs{args.Start, args.End}.local(), Order: journal.ByStart}
	return list(ctx, q, executionOf(ctx).options.setPage(&q, args.Page, args.PageSize), newBooking)
}

// Letters returns a page of the user's letters.
func (u *userResolver) Letters(ctx context.Context, args pageArgs) (*connection[letterResolver], error) {
	q := journal.RecordQuery{Kinds: []string{"letter"}, Doctor: u.s.id}
	return list(ctx, q, executionOf(ctx).options.setPage(&q, args.Page, args.PageSize), newLetter)
}

// ruleResolver resolves a ResourceAvailability.
type ruleResolver struct {
	ResourceAvailability
	s *source
}

// rulePayload resolves ResourceAvailabilityRuleQueryPayload.
type rulePayload struct{ Data *ruleResolver }

// User returns the doctor whose rule it is, or null for a rule of a room.
func (r *ruleResolver) User(ctx context.Context) (*userResolver, error) {
	return user(ctx, r.s.related["doctor"])
}

// Room returns the room: that of the rule, or else one of the practice.
func (r *ruleResolver) Room(ctx context.Context) (*PracticeLocation, error) {
	room, err := practiceLocation(ctx, r.s.related["location"])
	if err != nil || room != nil {
		return room, err
	}
	rooms, _, _, err := readerOf(ctx).query(ctx, journal.RecordQuery{Kinds: []string{"location"}, Deleted: journal.WithDeleted, Limit: 1})
	if err != nil || len(rooms) == 0 {
		return nil, err
	}
	return practiceLocation(ctx, rooms[0].id)
}

// CreatedBy returns the id of a member of staff.
func (r *ruleResolver) CreatedBy(ctx context.Context) (graphql.ID, error) {
	if id := r.s.related["doctor"]; id != "" {
		return graphql.ID(id), nil
	}
	doctors, _, _, err := readerOf(ctx).query(ctx, journal.RecordQuery{Kinds: []string{"doctor"}, Deleted: journal.WithDeleted, Limit: 1})
	if err != nil || len(doctors) == 0 {
		return "", err
	}
	return graphql.ID(doctors[0].id), nil
}

// LastUpdatedBy returns the same as CreatedBy.
func (r *ruleResolver) LastUpdatedBy(ctx context.Context) (graphql.ID, error) {
	return r.CreatedBy(ctx)
}

// settingResolver resolves an AvailabilitySettings.
type settingResolver struct {
	AvailabilitySettings
	s *source
}

func newSetting(s *source) *settingResolver { return &settingResolver{*availabilitySettingOf(s), s} }

// Location returns the room.
func (a *settingResolver) Location(ctx context.Context) (*PracticeLocation, error) {
	return practiceLocation(ctx, a.s.related["location"])
}

// Doctor returns the doctor.
func (a *settingResolver) Doctor(ctx context.Context) (*userResolver, error) {
	return user(ctx, a.s.related["doctor"])
}

// CreatedBy returns null: the clinic does not record it.
func (a *settingResolver) CreatedBy() *userResolver { return nil }
