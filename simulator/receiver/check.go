package receiver

import (
	"fmt"
	"net/http"
	"strings"

	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/validate"
)

// check holds an event against what the receiver relies on. It returns where the body departs from the schema of its type,
// and an error if it cannot be used for that: what is merely new is tolerated.
func check(t *schemas.EventType, e *Event, body []byte) ([]validate.Violation, error) {
	if conforms(t, e) {
		return nil, nil
	}
	schema, err := validate.Payload(t)
	if err != nil {
		return nil, err
	}
	violations := schema.Validate(body)
	for _, v := range violations {
		if !tolerated(v) {
			return violations, &refusal{http.StatusUnprocessableEntity, "invalid", fmt.Sprintf("the body is no %s: %s", t.Name, v)}
		}
	}
	return violations, nil
}

// tolerated says that a violation is something new and nothing that is missing or broken: the provider may add identifiers
// and metadata at any time.
func tolerated(v validate.Violation) bool {
	return strings.HasSuffix(v.Keyword, "/additionalProperties")
}

// conforms decides without the schema, in a hundredth of its time, that an event fits it. It speaks for the usual
// events alone: where it says no, the schema is asked, and that has the words too. A test holds the two together.
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
		case contains(t.Required, id.Name):
			required++
		case contains(t.OneOf, id.Name):
			if one != "" {
				return false
			}
			one = id.Name
		case !contains(t.Optional, id.Name) && !companion(t, id.Name, e):
			return false
		}
	}
	return required == len(t.Required) && (one != "" || len(t.OneOf) == 0)
}

// companion reports whether the identifier may come beside another one that is there.
func companion(t *schemas.EventType, name string, e *Event) bool {
	for _, c := range t.OptionalWith {
		if contains(c.Optional, name) && named(e.Identifiers, c.With) {
			return true
		}
	}
	return false
}

func named(identifiers []schemas.Identifier, name string) bool {
	for i := range identifiers {
		if identifiers[i].Name == name {
			return true
		}
	}
	return false
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
