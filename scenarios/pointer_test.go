package scenarios_test

import (
	"encoding/json"
	"testing"

	"semblance/scenarios"
	"semblance/schemas/validate"
)

// The document and the pointers of RFC 6901, section 5.
func TestLookupOfTheRFC(t *testing.T) {
	doc, err := validate.Parse([]byte(`{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/foo": `["bar","baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4",
		`/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8",
	} {
		got, err := scenarios.Lookup(doc, pointer)
		if err != nil || scenarios.EncodeJSON(got) != want {
			t.Errorf("%s: got %s, %v; want %s", pointer, scenarios.EncodeJSON(got), err, want)
		}
	}
	for _, pointer := range []string{"/foo/2", "/foo/01", "/foo/-", "/foo/+1", "/foo/0/a", "/bar", "foo", "/~", "/~2", "/foo/99999999999999999999"} {
		if got, err := scenarios.Lookup(doc, pointer); err == nil {
			t.Errorf("%s: found %v", pointer, got)
		}
	}
}

func TestEqualJSON(t *testing.T) {
	number := func(s string) any { return json.Number(s) }
	for _, test := range []struct {
		a, b any
		want bool
	}{
		{number("1"), number("1.0"), true}, {number("100"), number("1e2"), true}, {number("-0"), number("0.00"), true},
		{number("1e10000000"), number("10e9999999"), true}, {number("1e10000000"), number("1"), false},
		{number("12"), number("1.2"), false}, {number("-1"), number("1"), false}, {number("0.1"), number("1e-1"), true},
		{number("1"), "1", false}, {nil, nil, true}, {nil, false, false}, {"a", "a", true}, {true, true, true},
		{[]any{number("1")}, []any{number("1.0")}, true}, {[]any{}, []any{nil}, false}, {[]any{}, map[string]any{}, false},
		{map[string]any{"a": nil, "b": "c"}, map[string]any{"b": "c", "a": nil}, true}, {map[string]any{"a": nil}, map[string]any{"b": nil}, false},
		{number("1e99999999999999999999"), number("1e99999999999999999999"), true}, {number("1e99999999999999999999"), number("1"), false},
	} {
		if got := scenarios.EqualJSON(test.a, test.b); got != test.want || got != scenarios.EqualJSON(test.b, test.a) {
			t.Errorf("%v and %v: got %t", test.a, test.b, got)
		}
	}
}

func TestParseStatuses(t *testing.T) {
	for text, want := range map[string]string{"2xx": "2xx", "200": "200", "200, 202": "200 or 202", "5XX,404": "5xx or 404", "any": "any"} {
		if got, err := scenarios.ParseStatuses(text); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2x", "600", "099", "20", "2xxx", "+20", "200,", "200;202", "2x0"} {
		if got, err := scenarios.ParseStatuses(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}
