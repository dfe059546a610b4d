package human

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// EscapeJSON returns encoded JSON with an escape, such as \u009b, for each character that a terminal could interpret and that
// encoding/json does not escape: DEL, C1 control characters, bidirectional overrides and other invisible ones. The value stays
// the same. Text that is [Printable] has no such character.
func EscapeJSON(text []byte) []byte {
	controls := func(r rune) bool { return r > '~' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
	if !bytes.ContainsFunc(text, controls) {
		return text
	}
	var escaped bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !controls(r) {
			escaped.Write(text[:size])
		} else {
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&escaped, `\u%04x`, unit)
			}
		}
		text = text[size:]
	}
	return escaped.Bytes()
}
