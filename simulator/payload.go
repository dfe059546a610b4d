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

// plainPrefix returns how many bytes at the start of s need no escape in a JSON string: in an identifier, all.
func plainPrefix(s string) int {
	for i := range len(s) {
		if c := s[i]; c-0x20 >= utf8.RuneSelf-0x20 || c == '"' || c == '\\' { // a byte below 0x20 wraps around
			return i
		}
	}
	return len(s)
}

// appendString appends s as a JSON string. It does not escape <, > and &. Invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := plainPrefix(s)
	dst = append(dst, s[:start]...)
	for i := start; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		var escaped string
		switch {
		case c == '"':
			escaped = `\"`
		case c == '\\':
			escaped = `\\`
		case c == '\n':
			escaped = `\n`
		case c == '\r':
			escaped = `\r`
		case c == '\t':
			escaped = `\t`
		case c == '\b':
			escaped = `\b`
		case c == '\f':
			escaped = `\f`
		case c < 0x20:
			const hex = "0123456789abcdef"
			escaped = `\u00` + string([]byte{hex[c>>4], hex[c&15]})
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				escaped = `\ufffd`
			case r == '\u2028' || r == '\u2029': // as encoding/json does: line ends in old JavaScript
				escaped = `\u202` + string(rune('8'+r-'\u2028'))
			}
		}
		if escaped != "" {
			dst = append(dst, s[start:i]...)
			dst = append(dst, escaped...)
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
