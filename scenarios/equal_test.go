package scenarios_test

import (
	"encoding/json"
	"testing"

	"semblance/scenarios"
)

func TestEqualJSON(t *testing.T) {
	t.Parallel()
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
			t.Errorf("EqualJSON(%v, %v) = %t", test.a, test.b, got)
		}
	}
}
