// Package body changes the body of a webhook: its values, the way in which the JSON is written, its size.
//
//	change := body.Change{Set: []body.Member{{Pointer: "/eventType", Value: "booking.teleported"}}, Style: body.Indented}
//	changed, err := change.Apply(payload)
//
// A change keeps the order of the keys and all other bytes of a document. The package signs nothing: whether a
// change comes before or after signing decides whether the result is a valid event or a forgery.
package body

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/pointer"
)

// Style is the way in which the same JSON is written.
type Style string

// The styles.
const (
	Compact   Style = "compact"   // without white space, as the provider writes it
	Spaced    Style = "spaced"    // a space after commas and colons, as Python's json writes it
	Indented  Style = "indented"  // by two spaces
	Reordered Style = "reordered" // the keys of each object in reverse order
	Escaped   Style = "escaped"   // the first character of each string value as \u escape
	Newline   Style = "newline"   // with a newline at the end
)

// Styles returns all styles.
func Styles() []Style { return []Style{Compact, Spaced, Indented, Reordered, Escaped, Newline} }

// MaxSize is the largest size that a change can give a body, in bytes.
const MaxSize = 64 << 20

// Member is a value in a JSON document.
type Member struct {
	Pointer string // RFC 6901
	Value   any    // nil, bool, string, json.Number, []any or map[string]any
}

// Change changes a body, in the order of its fields. The zero value changes nothing.
type Change struct {
	Raw    *string  // replaces the body
	Set    []Member // replaces values, or adds them to their objects
	Remove []string // pointers of values
	Twice  string   // pointer of a member that is written twice, or ""
	Nest   int      // adds an unknown member with that many nested arrays
	Style  Style    // "" keeps the style
	Pad    int      // appends spaces up to this size in bytes
	Append string   // appends these bytes
	Keep   *int     // keeps only this percentage of the bytes
}

// Apply returns the changed body, in new memory. It returns an error if the body is not JSON and the change needs JSON, or
// has nothing at a pointer.
func (c *Change) Apply(data []byte) ([]byte, error) {
	out := bytes.Clone(data)
	if c.Raw != nil {
		out = []byte(*c.Raw)
	}
	var err error
	if len(c.Set)+len(c.Remove)+c.Nest > 0 || c.Twice != "" {
		if out, err = c.edit(out); err != nil {
			return nil, err
		}
	}
	if c.Style != "" {
		if out, err = Write(out, c.Style); err != nil {
			return nil, err
		}
	}
	if padding := c.Pad - len(out); padding > 0 {
		out = append(out, bytes.Repeat([]byte{' '}, padding)...)
	}
	out = append(out, c.Append...)
	if c.Keep != nil {
		out = out[:len(out)**c.Keep/100]
	}
	return out, nil
}

// edit changes values.
func (c *Change) edit(data []byte) ([]byte, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	for _, m := range c.Set {
		if err := root.set(m); err != nil {
			return nil, err
		}
	}
	for _, at := range c.Remove {
		if err := root.change(at, func(parent *node, i int) { parent.remove(i) }); err != nil {
			return nil, err
		}
	}
	if c.Twice != "" {
		if err := root.change(c.Twice, func(parent *node, i int) { parent.repeat(i) }); err != nil {
			return nil, err
		}
	}
	if c.Nest > 0 {
		if root.kind != '{' {
			return nil, errors.New("nest needs a JSON object")
		}
		root.keys = append(root.keys, []byte(`"nested"`))
		root.items = append(root.items, &node{raw: []byte(strings.Repeat("[", c.Nest) + strings.Repeat("]", c.Nest))})
	}
	return root.append(nil, ",", ":"), nil
}

// Write returns the same JSON in another style, in new memory.
func Write(data []byte, style Style) ([]byte, error) {
	if style == Newline {
		return append(bytes.Clone(data), '\n'), nil
	}
	if style == Indented {
		var out bytes.Buffer
		if err := json.Indent(&out, data, "", "  "); err != nil {
			return nil, errNotJSON
		}
		return out.Bytes(), nil
	}
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	switch style {
	case Spaced:
		return root.append(nil, ", ", ": "), nil
	case Reordered:
		root.reverse()
	case Escaped:
		root.escape()
	}
	return root.append(nil, ",", ":"), nil
}

var errNotJSON = errors.New("the body is not JSON, so its values and style cannot be changed")

// Gzip returns the bytes as one gzip member without a name or a time, so that the result is always the same.
func Gzip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // writing to a buffer cannot fail
	_ = w.Close()
	return b.Bytes()
}

// missing says that a document has nothing at a pointer.
func missing(at string) error { return fmt.Errorf("the body has no %s", human.Quoted(at)) }

// tokens splits a pointer to a member or an item.
func tokens(at string) ([]string, error) {
	p, err := pointer.Parse(at)
	if err == nil && len(p) == 0 {
		err = errors.New(`"" is the whole body; use raw to replace it`)
	}
	return p, err
}
