package receiver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/validate"
)

// check validates the body against the schema of its type. It returns all violations, and an error if one of them is not
// tolerated.
func check(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	if conforms(t, e) {
		return nil, nil
	}
	violations := validate.PayloadViolations(t, body)
	for _, v := range violations {
		if !isTolerated(v) {
			return violations, &refusal{http.StatusUnprocessableEntity, "invalid", fmt.Sprintf("invalid %s: %s", t.Name, v)}
		}
	}
	return violations, nil
}

// isTolerated reports whether a violation is only an unknown identifier or metadata, which the provider may add at any
// time.
func isTolerated(v validate.Violation) bool {
	return strings.HasSuffix(v.Keyword, "/additionalProperties")
}

// conforms reports whether a usual event is valid, a hundred times faster than the schema. If it returns false, the schema
// decides and explains. A test compares the two.
func conforms(t *schemas.EventType, e *Event) bool {
	if len(t.Values) > 0 || len(t.Metadata) > 0 || e.Metadata != nil || !objectid.Valid(e.EventID) || !objectid.Valid(e.SubscriptionID) {
		return false
	}
	required := 0
	var one string
	for i, id := range e.Identifiers {
		if !objectid.Valid(id.Value) || named(e.Identifiers[:i], id.Name) {
			return false
		}
		switch {
		case slices.Contains(t.Required, id.Name):
			required++
		case slices.Contains(t.OneOf, id.Name):
			if one != "" {
				return false
			}
			one = id.Name
		case !slices.Contains(t.Optional, id.Name) && !allowedBeside(t, id.Name, e):
			return false
		}
	}
	return required == len(t.Required) && (one != "" || len(t.OneOf) == 0)
}

// allowedBeside reports whether the identifier may accompany another one of the event.
func allowedBeside(t *schemas.EventType, name string, e *Event) bool {
	for _, c := range t.OptionalWith {
		if slices.Contains(c.Optional, name) && named(e.Identifiers, c.With) {
			return true
		}
	}
	return false
}

func named(identifiers []schemas.Identifier, name string) bool {
	return slices.ContainsFunc(identifiers, func(id schemas.Identifier) bool { return id.Name == name })
}
