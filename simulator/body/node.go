package body

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// node is a JSON value whose parts keep their bytes and their order.
type node struct {
	kind  byte     // '{', '[', or 0 for a scalar
	raw   []byte   // of a scalar
	keys  [][]byte // of an object, with their quotes
	items []*node
}

// parse reads JSON.
func parse(data []byte) (*node, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, errNotJSON
	}
	r := reader{data: compact.Bytes()}
	return r.value(), nil
}

// reader reads compact JSON that is known to be valid.
type reader struct {
	data []byte
	at   int
}

func (r *reader) value() *node {
	n := &node{}
	switch c := r.data[r.at]; c {
	case '{', '[':
		n.kind = c
		r.at++
		for r.data[r.at] != '}' && r.data[r.at] != ']' {
			if c == '{' {
				n.keys = append(n.keys, r.scalar())
				r.at++ // the colon
			}
			n.items = append(n.items, r.value())
			if r.data[r.at] == ',' {
				r.at++
			}
		}
		r.at++
	default:
		n.raw = r.scalar()
	}
	return n
}

// scalar reads a string, a number or a word.
func (r *reader) scalar() []byte {
	start := r.at
	if r.data[r.at] == '"' {
		for r.at++; r.data[r.at] != '"'; r.at++ {
			if r.data[r.at] == '\\' {
				r.at++
			}
		}
		r.at++
		return r.data[start:r.at]
	}
	for r.at < len(r.data) && bytes.IndexByte([]byte(",]}:"), r.data[r.at]) < 0 {
		r.at++
	}
	return r.data[start:r.at]
}

// append appends the value as JSON with these separators and no other white space.
func (n *node) append(dst []byte, comma, colon string) []byte {
	if n.kind == 0 {
		return append(dst, n.raw...)
	}
	dst = append(dst, n.kind)
	for i, item := range n.items {
		if i > 0 {
			dst = append(dst, comma...)
		}
		if n.kind == '{' {
			dst = append(append(dst, n.keys[i]...), colon...)
		}
		dst = item.append(dst, comma, colon)
	}
	return append(dst, n.kind+2) // the closing bracket
}

// find returns the index of a member or an item, or -1.
func (n *node) find(token string) int {
	if n.kind == '[' {
		if i, err := strconv.Atoi(token); err == nil && 0 <= i && i < len(n.items) {
			return i
		}
		return -1
	}
	return slices.IndexFunc(n.keys, func(key []byte) bool {
		var name string
		return json.Unmarshal(key, &name) == nil && name == token
	})
}

// parent returns the object or list that contains the value at a pointer, and the last token of the pointer.
func (n *node) parent(at string) (*node, string, error) {
	path, err := tokens(at)
	if err != nil {
		return nil, "", err
	}
	for _, token := range path[:len(path)-1] {
		i := n.find(token)
		if i < 0 {
			return nil, "", missing(at)
		}
		n = n.items[i]
	}
	return n, path[len(path)-1], nil
}

// change calls f with the parent and the index of the value at a pointer.
func (n *node) change(at string, f func(parent *node, i int)) error {
	parent, token, err := n.parent(at)
	if err != nil {
		return err
	}
	i := parent.find(token)
	if i < 0 {
		return missing(at)
	}
	f(parent, i)
	return nil
}

// set replaces a value, or adds it at the end of its object.
func (n *node) set(m Member) error {
	encoded, err := encode(m.Value)
	if err != nil {
		return fmt.Errorf("encoding the value of %s: %w", m.Pointer, err)
	}
	parent, token, err := n.parent(m.Pointer)
	if err != nil {
		return err
	}
	value := &node{raw: encoded}
	switch i := parent.find(token); {
	case i >= 0:
		parent.items[i] = value
	case parent.kind == '{':
		key, err := encode(token)
		if err != nil {
			return err
		}
		parent.keys, parent.items = append(parent.keys, key), append(parent.items, value)
	default:
		return missing(m.Pointer)
	}
	return nil
}

// encode encodes a value as compact JSON. It keeps bytes of strings that are not UTF-8.
func encode(value any) ([]byte, error) {
	if text, ok := value.(string); ok {
		return appendString(nil, text), nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func (n *node) remove(i int) {
	n.items = slices.Delete(n.items, i, i+1)
	if n.kind == '{' {
		n.keys = slices.Delete(n.keys, i, i+1)
	}
}

func (n *node) repeat(i int) {
	n.items = slices.Insert(n.items, i, n.items[i])
	if n.kind == '{' {
		n.keys = slices.Insert(n.keys, i, n.keys[i])
	}
}

// reverse reverses the members of every object.
func (n *node) reverse() {
	if n.kind == '{' {
		slices.Reverse(n.keys)
		slices.Reverse(n.items)
	}
	for _, item := range n.items {
		item.reverse()
	}
}

// escape writes the first character of every string value as an escape, if it is ASCII.
func (n *node) escape() {
	if c := n.raw; len(c) > 2 && c[0] == '"' && c[1] != '\\' && c[1] < 0x80 {
		n.raw = append(fmt.Appendf(nil, `"\u%04x`, c[1]), c[2:]...)
	}
	for _, item := range n.items {
		item.escape()
	}
}
