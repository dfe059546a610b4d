package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/validate"
)

// Expect is what a step expects of an answer. A part that is nil or zero expects nothing; the zero Expect is met by any
// whole answer.
type Expect struct {
	Response Presence
	Status   Statuses
	Headers  []HeaderPattern // each must be met by some header of that name
	Within   time.Duration   // from the first byte sent to the last byte read
	Equals   []Equal
	Body     BodySchema
	NoBody   bool // the answer must have no body
}

// Answer says whether an answer is expected at all.
type Presence string

// What may be expected of the answer as a whole.
const (
	ResponseExpected Presence = ""     // a whole answer, whatever else is said of it
	ResponseNone     Presence = "none" // no answer: reset, cut, lost, or silence
	ResponseAny      Presence = "any"  // an answer or none: nothing that comes can fail
)

// HeaderPattern is what a header of the answer must be: exact, or with * for any run of characters.
type HeaderPattern struct {
	Name    string
	Pattern string
}

// Equal is a value that the answer's body, read as JSON, must have at a place.
type Equal struct {
	Pointer string // RFC 6901
	Value   any    // nil, bool, string, json.Number, []any or map[string]any
}

// BodySchema is the JSON Schema that an answer's body must satisfy; a [validate.Schema] is one.
type BodySchema interface {
	Validate(data []byte) []validate.Violation
}

// Default returns what a send expects when a scenario says nothing: 2xx within the provider's time-out.
func Default() Expect {
	return Expect{Status: Statuses{{Low: 200, High: 299}}, Within: DefaultWithin}
}

// String returns what is expected, in words.
func (e Expect) String() string {
	switch e.Response {
	case ResponseNone:
		return "no answer"
	case ResponseAny:
		return "anything"
	}
	words := []string{"any status"}
	if len(e.Status) > 0 {
		words[0] = e.Status.String()
	}
	if e.Within > 0 {
		words = append(words, "within "+e.Within.String())
	}
	for _, h := range e.Headers {
		words = append(words, h.Name+": "+h.Pattern)
	}
	for _, q := range e.Equals {
		words = append(words, q.Pointer+" = "+formatJSON(q.Value))
	}
	if e.Body != nil {
		words = append(words, "a body that satisfies its schema")
	}
	if e.NoBody {
		words = append(words, "no body")
	}
	return strings.Join(words, ", ")
}

// Statuses is a set of HTTP statuses. The empty set stands for any.
type Statuses []StatusRange

// StatusRange is an inclusive range of statuses: a class, or one number.
type StatusRange struct{ Low, High int }

// Contains reports whether the set holds the status; the empty one holds all.
func (s Statuses) Contains(status int) bool {
	return len(s) == 0 || slices.ContainsFunc(s, func(r StatusRange) bool { return r.Low <= status && status <= r.High })
}

// String returns the set as a scenario writes it, such as "2xx" or "200 or 202".
func (s Statuses) String() string {
	if len(s) == 0 {
		return "any"
	}
	words := make([]string, len(s))
	for i, r := range s {
		switch {
		case r.Low == r.High:
			words[i] = strconv.Itoa(r.Low)
		case r.Low%100 == 0 && r.High == r.Low+99:
			words[i] = strconv.Itoa(r.Low/100) + "xx"
		default:
			words[i] = fmt.Sprintf("%d to %d", r.Low, r.High)
		}
	}
	return strings.Join(words, " or ")
}

// ParseStatus reads one status as a scenario writes it: a number such as 202, or a class such as 2xx.
func ParseStatus(text string) (StatusRange, error) {
	if len(text) == 3 && text[0] >= '1' && text[0] <= '5' {
		if strings.EqualFold(text[1:], "xx") {
			low := int(text[0]-'0') * 100
			return StatusRange{Low: low, High: low + 99}, nil
		}
		if n, err := strconv.ParseUint(text, 10, 16); err == nil {
			return StatusRange{Low: int(n), High: int(n)}, nil
		}
	}
	return StatusRange{}, fmt.Errorf("%q is no status: write a number such as 202, a class such as 2xx, a list of them, or any", excerpt(text))
}

// ParseStatuses reads statuses separated by commas, such as "2xx" or "200,202". "any" is the set of all.
func ParseStatuses(text string) (Statuses, error) {
	if text == "any" {
		return nil, nil
	}
	var set Statuses
	for word := range strings.SplitSeq(text, ",") {
		r, err := ParseStatus(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		set = append(set, r)
	}
	return set, nil
}
