// Package schemas is the catalogue of the provider's webhook event types. Only this package knows their names and
// identifiers. JSON Schemas, payloads, help, completion, documentation and tests derive from it.
//
//	t, err := schemas.Lookup("booking.created")  // one type, with its identifiers
//	ts, err := schemas.Match("booking.*")        // the types that match a pattern
//	ts := schemas.All()                          // the types that the provider sends today
//
// An [Event] is one thing that happened: its type and its identifiers. Package fixtures creates events; the simulator
// delivers them.
//
// The table is Go code, generated from catalogue.yaml, so that nothing is parsed at start-up. The folder payload holds
// one JSON Schema per event type, the folder response holds schemas for the responses of receivers. Package validate
// compiles and applies them.
package schemas

//go:generate go run -C .. ./schemas/internal/regenerate

// Evidence is the source of an event type in the provider's public documentation.
type Evidence string

// The kinds of evidence, strongest first.
const (
	EvidencePage        Evidence = "page"        // on an event reference page of the provider
	EvidenceReleaseNote Evidence = "releaseNote" // announced in a release note
	EvidenceInferred    Evidence = "inferred"    // the name is documented, the identifiers are deduced
	EvidenceRetired     Evidence = "retired"     // an old name, absent from today's reference
)

// Group is a family of event types, as the provider documents them.
type Group struct {
	Key     string // as in the pattern group:KEY
	Title   string
	Summary string
}

// EventType is one row of the catalogue. The rows are shared: treat them as read-only.
type EventType struct {
	Name         string        // dotted and case-sensitive, such as "booking.patientJourney.noShow"
	Group        string        // key of its Group
	Summary      string        // one sentence, without a full stop
	Required     []string      // identifiers that are always present
	Optional     []string      // identifiers that are present if their record exists
	OneOf        []string      // alternatives: exactly one of these is present, if any are listed
	OptionalWith []Conditional // optional identifiers that depend on one of OneOf
	Values       []Value       // the identifiers that are not ids of records
	Metadata     []Field       // the fields of the top-level metadata object, if the type has one
	FormerEnum   string        // the upper-case enum name that the API dropped on 2026-06-08, or ""
	Evidence     Evidence

	keys []string // all identifiers, in the order of the payload
}

// Conditional lists optional identifiers that may be present only if the identifier With is present.
type Conditional struct {
	With     string
	Optional []string
}

// ValueKind is the format of a plain value.
type ValueKind string

// The kinds of plain values among the identifiers.
const (
	ValueEnum      ValueKind = "enum"      // one of Value.Enum
	ValueObjectID  ValueKind = "objectId"  // an id that names no kind of record
	ValueDateTime  ValueKind = "date-time" // RFC 3339
	ValueJSONArray ValueKind = "jsonArray" // a JSON array of strings, encoded as one string
)

// Value describes an identifier that is not the id of a record. Its JSON type is string, as for every identifier.
type Value struct {
	Name string    `json:"name"`
	Kind ValueKind `json:"kind"`
	Enum []string  `json:"enum,omitempty"` // the values of ValueEnum
}

// Field describes one field of the top-level metadata object.
type Field struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // JSON type: "string", "integer" or "boolean"
	Optional bool   `json:"optional,omitempty"`
}

// Retired reports whether the provider no longer lists the type. [All] and patterns omit retired types; [Lookup] finds
// them by their full name.
func (t *EventType) Retired() bool { return t.Evidence == EvidenceRetired }
