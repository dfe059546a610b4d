package scenarios

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// maxNumber bounds the digits of a number that is compared by its value; one that is longer is equal to its own text alone.
const maxNumber = 400

// CheckPointer says what is wrong with the form of an RFC 6901 pointer: "" is the whole document, otherwise each part
// begins with /, and ~ is written ~0 and / within a part ~1.
func CheckPointer(pointer string) error {
	if pointer != "" && pointer[0] != '/' {
		return fmt.Errorf("%q is no pointer: it begins with /, such as /job/id", excerpt(pointer))
	}
	for i := range len(pointer) {
		if pointer[i] == '~' && (i+1 == len(pointer) || pointer[i+1] != '0' && pointer[i+1] != '1') {
			return fmt.Errorf("%q is no pointer: a ~ in it is written ~0", excerpt(pointer))
		}
	}
	return nil
}

// Lookup returns the value that an RFC 6901 pointer names in a document of [validate.Parse]. The error says which part of the
// pointer leads nowhere.
func Lookup(doc any, pointer string) (any, error) {
	if err := CheckPointer(pointer); err != nil {
		return nil, err
	}
	if pointer == "" {
		return doc, nil
	}
	done := 0
	for part := range strings.SplitSeq(pointer[1:], "/") {
		key := strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		next, ok := child(doc, key)
		if !ok {
			return nil, missing(doc, pointer[:done], key)
		}
		doc = next
		done += 1 + len(part)
	}
	return doc, nil
}

func child(doc any, key string) (any, bool) {
	switch doc := doc.(type) {
	case map[string]any:
		value, ok := doc[key]
		return value, ok
	case []any:
		i, err := strconv.ParseUint(key, 10, 31)
		if err != nil || int(i) >= len(doc) || strconv.FormatUint(i, 10) != key {
			return nil, false
		}
		return doc[i], true
	}
	return nil, false
}

func missing(doc any, at, key string) error {
	where := "the answer"
	if at != "" {
		where = at
	}
	switch doc := doc.(type) {
	case map[string]any:
		return fmt.Errorf("nothing: %s has no %q", where, key)
	case []any:
		return fmt.Errorf("nothing: %s is a list of %d", where, len(doc))
	}
	return fmt.Errorf("nothing: %s is %s", where, formatJSON(doc))
}

// EncodeJSON returns a value of [validate.Parse] as compact JSON.
func EncodeJSON(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil { // not a value that JSON knows
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// formatJSON returns a value of [validate.Parse] as compact JSON, cut to the length of a report.
func formatJSON(value any) string { return excerpt(EncodeJSON(value)) }

// EqualJSON reports whether two values of [validate.Parse] are the same JSON: numbers by value (1 is 1.0), objects whatever
// the order of their keys.
func EqualJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			if other, ok := b[key]; !ok || !EqualJSON(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !EqualJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || plain(string(a)) == plain(string(b)))
	}
	return a == b // nil, bool, string
}

// plain writes a JSON number in one way: its digits without zeros at either end, and the power of ten of the last one.
// Nothing is computed with its size, so 1e10000000 costs no more than 1.
func plain(number string) string {
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
	whole, fraction, _ := strings.Cut(mantissa, ".")
	power -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	trimmed := strings.TrimRight(digits, "0")
	power += len(digits) - len(trimmed)
	return sign + trimmed + "e" + strconv.Itoa(power)
}
