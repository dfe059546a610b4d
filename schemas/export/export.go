// Package export writes the catalogue for other tools: types for the payloads in Go and TypeScript, an AsyncAPI and an
// OpenAPI document, the JSON Schemas in one file, and the test vectors of the signature.
//
//	export.Types(w, "typescript")       // semblance types --lang typescript
//	export.Documents()                  // the documents of `semblance export`
//	export.AsyncAPI(w)
//
// Every document contains all event types; retired ones are marked as deprecated. The output depends only on the
// catalogue.
package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"semblance/schemas"
	"semblance/schemas/naming"
)

// Version is the version of the exported documents. Raise it when the provider's contract changes.
const Version = "1.0.0"

// Language is a programming language that [Types] supports.
type Language struct {
	Name    string // as in --lang
	Summary string
	write   func(io.Writer) error
}

// Languages returns the supported languages.
func Languages() []Language {
	return []Language{
		{"go", "a Go package: a struct for each payload, and Parse", Go},
		{"typescript", "TypeScript: a union of the payloads, discriminated by eventType", TypeScript},
	}
}

// Types writes the types of the payloads in the language with the given name.
func Types(w io.Writer, language string) error {
	for _, l := range Languages() {
		if l.Name == language {
			return l.write(w)
		}
	}
	return errors.New(naming.Unknown("language", language, naming.List(Languages(), func(l Language) string { return l.Name })))
}

// Document is one document that derives from the catalogue.
type Document struct {
	Name    string // as in `semblance export NAME`
	Summary string
	Write   func(io.Writer) error
}

// Documents returns the documents that derive from the catalogue. The test vectors of [Vectors] are not among them:
// they belong to the signature.
func Documents() []Document {
	return []Document{
		{"asyncapi", "AsyncAPI 3.0: each message with its payload, the headers, the signature", AsyncAPI},
		{"openapi", "OpenAPI 3.1: the same as webhooks", OpenAPI},
		{"schemas", "the JSON Schemas of all payloads in one document (draft 2020-12)", Schemas},
	}
}

// Vectors writes the test vectors of the signature, which are JSON, with one newline at the end.
func Vectors(w io.Writer, vectors []byte) error {
	if !json.Valid(vectors) {
		return fmt.Errorf("the test vectors are not JSON")
	}
	_, err := w.Write(append(bytes.TrimRight(vectors, "\n"), '\n'))
	return err
}

// writeJSON writes a document indented and without escapes for HTML.
func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// summary returns the summary of an event type with a full stop.
func summary(t *schemas.EventType) string { return strings.TrimSuffix(t.Summary, ".") + "." }

// note returns a sentence about weak evidence for the type, or "".
func note(t *schemas.EventType) string {
	switch t.Evidence {
	case schemas.EvidenceInferred:
		return "The name is documented by the provider, the identifiers are inferred."
	case schemas.EvidenceRetired:
		return "Retired: the provider's reference no longer lists it."
	}
	return ""
}

// alternative is one set of identifiers that a type may have. Only types with OneOf have several.
type alternative struct {
	required, optional []string
	excluded           []string // identifiers of the other alternatives, which must be absent
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

// about returns the documentation of an identifier.
func about(t *schemas.EventType, key string, optional bool) string {
	text := ""
	value, isValue := t.Value(key)
	kind, role, isRecord := schemas.KindOf(key)
	switch {
	case isValue && value.Kind == schemas.ValueObjectID:
		text = "An id that names no record of its own kind."
	case isValue && value.Kind == schemas.ValueDateTime:
		text = "A time in the format of RFC 3339."
	case isValue && value.Kind == schemas.ValueJSONArray:
		text = "A JSON array of strings, encoded as one string."
	case isValue:
		text = "One of " + strings.Join(value.Enum, ", ") + "."
	case isRecord && role != kind:
		text = fmt.Sprintf("The id of the %s %s.", role, words(kind))
	case isRecord:
		text = fmt.Sprintf("The id of the %s.", words(kind))
	case key == "outboxId":
		text = "The id of the delivery in the provider's outbox."
	case key == "subscriptionId":
		text = "The subscription that the event is about."
	}
	if optional {
		text += " Absent if the record does not exist."
	}
	return text
}

// words separates the words of a camelCase name: locationGroup becomes "location group".
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

// exported returns a dotted or camelCase name in PascalCase, such as BookingPatientJourneyNoShow.
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
