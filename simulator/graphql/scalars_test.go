package graphql

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"2026-01-31":                    `"2026-01-31T00:00:00.000Z"`,
		"2026-01-31T09:30:00Z":          `"2026-01-31T00:00:00.000Z"`,
		"2026-01-31T00:30:00.000+02:00": `"2026-01-30T00:00:00.000Z"`,
	} {
		var d Date
		if err := d.UnmarshalGraphQL(input); err != nil {
			t.Errorf("%s: %v", input, err)
			continue
		}
		if got, err := json.Marshal(d); err != nil || string(got) != want {
			t.Errorf("%s is %s (error %v), want %s", input, got, err, want)
		}
	}
	for _, input := range []any{"2026-01-31T09:30:00", "31/01/2026", "", "tomorrow", 1767225600000.0, true, nil} {
		var d Date
		if err := d.UnmarshalGraphQL(input); err == nil {
			t.Errorf("%v is accepted as %v", input, d)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	at := DateTime{time.Date(2026, 6, 8, 10, 0, 0, 1_000_000, time.FixedZone("", 3600))}
	if got, err := json.Marshal(at); err != nil || string(got) != `"2026-06-08T09:00:00.001Z"` {
		t.Errorf("%s, error %v", got, err)
	}
	var back DateTime
	if err := json.Unmarshal([]byte(`"2026-06-08T09:00:00.001Z"`), &back); err != nil || !back.Equal(at.Time) {
		t.Errorf("%v, error %v", back, err)
	}
}

// The wall clock of the practice, compared with the time zone database.
func TestWallClock(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation(timezone)
	if err != nil {
		t.Skip("this machine has no time zone database: ", err)
	}
	for at := time.Date(2024, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2032; at = at.Add(5 * time.Hour) {
		local := at.In(london)
		want := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		if got := wallClock(at); !got.Equal(want) {
			t.Fatalf("%v is %v, want %v", at, got, want)
		}
	}
	for _, test := range []struct{ wall, want string }{
		{"2026-01-15T12:00:00Z", "2026-01-15T12:00:00Z"},
		{"2026-06-15T12:00:00Z", "2026-06-15T11:00:00Z"},
		{"2026-03-29T00:59:00Z", "2026-03-29T00:59:00Z"},
		{"2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"},
		{"2026-10-25T00:59:00Z", "2026-10-24T23:59:00Z"},
		{"2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},
	} {
		wall, _ := time.Parse(time.RFC3339, test.wall)
		if got := fromWallClock(wall).Format(time.RFC3339); got != test.want {
			t.Errorf("%s is %s, want %s", test.wall, got, test.want)
		}
	}
}
