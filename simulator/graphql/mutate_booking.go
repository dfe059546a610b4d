package graphql

import (
	"context"
	"maps"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

// createBookingArgs are the arguments of createBooking.
type createBookingArgs struct {
	Patient, Location, BookingType, Doctor *graphql.ID
	Comments                               *string
	Start, End                             *Date
	BookingData                            *BookingDataInput
}

// data returns the booking data, from whichever form of the arguments is used.
func (a *createBookingArgs) data() (*BookingDataInput, error) {
	old := BookingDataInput{
		Patient: a.Patient, Location: a.Location, BookingType: a.BookingType, Doctor: a.Doctor, Comments: a.Comments, Start: a.Start, End: a.End,
	}
	return either(a.BookingData, old, "bookingData")
}

// CreateBooking makes an appointment.
func (q *resolver) CreateBooking(ctx context.Context, args createBookingArgs) (*recordPayload[bookingResolver], error) {
	return mutate(ctx, "booking", newBooking, func(m *mutation) error {
		data, err := args.data()
		if err != nil {
			return err
		}
		if data.Start == nil || data.End == nil {
			return refusef("start and end are required")
		}
		person, err := m.find("patient", "patient", "Patient", data.Patient)
		if err != nil {
			return err
		}
		c, err := m.bookingChange(&BookingUpdateDataInput{
			Location: data.Location, BookingType: data.BookingType, Doctor: data.Doctor, Comments: data.Comments, Start: data.Start, End: data.End,
			SendPatientMessages: data.SendPatientMessages, Status: data.Status,
		})
		if err != nil {
			return err
		}
		for _, name := range []string{"type", "reason"} { // the clinic would invent them
			if _, given := c.values[name]; !given {
				c.values[name] = ""
			}
		}
		c.action, c.about, c.related = "book", c.related, nil
		if person != nil {
			c.about["patient"] = person.id
		}
		return m.do(c)
	})
}

// UpdateBooking changes an appointment.
func (q *resolver) UpdateBooking(ctx context.Context, args struct {
	ID          graphql.ID
	BookingData *BookingUpdateDataInput
}) (*recordPayload[bookingResolver], error) {
	return mutate(ctx, "booking", newBooking, func(m *mutation) error {
		visit, err := m.find("id", "booking", "Booking", &args.ID)
		if err != nil {
			return err
		}
		if args.BookingData == nil {
			return refusef("bookingData is required")
		}
		if s := args.BookingData.Status; s != nil && *s == "pending" && visit.values["bookingStatus"] != "pending" {
			return refusef("a confirmed booking cannot become pending")
		}
		c, err := m.bookingChange(args.BookingData)
		if err != nil {
			return err
		}
		if len(c.values)+len(c.related) == 0 {
			return refusef("bookingData has no field to change")
		}
		c.action, c.about = "reschedule", map[string]string{"booking": visit.id}
		return m.do(c)
	})
}

// bookingChange returns the values and relations of booking data.
func (m *mutation) bookingChange(d *BookingUpdateDataInput) (change, error) {
	c := change{values: texts{}, related: map[string]string{}}
	values := texts(c.values)
	for _, other := range []struct {
		argument, kind, model string
		id                    *graphql.ID
	}{{"doctor", "doctor", "User", d.Doctor}, {"location", "location", "Location", d.Location}, {"bookingType", "product", "Product", d.BookingType}} {
		s, err := m.find(other.argument, other.kind, other.model, other.id)
		if err != nil {
			return c, err
		}
		switch {
		case s == nil:
		case other.kind == "product":
			maps.Copy(values, texts{"type": s.values["name"], "productId": s.id, "price": s.values["price"]})
		default:
			c.related[other.kind] = s.id
		}
	}
	values.set("reason", d.Comments)
	for name, date := range map[string]*Date{"start": d.Start, "end": d.End} {
		if date != nil {
			values[name] = fromWallClock(date.Time).Format(time.RFC3339)
		}
	}
	if d.Status != nil {
		if *d.Status != "pending" && *d.Status != "confirmed" {
			return c, refusef("status: an application can set pending and confirmed, not %s", *d.Status)
		}
		values["bookingStatus"] = *d.Status
	}
	if s := d.SendPatientMessages; s != nil {
		values.setBool("sendConfirmation", s.Confirmation)
		values.setBool("sendReminder", s.Reminder)
		values.setBool("sendFollowup", s.Followup)
		values.setBool("sendCancellation", s.Cancellation)
	}
	return c, nil
}

// journey are the actions and the values of the stages of a visit.
var journey = map[string][2]string{
	"arrived": {"arrive", "arrivedAt"}, "consultation": {"start-consultation", "inConsultationAt"}, "departed": {"complete", "departedAt"}, "dna": {"no-show", "noShowAt"},
}

// UpdateBookingJourney brings a visit to its next stage.
func (q *resolver) UpdateBookingJourney(ctx context.Context, args struct {
	ID                  graphql.ID
	BookingJourneyInput *BookingJourneyInput
}) (*recordPayload[bookingResolver], error) {
	return mutate(ctx, "booking", newBooking, func(m *mutation) error {
		visit, err := m.find("id", "booking", "Booking", &args.ID)
		if err != nil {
			return err
		}
		in := args.BookingJourneyInput
		if in == nil || in.JourneyStage == nil {
			return refusef("journeyStage is required")
		}
		stage := journey[*in.JourneyStage]
		c := change{action: stage[0], about: map[string]string{"booking": visit.id}}
		if in.Date != nil {
			c.values = texts{stage[1]: in.Date.UTC().Format(time.RFC3339)}
		}
		return m.do(c)
	})
}

// DeleteBooking cancels an appointment.
func (q *resolver) DeleteBooking(ctx context.Context, args struct {
	ID                       graphql.ID
	SendCancellationMessages *bool
}) (*recordPayload[bookingResolver], error) {
	return mutate(ctx, "booking", newBooking, func(m *mutation) error {
		visit, err := m.find("id", "booking", "Booking", &args.ID)
		if err != nil {
			return err
		}
		c := change{action: "cancel", about: map[string]string{"booking": visit.id}}
		if args.SendCancellationMessages != nil {
			values := texts{}
			values.setBool("sendCancellation", args.SendCancellationMessages)
			c.values = values
		}
		return m.do(c)
	})
}

// messagesOf returns which messages an application asked for, or nil. The clinic sends none.
func messagesOf(s *source) *SendPatientMessages {
	asked := func(name string) *bool {
		if s.values[name] == "" {
			return nil
		}
		return new(s.values[name] == "true")
	}
	m := SendPatientMessages{Confirmation: asked("sendConfirmation"), Reminder: asked("sendReminder"), Followup: asked("sendFollowup"), Cancellation: asked("sendCancellation")}
	if m == (SendPatientMessages{}) {
		return nil
	}
	return &m
}
