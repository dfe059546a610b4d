package graphql

import (
	"cmp"
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

// bookingOf returns the fields of a booking that do not come from other records.
func bookingOf(s *source) *Booking {
	b := &Booking{
		ID: graphql.ID(s.id), Deleted: &s.deleted, Status: new(cmp.Or(s.values["bookingStatus"], "confirmed")),
		Start: localTime(s, "start"), End: localTime(s, "end"), CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
		PatientID: s.relatedID("patient"), Comments: s.text("reason"), ClinicalPathwayID: s.relatedID("pathway"),
		Metadata: &[]*MetadataEntry{}, PatientMessagesSent: messagesOf(s),
		BookingJourney: &Journey{
			Arrived: s.time("arrivedAt"), Consultation: s.time("inConsultationAt"), Departed: s.time("departedAt"), Dna: s.time("noShowAt"),
		},
	}
	if title := s.text("type"); title != nil {
		b.Appointment = &Appointment{ID: idOrNil(s.values["productId"]), Title: title, Duration: minutesBetween(s, "start", "end"), Price: s.float("price")}
	}
	return b
}

// localTime returns a time as the wall clock of the practice with a false Z.
func localTime(s *source, name string) *DateTime {
	t := s.time(name)
	if t == nil {
		return nil
	}
	return &DateTime{wallClock(t.Time)}
}

func minutesBetween(s *source, start, end string) *int32 {
	from, to := s.time(start), s.time(end)
	if from == nil || to == nil {
		return nil
	}
	return new(int32(to.Sub(from.Time) / time.Minute))
}

// bookingLocationOf returns the room of a booking. group is the location of the room, or nil.
func bookingLocationOf(room, group, practice *source) *BookingLocation {
	l := &BookingLocation{ID: graphql.ID(room.id), Name: room.text("name")}
	if group != nil {
		l.GroupName = group.text("name")
	}
	if practice != nil {
		if a := addressOf(practice); a != nil {
			l.Address = &BookingAddress{Address: a.Address, City: a.City, Postcode: a.Postcode, Country: a.Country}
		}
	}
	return l
}

// practiceLocationOf returns a room of the practice.
func practiceLocationOf(room, group, practice *source) *PracticeLocation {
	l := &PracticeLocation{ID: graphql.ID(room.id), Name: room.values["name"], ServicesProvided: &[]*Product{}}
	if group != nil {
		l.GroupName, l.GroupID = group.values["name"], new(graphql.ID(group.id))
	}
	if practice != nil {
		l.Address = addressOf(practice)
	}
	return l
}

// availabilityOf returns the fields of a rule of the newer appointment system that do not come from other records.
func availabilityOf(s *source) *ResourceAvailability {
	start, end := availabilityTimes(s)
	r := &ResourceAvailability{
		ID: graphql.ID(s.id), Unavailability: s.values["rule"] == "unavailable", Exclusions: []string{},
		StartDate: start.Format(time.DateOnly), StartTime: start.Format("15:04"), EndTime: end.Format("15:04"),
		CreatedAt: DateTime{s.created}, UpdatedAt: DateTime{s.updated},
	}
	if weekday := s.values["weekday"]; s.values["use"] == "recurring" && weekday != "" {
		day := strings.ToUpper(weekday)
		r.Recurrence = &AvailabilityRecurrence{Frequency: new("WEEKLY"), Interval: new(int32(1)), DaysOfTheWeek: &[]*string{&day}}
	} else {
		r.EndDate = new(r.StartDate)
	}
	return r
}

// availabilitySettingOf returns the fields of a setting of the older appointment system that do not come from other records.
func availabilitySettingOf(s *source) *AvailabilitySettings {
	start, end := availabilityTimes(s)
	a := &AvailabilitySettings{
		ID: new(graphql.ID(s.id)), StartTime: &DateTime{start}, EndTime: &DateTime{end}, Blocker: new(s.values["use"] == "blocker"),
	}
	if s.values["use"] == "recurring" {
		a.Day = new(int32(start.Weekday()))
	} else {
		a.Date = &Date{start}
	}
	return a
}

// availabilityTimes returns the hours of an availability by the wall clock of the practice.
func availabilityTimes(s *source) (start, end time.Time) {
	at := func(clock string) time.Time {
		t, err := time.Parse("2006-01-02 15:04", s.values["date"]+" "+clock)
		if err != nil {
			t = s.created
		}
		return wallClock(t)
	}
	return at(s.values["from"]), at(s.values["to"])
}
