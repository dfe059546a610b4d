package graphql

import (
	"errors"
	"fmt"
	"time"

	"semblance/schemas/human"
)

// DateTime is the provider's DateTime: UTC with milliseconds, such as 2026-06-08T09:30:00.000Z. Booking.start and
// Booking.end are the practice's wall clock in this form; see [wallClock].
type DateTime struct{ time.Time }

// ImplementsGraphQLType reports whether name is that of the scalar.
func (DateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL fails: no input of the schema is a DateTime.
func (*DateTime) UnmarshalGraphQL(any) error { return errors.New("no input of this API is a DateTime") }

// MarshalJSON writes the time.
func (d DateTime) MarshalJSON() ([]byte, error) {
	return d.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// Date is the provider's Date. Output is midnight with a Z, such as 1985-03-04T00:00:00.000Z. Input is a date, which
// stands for midnight, or a date-time with an offset.
type Date struct{ time.Time }

// ImplementsGraphQLType reports whether name is that of the scalar.
func (Date) ImplementsGraphQLType(name string) bool { return name == "Date" }

// UnmarshalGraphQL reads an input. The error is a [dateError].
func (d *Date) UnmarshalGraphQL(input any) error {
	text, ok := input.(string)
	if !ok {
		return dateError(fmt.Sprint(input))
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return dateError(text)
}

// dateError is the error for an input that is not a date. Its message begins with the provider's.
type dateError string

func (e dateError) Error() string {
	return fmt.Sprintf("Invalid date: %s; use a date such as 2026-01-31, or a date-time with an offset such as 2026-01-31T09:00:00Z", human.Quoted(string(e)))
}

// MarshalJSON writes midnight of the day.
func (d Date) MarshalJSON() ([]byte, error) {
	return d.AppendFormat(nil, `"2006-01-02T00:00:00.000Z"`), nil
}
