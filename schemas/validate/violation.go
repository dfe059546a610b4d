package validate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/pointer"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// MaxViolations is the largest number of violations that a validation reports. If there are more, the last one is their
// number.
const MaxViolations = 100

// Violation is a place where a document does not match its schema.
type Violation struct {
	Pointer  string `json:"pointer"`  // RFC 6901, into the document; "" is the whole document
	Keyword  string `json:"keyword"`  // the violated keyword with its place in the schema: /properties/job/required; "" if unknown
	Expected string `json:"expected"` // such as: a string
	Got      string `json:"got"`      // such as: the number 12
}

// String returns the violation as one line.
func (v Violation) String() string {
	place := "the document"
	if v.Pointer != "" {
		place = printableName(v.Pointer)
	}
	return fmt.Sprintf("%s: expected %s, got %s", place, v.Expected, v.Got)
}

func outOfBounds(err error) Violation {
	var document *documentError
	if errors.As(err, &document) {
		return Violation{Expected: document.expected, Got: document.got}
	}
	return Violation{Expected: "a valid document", Got: err.Error()}
}

// finding is a violation with its sort key.
type finding struct {
	Violation
	at pointer.Pointer
}

// validate applies the compiled schema to a document within the bounds. name describes an empty body in messages.
func (s *Schema) validate(document any, name string) (violations []Violation) {
	defer func() {
		if r := recover(); r != nil {
			got := fmt.Sprintf("a failure of the validation (%v)", r)
			if r == errBudget {
				got = fmt.Sprintf("more than %s: the schema is too expensive for this document", human.Count(s.budget.limit(document), "step"))
			}
			violations = []Violation{{Expected: "a validation by " + s.name, Got: got}}
		}
	}()
	err := s.budget.spend(document, func() error { return s.compiled.Validate(document) })
	if err == nil {
		return nil
	}
	var failure *jsonschema.ValidationError
	if !errors.As(err, &failure) {
		return []Violation{{Expected: "a validation by " + s.name, Got: plainLoop(err)}}
	}
	j := judge{documents: s.documents, document: document, name: name}
	return limit100(j.flatten(failure))
}

func plainLoop(err error) string {
	var loop jsonschema.InfiniteLoopError
	if errors.As(err, &loop) {
		return "a $ref that leads back to itself"
	}
	return strings.TrimPrefix(err.Error(), "jsonschema: ")
}

// judge explains the failures of one validation.
type judge struct {
	documents documents
	document  any
	name      string
}

// flatten returns the findings below a failure, sorted, because the library's order is random. A failure of alternatives
// (anyOf, oneOf), contains or not is one finding, explained by the failures of the alternatives.
func (j *judge) flatten(failure *jsonschema.ValidationError) []finding {
	var findings []finding
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 || isLeaf(e) {
			findings = append(findings, j.explain(e)...)
			return
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(failure)
	slices.SortFunc(findings, func(a, b finding) int {
		return cmp.Or(pointer.Compare(a.at, b.at), cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Expected, b.Expected))
	})
	return slices.CompactFunc(findings, func(a, b finding) bool { return a.Violation == b.Violation })
}

func isLeaf(e *jsonschema.ValidationError) bool {
	switch lastToken(e.KeywordLocation) {
	case "anyOf", "oneOf", "not", "minContains", "maxContains":
		return true
	}
	return false
}

func lastToken(location string) string { return location[strings.LastIndexByte(location, '/')+1:] }

func limit100(findings []finding) []Violation {
	more := len(findings) - MaxViolations
	if more > 0 {
		findings = findings[:MaxViolations-1]
	}
	violations := make([]Violation, len(findings), len(findings)+1)
	for i, f := range findings {
		violations[i] = f.Violation
	}
	if more > 0 {
		violations = append(violations, Violation{Expected: "fewer violations", Got: fmt.Sprintf("%d more", more+1)})
	}
	return violations
}
