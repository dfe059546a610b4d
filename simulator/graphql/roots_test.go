package graphql

import (
	"slices"
	"strings"
	"testing"
)

func TestRoots(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{ booking(id: "a") { id patient { id } } practice { id } }`:                                                 "booking=booking practice=practice",
		`query Visit($id: ID! = "{ x }") @a { a: booking(id: $id) { id } booking(id: "}") { id } }`:                  "a=booking booking=booking",
		"mutation M { # { no }\n createBooking(bookingData: {start: \"x\", location: null}) { error } }":             "createBooking=createBooking",
		`fragment F on Booking { id doctor { id } } { ...F ... on Query { practice { id } } users { data { id } } }`: "users=users",
		`query A { practice @skip(if: true) { id } } query B { patients(search: """ " { """) { data { id } } }`:      "practice=practice patients=patients",
		`{ ... { practice { id } } users { data { id } } }`:                                                          "users=users",
		``: "", `{`: "", `}{ x`: "", `"`: "", `{ a:`: "",
	} {
		var got []string
		for _, r := range rootsOf(document) {
			got = append(got, r.key+"="+r.field)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %v, want %s", document, got, want)
		}
	}
}
