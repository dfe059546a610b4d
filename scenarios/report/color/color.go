// Package color writes text in the colors of a terminal. It does not decide whether a writer is a terminal.
//
//	color.Paint("FAIL", color.FgRed, color.Bold)
package color

import (
	"strconv"
	"strings"
)

// An Attribute is a color or a weight of text: a parameter of the control sequence SGR (ECMA-48, 8.3.117).
type Attribute int

// The attributes in use.
const (
	Bold     Attribute = 1
	Faint    Attribute = 2
	FgRed    Attribute = 31
	FgGreen  Attribute = 32
	FgYellow Attribute = 33
)

// Paint returns the text with the attributes, and with the sequence that ends them. Empty text stays empty.
func Paint(text string, attributes ...Attribute) string {
	if text == "" || len(attributes) == 0 {
		return text
	}
	parameters := make([]string, len(attributes))
	for i, a := range attributes {
		parameters[i] = strconv.Itoa(int(a))
	}
	return "\x1b[" + strings.Join(parameters, ";") + "m" + text + "\x1b[0m"
}
