package export

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"semblance/schemas"
	"semblance/schemas/naming"
)

const typeScriptHeader = `// Written by "semblance types --lang typescript" from the catalogue of event types. Do not edit.
// It contains only types, so it can be a .ts or a .d.ts file.
//
//   const event = JSON.parse(rawBody) as WebhookEvent;   // after verifying the signature of the raw body
//   switch (event.eventType) {
//     case "booking.created":
//       event.identifiers.bookingId;                     // string
//       event.identifiers.patientId;                     // string | undefined
//   }
//
// A receiver should respond 2xx to an event type that it does not know: new types appear without notice.

/** A MongoDB ObjectId: 24 lowercase hexadecimal digits. */
export type Id = string;

/** A time in the format of RFC 3339, such as "2026-01-31T09:30:00Z". */
export type DateTime = string;

/** A JSON array of strings, encoded as one string: JSON.parse returns a string[]. */
export type EncodedStrings = string;

/** The part that all payloads have. */
export interface Envelope<Type extends string, Identifiers> {
  /** The subscription that receives the event. */
  subscriptionId: Id;
  /** A unique id for this delivery attempt. */
  eventId: Id;
  eventType: Type;
  /** An identifier whose record does not exist is absent, never null and never empty. */
  identifiers: Identifiers;
}
`

const typeScriptFooter = `
/** The name of each event type. */
export type EventType = WebhookEvent["eventType"];

/** The payload of one event type: EventOf<"booking.created">. */
export type EventOf<Type extends EventType> = Extract<WebhookEvent, { eventType: Type }>;
`

// TypeScript writes an interface for the payload of each event type, and their union WebhookEvent, discriminated by
// eventType. The output compiles with --strict and --exactOptionalPropertyTypes.
func TypeScript(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(typeScriptHeader)
	var union strings.Builder
	for _, t := range schemas.AllWithRetired() {
		typeScriptEvent(&b, t)
		fmt.Fprintf(&union, "\n  | %s", exported(t.Name))
	}
	fmt.Fprintf(&b, "\n/** Any payload that the provider sends, discriminated by eventType. */\nexport type WebhookEvent =%s;\n", union.String())
	b.WriteString(typeScriptFooter)
	_, err := w.Write(b.Bytes())
	return err
}

func typeScriptEvent(b *bytes.Buffer, t *schemas.EventType) {
	name := exported(t.Name)
	shapes := alternatives(t)
	fmt.Fprintf(b, "\n/** The identifiers of %s. */\n", t.Name)
	if len(shapes) == 1 {
		fmt.Fprintf(b, "export interface %sIdentifiers {\n", name)
		typeScriptKeys(b, t, shapes[0], "  ")
		b.WriteString("}\n")
	} else {
		fmt.Fprintf(b, "export type %sIdentifiers =", name)
		for _, shape := range shapes {
			b.WriteString("\n  | {\n")
			typeScriptKeys(b, t, shape, "      ")
			b.WriteString("    }")
		}
		b.WriteString(";\n")
	}
	lines := []string{summary(t)}
	if text := note(t); t.Retired() {
		lines = append(lines, "@deprecated "+text)
	} else if text != "" {
		lines = append(lines, text)
	}
	fmt.Fprintf(b, "\n/**\n * %s\n */\n", strings.Join(lines, "\n * "))
	fmt.Fprintf(b, "export interface %s extends Envelope<%q, %sIdentifiers> {", name, t.Name, name)
	if len(t.Metadata) > 0 {
		b.WriteString("\n  metadata: {\n")
		for _, f := range t.Metadata {
			typeName := map[string]string{"integer": "number"}[f.Type]
			if typeName == "" {
				typeName = f.Type
			}
			fmt.Fprintf(b, "    %s%s: %s;\n", f.Name, optionalMark(f.Optional), typeName)
		}
		b.WriteString("  };\n")
	}
	b.WriteString("}\n")
}

func typeScriptKeys(b *bytes.Buffer, t *schemas.EventType, shape alternative, indent string) {
	for i, key := range append(append([]string{}, shape.required...), shape.optional...) {
		optional := i >= len(shape.required)
		fmt.Fprintf(b, "%s/** %s */\n%s%s%s: %s;\n", indent, about(t, key, optional), indent, key, optionalMark(optional), typeScriptValue(t, key))
	}
	for _, key := range shape.excluded {
		fmt.Fprintf(b, "%s%s?: never;\n", indent, key)
	}
}

func optionalMark(optional bool) string {
	if optional {
		return "?"
	}
	return ""
}

func typeScriptValue(t *schemas.EventType, key string) string {
	value, ok := t.Value(key)
	if !ok {
		return "Id"
	}
	switch value.Kind {
	case schemas.ValueDateTime:
		return "DateTime"
	case schemas.ValueJSONArray:
		return "EncodedStrings"
	case schemas.ValueEnum:
		return strings.Join(naming.List(value.Enum, strconv.Quote), " | ")
	}
	return "Id"
}
