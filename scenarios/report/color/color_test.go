package color

import "testing"

func TestPaint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text       string
		attributes []Attribute
		want       string
	}{
		{"passed", []Attribute{FgGreen}, "\x1b[32mpassed\x1b[0m"},
		{"FAIL", []Attribute{FgRed, Bold}, "\x1b[31;1mFAIL\x1b[0m"},
		{"", []Attribute{Bold}, ""},
		{"plain", nil, "plain"},
	} {
		if got := Paint(test.text, test.attributes...); got != test.want {
			t.Errorf("Paint(%q, %v) is %q, want %q", test.text, test.attributes, got, test.want)
		}
	}
}
