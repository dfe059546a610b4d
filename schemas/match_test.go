package schemas

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"semblance/schemas/naming"
)

const retired = "invoice.lineItems.updated"

func TestMatch(t *testing.T) {
	tests := []struct{ pattern, regexp string }{
		{"booking.created", `^booking\.created$`},
		{"booking.*", `^booking\.`},
		{"booking.**", `^booking\.`},
		{"*", ``},
		{"**", ``},
		{"*.created", `\.created$`},
		{"*label*", `label`},
		{"pa*.*ed", `^pa.*\..*ed$`},
		{"invoice.lineItems.*", `^invoice\.lineItems\.`},
		{"invoice*updated", `^invoice.*updated$`},
	}
	for _, test := range tests {
		found, err := Match(test.pattern)
		if err != nil {
			t.Errorf("Match(%q): %v", test.pattern, err)
			continue
		}
		var want []string
		for _, e := range All() {
			if regexp.MustCompile(test.regexp).MatchString(e.Name) {
				want = append(want, e.Name)
			}
		}
		if got := Names(found); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("Match(%q) finds %v, want %v", test.pattern, got, want)
		}
	}
	if found, err := Match(retired); err != nil || len(found) != 1 || found[0].Name != retired {
		t.Errorf("Match(%q) finds %v, %v", retired, Names(found), err)
	}
}

func TestMatchGroup(t *testing.T) {
	for _, group := range Groups() {
		found, err := Match("group:" + group.Key)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(All(), func(e *EventType) bool { return e.Group != group.Key })
		if !slices.Equal(found, want) {
			t.Errorf("group:%s finds %v, want %v", group.Key, Names(found), Names(want))
		}
	}
}

func TestMatchErrors(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{"bokking.*", `no event type matches "bokking.*"; did you mean "booking.*"?`},
		{"booking.*.x", "no event type matches \"booking.*.x\"; `semblance events` lists them"},
		{"Booking.*", `no event type matches "Booking.*"; did you mean "booking.*"?`},
		{"*lineItems.updated", "no event type matches \"*lineItems.updated\"; `semblance events` lists them"}, // the retired one alone
		{"group:locations", `unknown group "locations"; did you mean "location"?`},
		{"group:", "the groups are availability, booking,"},
		{"booking.craeted", `did you mean "booking.created"?`},
		{"", `unknown event type ""`},
		{"booking", `unknown event type "booking"; use "booking.*" for all types with this prefix`},
		{"paymentOnAccount", `unknown event type "paymentOnAccount"; use "paymentOnAccount.*" for all types with this prefix`},
	}
	for _, test := range tests {
		if _, err := Match(test.pattern); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Match(%q) says %v, want %s", test.pattern, err, test.want)
		}
	}
}

func TestMatchAny(t *testing.T) {
	found, err := MatchAny([]string{"booking.updated", "booking.*ated", retired, "availability.blocker.created"})
	if err != nil {
		t.Fatal(err)
	}
	want := "availability.blocker.created booking.created booking.updated " + retired // each once, in the catalogue's order
	if got := strings.Join(Names(found), " "); got != want {
		t.Errorf("found %s\nwant  %s", got, want)
	}
	if _, err := MatchAny([]string{"booking.*", "bookin.created"}); err == nil {
		t.Error("one bad pattern among good ones is accepted")
	}
	if found, err := MatchAny(nil); len(found) != 0 || err != nil {
		t.Errorf("MatchAny of nothing = %v, %v", found, err)
	}
}

func TestWildcard(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"*ab*ab", "abab", true},
		{"*aab", "aaab", true},
		{"a**", "a", true},
		{"*a*", "bbb", false},
		{"a*b*c", "a.b.b.c", true},
	}
	for _, test := range tests {
		if got := naming.Match(test.pattern, test.name); got != test.want {
			t.Errorf("Match(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}

func BenchmarkSuggest(b *testing.B) {
	for b.Loop() {
		if _, err := Lookup("pathway.metadta.updated"); err == nil {
			b.Fatal("found")
		}
	}
}

// FuzzMatch holds Match to what its documentation promises for any pattern.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"booking.*", "**", "*", "group:invoice", "group:", "group:*", retired, "*lineItems*", "*.*.*.*.*", "a*b*c*d*e*f",
		"BOOKING_CREATED", "booking.craeted", "", " ", "bo\x00ok*", "héllo.*", strings.Repeat("*", 300),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		found, err := Match(pattern)
		if (err == nil) != (len(found) > 0) {
			t.Fatalf("Match(%q) = %d types, %v: an error or types, never both", pattern, len(found), err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
			t.Fatalf("Match(%q) says more than a line: %q", pattern, err)
		}
		last := -1
		for _, e := range found {
			if e.Retired() && pattern != e.Name {
				t.Fatalf("Match(%q) finds the retired %s", pattern, e.Name)
			}
			if i := position(e); i <= last {
				t.Fatalf("Match(%q) is not in the catalogue's order at %s", pattern, e.Name)
			} else {
				last = i
			}
		}
	})
}

func position(e *EventType) int {
	for i := range table {
		if &table[i] == e {
			return i
		}
	}
	return -1
}
