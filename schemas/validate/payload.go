package validate

import (
	"fmt"

	"semblance/schemas"
)

// PayloadViolations returns the violations of an event type's schema in an encoded payload.
func PayloadViolations(t *schemas.EventType, payload []byte) []Violation {
	schema, err := Payload(t)
	if err != nil { // a test compiles every schema of the catalogue
		return []Violation{{Expected: "a payload with a schema", Got: err.Error()}}
	}
	return schema.Validate(payload)
}

// CheckPayload returns an error with the first of the [PayloadViolations], or nil.
func CheckPayload(t *schemas.EventType, payload []byte) error {
	if violations := PayloadViolations(t, payload); len(violations) > 0 {
		return fmt.Errorf("the payload violates the schema of %s: %s", t.Name, violations[0])
	}
	return nil
}
