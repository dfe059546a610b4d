package graphql

import "time"

// timezone is the time zone of the practice.
const timezone = "Europe/London"

// wallClock returns a time as the provider shows the start and the end of a booking: the time on the clock of the
// practice, with a false Z. From the last Sunday of March to that of October, at 01:00 UTC, this is an hour later than UTC.
func wallClock(t time.Time) time.Time { return t.UTC().Add(summerOffset(t.UTC())) }

// fromWallClock returns the time at which the clock of the practice says t.
func fromWallClock(t time.Time) time.Time {
	t = t.UTC()
	return t.Add(-summerOffset(t.Add(-summerOffset(t))))
}

// summerOffset returns the difference between the wall clock of the practice and UTC. It does not need the time zone
// database, which some machines do not have.
func summerOffset(t time.Time) time.Duration {
	if !t.Before(changeOver(t.Year(), time.March)) && t.Before(changeOver(t.Year(), time.October)) {
		return time.Hour
	}
	return 0
}

// changeOver returns 01:00 UTC on the last Sunday of a month with 31 days.
func changeOver(year int, month time.Month) time.Time {
	last := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday()))
}
