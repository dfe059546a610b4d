// Package schemas is the catalogue of the provider's webhook event types: the one place that knows their names and
// identifiers. Everything else (JSON Schemas, payloads, help, completion, documentation, tests) derives from it.
//
//	t, err := schemas.Lookup("booking.created")        // what a booking.created carries
//	ts, err := schemas.Match("booking.*")               // the types that a pattern names
//	for _, t := range schemas.All() { ... }             // the types that the provider sends today
//
// A [Change] is one event that happened, before it is owed to anybody: its type and its identifiers, without those
// whose record does not exist. The clinic (package fixtures) makes Changes; the simulator delivers them.
//
// The table is Go code, generated from catalogue.yaml, so that start-up parses nothing. Below this folder there is data:
// payload/ has one JSON Schema per event type, response/ schemas for what receivers answer. Compiling and applying
// them is the job of schemas/validate.
package schemas

//go:generate go run -C .. ./internal/generate

// Evidence says how well an event type is known: from the provider's public documentation, as catalogue.yaml records.
type Evidence string

// The kinds of evidence, the strongest first.
const (
	EvidencePage        Evidence = "page"        // on an event reference page of the provider
	EvidenceReleaseNote Evidence = "releaseNote" // announced in a release note
	EvidenceInferred    Evidence = "inferred"    // the name is known, the identifiers are deduced
	EvidenceRetired     Evidence = "retired"     // an old name, absent from today's reference
)

// Group is a family of event types, as the provider documents them.
type Group struct {
	Key     string // as patterns name it: group:KEY
	Title   string
	Summary string
}

// EventType is one row of the catalogue. The rows are shared: treat them as read-only.
type EventType struct {
	Name         string        // dotted and case-sensitive, such as "booking.patientJourney.noShow"
	Group        string        // key of its Group
	Summary      string        // one sentence, without a full stop
	Required     []string      // identifiers that are always there
	Optional     []string      // identifiers that are there only when their record exists
	OneOf        []string      // exactly one of these is there, if any are listed
	OptionalWith []Conditional // identifiers that may come only beside one of OneOf
	Values       []Value       // the identifiers that are not ids, and what they are instead
	Metadata     []Field       // the fields of the top-level metadata object, if the type has one
	FormerEnum   string        // the upper-case enum name that the API dropped on 2026-06-08, or ""
	Evidence     Evidence

	keys []string // all of the identifiers, in the order of the payload
}

// Conditional names the optional identifiers that may come only beside the identifier With.
type Conditional struct {
	With     string
	Optional []string
}

// ValueKind is what a plain value holds.
type ValueKind string

// The kinds of plain values among the identifiers.
const (
	ValueEnum      ValueKind = "enum"      // one of Value.Enum
	ValueObjectID  ValueKind = "objectId"  // an id, but of no record kind of its own
	ValueDateTime  ValueKind = "date-time" // RFC 3339
	ValueJSONArray ValueKind = "jsonArray" // a JSON array of strings, encoded as one string
)

// Value describes an identifier that is a plain value and not the id of a record. It is a string all the same.
type Value struct {
	Name string
	Kind ValueKind
	Enum []string // for ValueEnum
}

// Field describes one field of the top-level metadata object.
type Field struct {
	Name     string
	Type     string // JSON type: "string", "integer" or "boolean"
	Optional bool
}

// Retired reports whether the provider no longer lists the type. A retired type is left out of [All] and of every
// pattern, and found by its full name alone.
func (t *EventType) Retired() bool { return t.Evidence == EvidenceRetired }
