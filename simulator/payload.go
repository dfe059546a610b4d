package simulator

import (
	"strconv"
	"unicode/utf8"

	"semblance/schemas"
)

// AppendPayload appends the body of one attempt to dst: a compact JSON object with the provider's order of keys, which
// only this function knows. These bytes are signed, sent and stored; no other code encodes a payload.
func AppendPayload(dst []byte, subscriptionID, eventID string, e *schemas.Event) []byte {
	dst = append(dst, `{"subscriptionId":`...)
	dst = appendString(dst, subscriptionID)
	dst = append(dst, `,"eventId":`...)
	dst = appendString(dst, eventID)
	dst = append(dst, `,"eventType":`...)
	dst = appendString(dst, e.Type.Name)
	dst = append(dst, `,"identifiers":{`...)
	for i := range e.Identifiers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, e.Identifiers[i].Name)
		dst = append(dst, ':')
		dst = appendString(dst, e.Identifiers[i].Value)
	}
	dst = append(dst, '}')
	return append(appendMetadata(dst, e.Metadata), '}')
}

// appendMetadata appends the metadata object, without fields that have no value. An empty object is left out.
func appendMetadata(dst []byte, fields []schemas.MetadataField) []byte {
	open := false
	for _, m := range fields {
		before := len(dst)
		if open {
			dst = append(dst, ',')
		} else {
			dst = append(dst, `,"metadata":{`...)
		}
		dst = appendString(dst, m.Name)
		dst = append(dst, ':')
		var ok bool
		if dst, ok = appendValue(dst, m.Value); !ok {
			dst = dst[:before]
			continue
		}
		open = true
	}
	if open {
		dst = append(dst, '}')
	}
	return dst
}

// appendValue appends a value, and reports whether it is valid JSON other than null.
func appendValue(dst []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case string:
		return appendString(dst, v), true
	case int:
		return strconv.AppendInt(dst, int64(v), 10), true
	case bool:
		return strconv.AppendBool(dst, v), true
	}
	encoded, err := marshalPlain(v) // an event that was decoded from JSON may have other number types
	return append(dst, encoded...), err == nil && string(encoded) != "null"
}

// appendString appends s as a JSON string. It does not escape <, > and &. Invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	if !plain(s) {
		encoded, _ := marshalPlain(s) // a string can always be encoded
		return append(dst, encoded...)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// plain reports whether s needs no escape in a JSON string, as in every identifier.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-0x20 >= utf8.RuneSelf-0x20 || c == '"' || c == '\\' { // a byte below 0x20 wraps around
			return false
		}
	}
	return true
}
