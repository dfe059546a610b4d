package body_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"semblance/simulator/body"
)

const payload = `{"eventId":"e1","eventType":"booking.created","identifiers":{"bookingId":"b1","patientId":"p1"}}`

func text(s string) *string { return &s }
func percent(n int) *int    { return &n }

func TestApply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change body.Change
		want   string
	}{
		{"nothing", body.Change{}, payload},
		{"raw", body.Change{Raw: text("not json")}, "not json"},
		{"empty", body.Change{Raw: text("")}, ""},
		{"set", body.Change{Set: []body.Member{{"/eventType", json.Number("42")}, {"/identifiers/roomId", "r\"1"}, {"/extra", map[string]any{"a": []any{}}}}},
			`{"eventId":"e1","eventType":42,"identifiers":{"bookingId":"b1","patientId":"p1","roomId":"r\"1"},"extra":{"a":[]}}`},
		{"bytes that are not UTF-8", body.Change{Set: []body.Member{{"/eventId", "\xe9\xe9"}}}, strings.Replace(payload, "e1", "\xe9\xe9", 1)},
		{"remove", body.Change{Remove: []string{"/identifiers/patientId", "/eventId"}}, `{"eventType":"booking.created","identifiers":{"bookingId":"b1"}}`},
		{"twice", body.Change{Twice: "/eventId"}, `{"eventId":"e1","eventId":"e1","eventType":"booking.created","identifiers":{"bookingId":"b1","patientId":"p1"}}`},
		{"nest", body.Change{Raw: text("{}"), Nest: 3}, `{"nested":[[[]]]}`},
		{"spaced", body.Change{Raw: text(`{"a":[1,2],"b":"x,y:z"}`), Style: body.Spaced}, `{"a": [1, 2], "b": "x,y:z"}`},
		{"indented", body.Change{Raw: text(`{"a":[1]}`), Style: body.Indented}, "{\n  \"a\": [\n    1\n  ]\n}"},
		{"compact", body.Change{Raw: text(`{ "a" : 1 }`), Style: body.Compact}, `{"a":1}`},
		{"reordered", body.Change{Style: body.Reordered}, `{"identifiers":{"patientId":"p1","bookingId":"b1"},"eventType":"booking.created","eventId":"e1"}`},
		{"escaped", body.Change{Raw: text(`{"a":"xy","b":"\n","c":"é","d":"","e":1}`), Style: body.Escaped}, `{"a":"\u0078y","b":"\n","c":"é","d":"","e":1}`},
		{"newline", body.Change{Raw: text("{}"), Style: body.Newline}, "{}\n"},
		{"pad", body.Change{Raw: text("{}"), Pad: 5}, "{}   "},
		{"pad to less", body.Change{Raw: text("{}"), Pad: 1}, "{}"},
		{"append and keep", body.Change{Raw: text("{}"), Append: "abcd", Keep: percent(50)}, "{}a"},
		{"keep nothing", body.Change{Keep: percent(0)}, ""},
		{"in a list", body.Change{Raw: text(`[1,[2,3],{"a":"]}"}]`), Set: []body.Member{{"/1/0", nil}}, Remove: []string{"/0"}}, `[[null,3],{"a":"]}"}]`},
	}
	for _, test := range tests {
		got, err := test.change.Apply([]byte(payload))
		if err != nil || string(got) != test.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", test.name, got, err, test.want)
		}
	}
}

func TestApplyErrors(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]body.Change{
		`no "/identifiers/roomId"`: {Remove: []string{"/identifiers/roomId"}},
		`no "/a/b"`:                {Set: []body.Member{{"/a/b", "x"}}},
		`no "/eventId/0"`:          {Set: []body.Member{{"/eventId/0", "x"}}},
		"whole body":               {Remove: []string{""}},
		"not JSON":                 {Raw: text("x"), Style: body.Indented},
		"JSON object":              {Raw: text("[]"), Nest: 1},
	} {
		if got, err := change.Apply([]byte(payload)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %s, %v; want an error with %q", got, err, want)
		}
	}
}

// Every style is the same JSON.
func TestStyles(t *testing.T) {
	t.Parallel()
	var want any
	if err := json.Unmarshal([]byte(payload), &want); err != nil {
		t.Fatal(err)
	}
	for _, style := range body.Styles() {
		written, err := body.Write([]byte(payload), style)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(written, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s, %v", style, written, err)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	r, err := gzip.NewReader(bytes.NewReader(body.Gzip([]byte(payload))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != payload {
		t.Errorf("got %s, %v", got, err)
	}
}

// A body that is edited stays what it was, whatever JSON it is.
func FuzzApply(f *testing.F) {
	f.Add([]byte(payload))
	f.Add([]byte(`{"a":["\"\\",{"b":null}],"":0.5e-3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			t.Fatal(err)
		}
		change := body.Change{Set: []body.Member{{"/x", true}}}
		got, err := change.Apply(data)
		if err != nil {
			return // not an object
		}
		change = body.Change{Remove: []string{"/x"}}
		if got, err = change.Apply(got); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(got) {
			t.Errorf("%s became %s", data, got)
		}
	})
}
