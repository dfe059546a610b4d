package naming

import (
	"strings"
	"testing"
	"time"
)

func TestWildcardTakesNoExponentialTime(t *testing.T) {
	start := time.Now()
	if Match(strings.Repeat("*a", 200)+"b", strings.Repeat("a", 5000)) {
		t.Error("it fits")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"booking", "patient", "product", "letter", "lab"}
	tests := []struct{ word, want string }{
		{"bookign", "booking"}, // two letters swapped
		{"BOOKING", "booking"},
		{"patients", "patient"},
		{"producr", "product"},
		{"lba", "lab"},
		{"lx", ""},
		{"zebra", ""},
		{"", ""},
		{strings.Repeat("b", 101), ""},
	}
	for _, test := range tests {
		if got := Nearest(test.word, known); got != test.want {
			t.Errorf("Nearest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	for want, got := range map[string]string{
		`unknown fault "tampred"; did you mean "tampered"?`: Unknown("fault", "tampred", []string{"stale", "tampered"}),
		`unknown fault "x"; use stale or tampered`:          Unknown("fault", "x", []string{"stale", "tampered"}),
		`unknown fault "x"`:                                 Unknown("fault", "x", nil),
		`unknown fault "a·b"`:                               Unknown("fault", "a\x1bb", nil),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
