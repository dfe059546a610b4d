package script_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"semblance/scenarios/script"
)

// table maps the text of references to values.
type table map[string]any

func (t table) Value(ref *script.Ref) (any, error) {
	if value, ok := t[ref.Text]; ok {
		return value, nil
	}
	return nil, errors.New("no such value")
}

// A value that is exactly one ${…} keeps its JSON type. A number of YAML that is not a number of JSON stays a string.
func TestResolve(t *testing.T) {
	t.Parallel()
	scenario, err := script.Parse("x.yaml", []byte(`
name: Values
cast: {ada: {kind: patient}}
steps:
  - {send: patient.created, about: ada, capture: {n: /n, o: /o, l: /l, z: /z}}
  - send: patient.updated
    identifiers: {patientId: "${ada.id}"}
    expect:
      headers: {X-Number: "n=${n} o=${o} $${n} $$${n}"}
      equals:
        /kept: [ "${n}", "${o}", "${l}", "${z}" ]
        /text: " ${n}"
        /plain: [1, 1.50, -2e3, "1", true, yes, null, ~, 010, 1_000, 0x1F, .5, 2020-01-01, 507191810190729860112233, 3.]
        /nested: {a: {b: ["${ada.id}"]}, c: {}, d: []}
        /id: "${request.eventId}"
`))
	if err != nil {
		t.Fatal(err)
	}
	send := scenario.Steps[1].(*script.Send)
	values := table{"n": json.Number("17"), "o": map[string]any{"a": "<b>"}, "l": []any{true}, "z": nil, "ada.id": "a1", "request.eventId": "e1"}
	got, err := send.Expect.Resolve(values, values)
	if err != nil {
		t.Fatal(err)
	}
	if want := `n=17 o={"a":"<b>"} ${n} $${n}`; got.Headers[0].Pattern != want {
		t.Errorf("got %s, want %s", got.Headers[0].Pattern, want)
	}
	want := map[string]any{
		"/kept": []any{json.Number("17"), map[string]any{"a": "<b>"}, []any{true}, nil},
		"/text": " 17",
		"/plain": []any{json.Number("1"), json.Number("1.50"), json.Number("-2e3"), "1", true, "yes", nil, nil, "010", "1_000", "0x1F", ".5",
			"2020-01-01", "507191810190729860112233", "3."},
		"/nested": map[string]any{"a": map[string]any{"b": []any{"a1"}}, "c": map[string]any{}, "d": []any{}},
		"/id":     "e1",
	}
	for _, q := range got.Equals {
		if !reflect.DeepEqual(q.Value, want[q.Pointer]) {
			t.Errorf("%s: got %#v, want %#v", q.Pointer, q.Value, want[q.Pointer])
		}
	}
	if uses := send.Uses; strings.Join(uses, " ") != "n o l z" {
		t.Errorf("the step uses %v", uses)
	}
	delete(values, "n")
	if _, err := send.Expect.Resolve(values, values); err == nil || err.Error() != "${n}: no such value" {
		t.Errorf("a missing value: %v", err)
	}
}

// The keys of a step override those of the file, which override the default. A step with a fault inherits the time limit only.
func TestExpectMerges(t *testing.T) {
	t.Parallel()
	scenario, err := script.Parse("x.yaml", []byte(`
name: Expectations
expect: {within: 5s, headers: {A: b}, equals: {/ok: true}, body: {type: object}}
steps:
  - send: invoice.paid
  - {send: invoice.paid, expect: {status: [200, 404]}}
  - {send: invoice.paid, expect: {headers: {}, within: 1s}}
  - {send: invoice.paid, expect: {response: none}}
  - {send: invoice.paid, expect: {body: absent}}
  - {send: invoice.paid, expect: {status: any, body: any, equals: {}}}
  - {send: invoice.paid, fault: {signature: tampered}, expect: {status: 4xx}}
  - {send: invoice.paid, fault: {transport: reset}, expect: {response: none}}
  - {send: invoice.paid, fault: {signature: future}, expect: {}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"2xx, within 5 s, A: b, /ok = true, a body that satisfies its schema",
		"200 or 404, within 5 s, A: b, /ok = true, a body that satisfies its schema",
		"2xx, within 1 s, /ok = true, a body that satisfies its schema",
		"no response",
		"2xx, within 5 s, A: b, no body",
		"any status, within 5 s, A: b",
		"4xx, within 5 s",
		"no response",
		"any status, within 5 s",
	} {
		got, err := scenario.Steps[i].(*script.Send).Expect.Resolve(table{}, table{})
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("step %d expects %s, want %s", i+1, got, want)
		}
	}
}

// Many warnings do not prevent a play.
func TestManyWarnings(t *testing.T) {
	t.Parallel()
	scenario, err := script.Parse("x.yaml", []byte("name: x ${y}\nsteps:\n"+strings.Repeat("  - {send: booking.created, invalid: on-purpose}\n", 300)))
	if err != nil {
		t.Fatalf("%.300v", err)
	}
	if errors, warnings := scenario.Warnings.Count(); errors != 0 || warnings != script.MaxProblems+1 {
		t.Errorf("%d errors and %d warnings listed", errors, warnings)
	}
}
