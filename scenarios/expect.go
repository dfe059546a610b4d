package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/human"
	"semblance/schemas/validate"
)

// Expect is the response that a step expects. A nil or zero part accepts any value; the zero Expect accepts any complete
// response.
type Expect struct {
	Response Presence
	Status   Statuses
	Headers  []HeaderPattern // at least one header of the response must match each of them
	Within   time.Duration   // from the first byte sent to the last byte received
	Equals   []Equal
	Body     BodySchema
	NoBody   bool // the response must have no body
}

// Presence says whether a response is expected at all.
type Presence string

// The values of [Expect.Response].
const (
	ResponseExpected Presence = ""       // a complete response
	ResponseNone     Presence = "none"   // no response: connection reset or cut, response lost, time-out
	ResponseClosed   Presence = "closed" // the receiver ended the connection without a response
	ResponseAny      Presence = "any"    // a response or none; the other expectations do not apply
)

// HeaderPattern is the expected value of a response header. In the pattern * matches any run of characters.
type HeaderPattern struct {
	Name    string
	Pattern string
	Shown   string // the pattern for messages, if it differs: without values of the environment
}

// String returns the pattern as it may be shown.
func (h HeaderPattern) String() string { return cmp.Or(h.Shown, h.Pattern) }

// Equal is a value that the JSON body of the response must contain.
type Equal struct {
	Pointer string // RFC 6901
	Value   any    // nil, bool, string, json.Number, []any or map[string]any
	Shown   any    // the value for messages, if it differs: without values of the environment
}

// String returns the value as it may be shown, as JSON.
func (e Equal) String() string {
	if e.Shown != nil {
		return EncodeJSON(e.Shown)
	}
	return EncodeJSON(e.Value)
}

// BodySchema is the JSON Schema that the body of a response must satisfy, such as a [validate.Schema].
type BodySchema interface {
	Validate(data []byte) []validate.Violation
}

// DefaultWithin is the time limit for a response if a scenario sets none: the provider's time-out for a whole attempt.
// The provider does not publish it; this is the default of the contract.
const DefaultWithin = 10 * time.Second

// Default returns the expectation of a send without `expect`: 2xx within [DefaultWithin].
func Default() Expect {
	return Expect{Status: Statuses{{Low: 200, High: 299}}, Within: DefaultWithin}
}

// ReadsBody reports whether the expectation judges the body, which is then read whole.
func (e Expect) ReadsBody() bool { return e.Body != nil || len(e.Equals) > 0 }

// String returns the expectation in words.
func (e Expect) String() string {
	switch e.Response {
	case ResponseNone:
		return "no response"
	case ResponseClosed:
		return "a closed connection"
	case ResponseAny:
		return "anything"
	}
	words := []string{"any status"}
	if len(e.Status) > 0 {
		words[0] = e.Status.String()
	}
	if e.Within > 0 {
		words = append(words, "within "+human.Duration(e.Within))
	}
	for _, h := range e.Headers {
		words = append(words, h.Name+": "+h.String())
	}
	for _, q := range e.Equals {
		words = append(words, q.Pointer+" = "+human.Cut(q.String(), maxText))
	}
	if e.Body != nil {
		words = append(words, "a body that satisfies its schema")
	}
	if e.NoBody {
		words = append(words, "no body")
	}
	return strings.Join(words, ", ")
}

// Statuses is a set of HTTP status codes. The empty set stands for any status.
type Statuses []StatusRange

// StatusRange is an inclusive range of status codes: a class such as 2xx, or a single code. With a Word it is the set of that
// word, which need not be one range.
type StatusRange struct {
	Low, High int
	Word      Word
}

func (r StatusRange) contains(status int) bool {
	return r.Low <= status && status <= r.High || r.Word != "" && r.Word.contains(status)
}

// Contains reports whether the set contains the status.
func (s Statuses) Contains(status int) bool {
	return len(s) == 0 || slices.ContainsFunc(s, func(r StatusRange) bool { return r.contains(status) })
}

// String returns the set in the form of a scenario file, such as "2xx" or "200 or 202".
func (s Statuses) String() string {
	if len(s) == 0 {
		return "any"
	}
	words := make([]string, len(s))
	for i, r := range s {
		switch {
		case r.Word != "":
			words[i] = r.Word.String()
		case r.Low == r.High:
			words[i] = strconv.Itoa(r.Low)
		case r.Low%100 == 0 && r.High == r.Low+99:
			words[i] = strconv.Itoa(r.Low/100) + "xx"
		default:
			words[i] = fmt.Sprintf("%d to %d", r.Low, r.High)
		}
	}
	return human.Or(words)
}

// ParseStatus parses a status code such as 202, a class such as 2xx, or one of [StatusWords].
func ParseStatus(text string) (StatusRange, error) {
	if slices.Contains(StatusWords(), Word(text)) {
		return StatusRange{Word: Word(text)}, nil
	}
	if len(text) == 3 && text[0] >= '1' && text[0] <= '5' {
		if strings.EqualFold(text[1:], "xx") {
			low := int(text[0]-'0') * 100
			return StatusRange{Low: low, High: low + 99}, nil
		}
		if n, err := strconv.ParseUint(text, 10, 16); err == nil {
			return StatusRange{Low: int(n), High: int(n)}, nil
		}
	}
	return StatusRange{}, fmt.Errorf("invalid status %s: use a number such as 202, a class such as 2xx, a word such as accepted or refused, a list of them, or any", human.Quoted(text))
}

// ParseStatuses parses status codes and classes separated by commas, such as "2xx" or "200,202". "any" is the empty set.
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
