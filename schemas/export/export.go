// Package export writes what other tools read, from the catalogue alone: types for the payloads in Go and TypeScript, an
// AsyncAPI and an OpenAPI document, the JSON Schemas in one file, and the signature's test vectors.
//
//	export.Types(w, "typescript")       // semblance types --lang typescript
//	export.Documents()                  // what `semblance export` offers, by name
//	export.AsyncAPI(w)
//
// Every document holds all event types; retired ones are marked as deprecated. The output depends on nothing but the
// catalogue, so that a file which was written once changes only when the catalogue does.
package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"semblance/schemas"
	"semblance/schemas/naming"
)

// Version is the version of the exported documents. It is raised when the provider's contract changes.
const Version = "1.0.0"

// Language is a language that [Types] writes.
type Language struct {
	Name    string // as in --lang
	Summary string
	write   func(io.Writer) error
}

// Languages lists the languages that types can be written in.
func Languages() []Language {
	return []Language{
		{"go", "a Go package: a struct for each payload, and Parse", Go},
		{"typescript", "TypeScript: a union of the payloads, discriminated by eventType", TypeScript},
	}
}

// Types writes the types of the payloads in a language by its name.
func Types(w io.Writer, language string) error {
	languages := Languages()
	names := make([]string, len(languages))
	for i, l := range languages {
		if l.Name == language {
			return l.write(w)
		}
		names[i] = l.Name
	}
	return unknown("language", language, names)
}

// Document is a document that [Documents] lists.
type Document struct {
	Name    string // as in `semblance export NAME`
	Summary string
	Write   func(io.Writer) error
}

// Documents lists the documents that derive from the catalogue. The test vectors are not among them: they are the
// signature's, and [Vectors] is given them.
func Documents() []Document {
	return []Document{
		{"asyncapi", "AsyncAPI 3.0: each message with its payload, the headers, the signature", AsyncAPI},
		{"openapi", "OpenAPI 3.1: the same as webhooks", OpenAPI},
		{"schemas", "the JSON Schemas of all payloads in one document (draft 2020-12)", Schemas},
	}
}

func unknown(what, name string, known []string) error {
	if near := naming.Nearest(name, known); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q?", what, name, near)
	}
	return fmt.Errorf("unknown %s %q; there are %s", what, name, strings.Join(known, ", "))
}

// Vectors writes the signature's test vectors, the JSON of simulator/signature/testdata/vectors.json, as they are.
func Vectors(w io.Writer, vectors []byte) error {
	if !json.Valid(vectors) {
		return fmt.Errorf("the test vectors are not JSON")
	}
	_, err := w.Write(append(bytes.TrimRight(vectors, "\n"), '\n'))
	return err
}

// writeJSON writes a document for people to read: indented, and without the escapes that are meant for HTML.
func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// summary is the sentence of an event type, with its full stop.
func summary(t *schemas.EventType) string { return strings.TrimSuffix(t.Summary, ".") + "." }

// note says what a reader should know of how well the type is known, or "".
func note(t *schemas.EventType) string {
	switch t.Evidence {
	case schemas.EvidenceInferred:
		return "The name is known from the provider's documentation, the identifiers are inferred."
	case schemas.EvidenceRetired:
		return "Retired: the provider's reference no longer lists it."
	}
	return ""
}

// alternative is one shape of a type's identifiers. All types but the blockers have a single one.
type alternative struct {
	required, optional []string
	excluded           []string // keys of the other alternatives, which this one may not have
}

func alternatives(t *schemas.EventType) []alternative {
	if len(t.OneOf) == 0 {
		return []alternative{{required: t.Required, optional: t.Optional}}
	}
	var all []alternative
	for _, one := range t.OneOf {
		a := alternative{required: append(slices.Clone(t.Required), one)}
		for _, c := range t.OptionalWith {
			if c.With == one {
				a.optional = append(a.optional, c.Optional...)
			}
		}
		a.optional = append(a.optional, t.Optional...)
		for _, key := range t.Keys() {
			if !slices.Contains(a.required, key) && !slices.Contains(a.optional, key) {
				a.excluded = append(a.excluded, key)
			}
		}
		all = append(all, a)
	}
	return all
}

// about is the doc comment of an identifier.
func about(t *schemas.EventType, key string, optional bool) string {
	text := ""
	value, isValue := t.Value(key)
	kind, role, isRecord := schemas.KindOf(key)
	switch {
	case isValue && value.Kind == schemas.ValueObjectID:
		text = "An id, of no record of its own."
	case isValue && value.Kind == schemas.ValueDateTime:
		text = "A time, after RFC 3339."
	case isValue && value.Kind == schemas.ValueJSONArray:
		text = "A JSON array of strings, encoded as one string."
	case isValue:
		text = "One of " + strings.Join(value.Enum, ", ") + "."
	case isRecord && role != kind:
		text = fmt.Sprintf("The id of the %s %s.", role, words(kind))
	case isRecord:
		text = fmt.Sprintf("The id of the %s.", words(kind))
	case key == "outboxId":
		text = "The id of the delivery, in the provider's outbox."
	case key == "subscriptionId":
		text = "The subscription that the event is about."
	}
	if optional {
		text += " Absent when there is no such record."
	}
	return text
}

// words takes a camelCase name apart: locationGroup is a location group.
func words(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// exported turns a dotted or camelCase name into one that begins each word in upper case: BookingPatientJourneyNoShow.
func exported(name string) string {
	var b strings.Builder
	upper := true
	for _, r := range name {
		if r == '.' {
			upper = true
			continue
		}
		if upper && r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		upper = false
		b.WriteRune(r)
	}
	return b.String()
}
