package schemas

import "encoding/json"

// Description is the JSON form of an event type, in the output of commands and in the control API.
type Description struct {
	Name         string              `json:"name"`
	Group        string              `json:"group"` // the family that it is documented in
	Summary      string              `json:"summary"`
	Required     []string            `json:"required"`               // identifiers that are always present
	Optional     []string            `json:"optional"`               // identifiers that are present if their record exists
	OneOf        []string            `json:"oneOf,omitempty"`        // identifiers of which exactly one is present
	OptionalWith map[string][]string `json:"optionalWith,omitempty"` // by an identifier of oneOf: those that are present only with it
	Values       []Value             `json:"values,omitempty"`       // the identifiers that are not ids of records
	Metadata     []Field             `json:"metadata,omitempty"`     // the fields of the metadata object
	FormerEnum   string              `json:"formerEnum,omitempty"`   // the name that the provider's API dropped
	Evidence     Evidence            `json:"evidence"`               // how well it is known
	Retired      bool                `json:"retired,omitempty"`      // the provider no longer lists it

	Schema  json.RawMessage `json:"schema,omitempty"`  // JSON Schema of the payload; only of a single event type
	Example json.RawMessage `json:"example,omitempty"` // a payload; only of a single event type
}

// Description returns the JSON form of the type, without Schema and Example.
func (t *EventType) Description() Description {
	d := Description{
		Name: t.Name, Group: t.Group, Summary: t.Summary,
		Required: append([]string{}, t.Required...), Optional: append([]string{}, t.Optional...), OneOf: t.OneOf,
		Values: t.Values, Metadata: t.Metadata, FormerEnum: t.FormerEnum, Evidence: t.Evidence, Retired: t.Retired(),
	}
	for _, c := range t.OptionalWith {
		if d.OptionalWith == nil {
			d.OptionalWith = map[string][]string{}
		}
		d.OptionalWith[c.With] = c.Optional
	}
	return d
}
