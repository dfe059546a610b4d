package pointer_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"semblance/schemas/pointer"
)

// The document and the pointers of RFC 6901, section 5.
const rfc = `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}`

func parse(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestLookup(t *testing.T) {
	document := parse(t, rfc)
	for text, want := range map[string]string{
		"/foo": `["bar","baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4",
		`/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8",
	} {
		value, err := pointer.Lookup(document, text)
		got, _ := json.Marshal(value)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
		if p, err := pointer.Parse(text); err != nil || p.String() != text {
			t.Errorf("%s parses as %q, %v", text, p, err)
		}
	}
	if whole, err := pointer.Lookup(document, ""); err != nil || len(whole.(map[string]any)) != 10 {
		t.Errorf("the empty pointer: got %v, %v", whole, err)
	}
}

func TestLookupErrors(t *testing.T) {
	document := parse(t, rfc)
	for text, want := range map[string]string{
		"foo":                       `invalid JSON pointer "foo": it must start with /, such as /job/id`,
		"/~":                        `invalid JSON pointer "/~": write ~ as ~0`,
		"/a~2":                      `invalid JSON pointer "/a~2": write ~ as ~0`,
		"/bar":                      `the document has no "bar"`,
		"/foo/2":                    "/foo has 2 items",
		"/foo/01":                   "/foo has 2 items",
		"/foo/+1":                   "/foo has 2 items",
		"/foo/-":                    "/foo has 2 items",
		"/foo/99999999999999999999": "/foo has 2 items",
		"/foo/0/a":                  `/foo/0 is "bar"`,
		"/m~0n/a":                   "/m~0n is 8",
	} {
		if value, err := pointer.Lookup(document, text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, %v; want %s", text, value, err, want)
		}
	}
}

func TestCompare(t *testing.T) {
	got := []string{"/b", "/a/10", "/a/2", "", "/a", "/a/x"}
	slices.SortFunc(got, func(a, b string) int {
		x, _ := pointer.Parse(a)
		y, _ := pointer.Parse(b)
		return pointer.Compare(x, y)
	})
	if want := []string{"", "/a", "/a/2", "/a/10", "/a/x", "/b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/a~1b/~0/01")
	f.Add("/~")
	document := parse(f, rfc)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pointer.Parse(text)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Errorf("%q parses as %q", text, p.String())
		}
		if _, err := p.Lookup(document); err != nil && len(err.Error()) > 200+len(text) {
			t.Errorf("%q: an error of %d bytes", text, len(err.Error()))
		}
	})
}
