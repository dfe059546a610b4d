package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// EncodeJSON returns a value of [validate.Parse] as compact JSON.
func EncodeJSON(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil { // not a JSON value
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// EqualJSON reports whether two values of [validate.Parse] are equal as JSON: numbers by their value (1 equals 1.0),
// objects regardless of the order of their keys.
func EqualJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, EqualJSON)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, EqualJSON)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || normalize(string(a)) == normalize(string(b)))
	}
	return a == b // nil, bool, string
}

// maxNumber is the length up to which numbers are compared by value; longer ones are compared as text.
const maxNumber = 400

// normalize returns the same text for JSON numbers of the same value: the digits without zeros at either end, and the
// power of ten of the last digit. It never expands an exponent, so 1e10000000 costs no more than 1.
func normalize(number string) string {
	if len(number) > maxNumber {
		return number
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	power := 0
	if exponent != "" {
		n, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return number
		}
		power = int(n)
	}
	sign := ""
	if rest, ok := strings.CutPrefix(mantissa, "-"); ok {
		sign, mantissa = "-", rest
	}
	integer, fraction, _ := strings.Cut(mantissa, ".")
	power -= len(fraction)
	digits := strings.TrimLeft(integer+fraction, "0")
	if digits == "" {
		return "0"
	}
	trimmed := strings.TrimRight(digits, "0")
	power += len(digits) - len(trimmed)
	return sign + trimmed + "e" + strconv.Itoa(power)
}
