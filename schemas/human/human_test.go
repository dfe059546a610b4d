package human

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 events":     Count(0, "event"),
		"1 event":      Count(1, "event"),
		"2,409 events": Count(2409, "event"),
		"-1,000,000 a": Number(-1_000_000) + " a",
		"2 deliveries": Count(2, "delivery"),
		"2 days":       Count(2, "day"),
		"2 keys":       Count(2, "key"),
		"2 addresses":  Count(int64(2), "address"),
		"999":          Number(999),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                        "0 s",
		412 * time.Nanosecond:    "0 ms",
		40 * time.Microsecond:    "0.04 ms",
		290 * time.Microsecond:   "0.29 ms",
		1320 * time.Microsecond:  "1.3 ms",
		2 * time.Millisecond:     "2 ms",
		12400 * time.Microsecond: "12 ms",
		999 * time.Millisecond:   "999 ms",
		1500 * time.Millisecond:  "1.5 s",
		2900 * time.Millisecond:  "2.9 s",
		10 * time.Second:         "10 s",
		38400 * time.Millisecond: "38 s",
		90 * time.Second:         "1 min 30 s",
		2 * time.Hour:            "2 h",
		26 * time.Hour:           "26 h",
		75 * time.Hour:           "3 d 3 h",
		400 * 24 * time.Hour:     "400 d",
		-3 * time.Second:         "-3 s",
		9999 * time.Millisecond:  "10 s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{1: "1 byte", 244: "244 bytes", 20 << 10: "20 KiB", 1536: "1.5 KiB", 4 << 20: "4 MiB", 3 << 30: "3 GiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	if got := And(nil) + "; " + And([]string{"a"}) + "; " + And([]string{"a", "b", "c"}) + "; " + Or([]string{"a", "b"}); got != "none; a; a, b and c; a or b" {
		t.Error(got)
	}
}

func TestExcerpt(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"two\r\n  lines ", "two lines"},
		{"\x1b[31mred\u202e\x9b", "·[31mred··"},
		{strings.Repeat("é", 30), strings.Repeat("é", 20) + "…"},
		{"", ""},
	} {
		if got := Excerpt(test.text, 20); got != test.want {
			t.Errorf("Excerpt(%q) = %q, want %q", test.text, got, test.want)
		}
	}
	if got := Cut("a  b\tc\n\x1b\xffdé", 7); got != "a  b c …" {
		t.Errorf("Cut: %q", got)
	}
	if got := Cut("a  b\x1b\xff", 7); got != "a  b··" {
		t.Errorf("Cut: %q", got)
	}
	if got := Printable("a\tb\n\x1b\xff"); got != "a\tb\n··" {
		t.Errorf("Printable: %q", got)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"booking.created", "booking.created"},
		{"a\n--> b\tc\u2028d", "a --> b c d"},
		{"\x1b[31m\u009b31m\x9b\u202etxt\u2066", "·[31m·31m··txt·"},
		{"é…", "é…"},
	} {
		if got := Line(test.text); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("a\xffb\u202e c")
	f.Fuzz(func(t *testing.T, text string) {
		got := Excerpt(text, 10)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 12 {
			t.Fatalf("Excerpt(%q) = %q", text, got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("Excerpt(%q) = %q has %U", text, got, r)
			}
		}
	})
}

func TestEscapeJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\"a\": \"ü 日本 \\n\"}\n\x1b[31m": "{\"a\": \"ü 日本 \\n\"}\n\x1b[31m",
		"\"\u009b31m\x7f\u202e\"":         `"\u009b31m\u007f\u202e"`,
		"\"\U000e0041\"":                  `"\udb40\udc41"`,
		"\xff\u0085":                      "\xff\\u0085",
	} {
		if got := string(EscapeJSON([]byte(text))); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
