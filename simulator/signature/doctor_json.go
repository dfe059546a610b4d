package signature

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// node is a JSON value that keeps its literals as written, so that it can be encoded again with only white space, order or
// escapes changed.
type node struct {
	kind    byte   // '{', '[' or 0 for a literal
	literal []byte // string, number, true, false or null, as written
	items   []member
}

// member is a member of an object, or an item of a list, which has no key.
type member struct {
	key   []byte // as written
	value *node
}

func (m *member) name() (name string) {
	_ = json.Unmarshal(m.key, &name) // valid
	return name
}

// maxDepth is the deepest nesting that is parsed.
const maxDepth = 32

// parseJSON reads one JSON value. ok is false if it is invalid or too deep.
func parseJSON(text []byte) (*node, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	p := parser{text, json.NewDecoder(bytes.NewReader(text))}
	p.decoder.UseNumber() // a number may be too large for a float64
	n := p.value(0)
	return n, n != nil
}

// parser reads valid JSON.
type parser struct {
	text    []byte
	decoder *json.Decoder
}

// next returns the next token as written.
func (p *parser) next() []byte {
	start := p.decoder.InputOffset()
	_, _ = p.decoder.Token() // valid
	return bytes.TrimLeft(p.text[start:p.decoder.InputOffset()], " \t\r\n,:")
}

// value reads a value, or returns nil if it is too deep.
func (p *parser) value(depth int) *node {
	token := p.next()
	switch {
	case depth > maxDepth:
		return nil
	case token[0] != '{' && token[0] != '[':
		return &node{literal: token}
	}
	n := &node{kind: token[0]}
	for p.decoder.More() {
		var m member
		if n.kind == '{' {
			m.key = p.next()
		}
		if m.value = p.value(depth + 1); m.value == nil {
			return nil
		}
		n.items = append(n.items, m)
	}
	p.next()
	return n
}

// layoutCompact is the name of the provider's own layout.
const layoutCompact = "compacted"

type layout struct {
	name        string // also that of a mistake
	comma       string
	colon       string
	indentation string // "" for one line
}

// layouts lists how libraries write JSON. It is read-only.
var layouts = []layout{
	{layoutCompact, ",", ":", ""},
	{"spaced", ", ", ": ", ""},
	{"indented", ",", ": ", "  "},
	{"indented", ",", ": ", "    "},
	{"indented", ",", ": ", "\t"},
}

// layoutOf returns the layout of a document's text, or the zero layout.
func layoutOf(document *node, text []byte) layout {
	for _, l := range layouts {
		if bytes.Equal(document.append(nil, l, escapeUnchanged, 0), text) {
			return l
		}
	}
	return layout{}
}

func (n *node) append(dst []byte, l layout, e escape, depth int) []byte {
	if n.kind == 0 {
		return appendLiteral(dst, n.literal, e)
	}
	dst = append(dst, n.kind)
	line := func(depth int) {
		if l.indentation != "" && len(n.items) > 0 {
			dst = append(append(dst, '\n'), strings.Repeat(l.indentation, depth)...)
		}
	}
	for i, m := range n.items {
		if i > 0 {
			dst = append(dst, l.comma...)
		}
		line(depth + 1)
		if m.key != nil {
			dst = append(appendLiteral(dst, m.key, e), l.colon...)
		}
		dst = m.value.append(dst, l, e, depth+1)
	}
	line(depth)
	return append(dst, n.kind+2) // } is two after {, and ] after [
}

// orders returns the document unchanged, then with its keys sorted at every depth, then in the orders that it may have had
// before somebody sorted it: the provider's order at the top, and some orders of the identifiers.
func (n *node) orders() []*node {
	orders := []*node{n, n.sorted()}
	top := n.provider()
	if top == nil {
		return orders
	}
	orders = append(orders, top)
	at := slices.IndexFunc(top.items, func(m member) bool { return string(m.key) == `"identifiers"` })
	if at < 0 || top.items[at].value.kind != '{' || len(top.items[at].value.items) > 4 {
		return orders
	}
	permute(slices.Clone(top.items[at].value.items), 0, func(items []member) {
		whole := &node{kind: '{', items: slices.Clone(top.items)}
		whole.items[at].value = &node{kind: '{', items: slices.Clone(items)}
		orders = append(orders, whole)
	})
	return orders
}

func (n *node) sorted() *node {
	out := &node{kind: n.kind, literal: n.literal}
	for _, m := range n.items {
		out.items = append(out.items, member{m.key, m.value.sorted()})
	}
	slices.SortStableFunc(out.items, func(a, b member) int { return bytes.Compare(a.key, b.key) }) // the items of a list keep their order
	return out
}

// provider returns the object with its keys in the provider's order, or nil if it is not a payload.
func (n *node) provider() *node {
	const top = `"subscriptionId" "eventId" "eventType" "identifiers" "metadata"`
	place := func(m member) int { return strings.Index(top, string(m.key)) }
	if n.kind != '{' || len(n.items) > 5 || slices.ContainsFunc(n.items, func(m member) bool { return place(m) < 0 }) {
		return nil
	}
	items := slices.Clone(n.items)
	slices.SortStableFunc(items, func(a, b member) int { return place(a) - place(b) })
	return &node{kind: '{', items: items}
}

// permute calls f with the items in every order that leaves those before from in place.
func permute(items []member, from int, f func(items []member)) {
	if from >= len(items)-1 {
		f(items)
		return
	}
	for i := from; i < len(items); i++ {
		items[from], items[i] = items[i], items[from]
		permute(items, from+1, f)
		items[from], items[i] = items[i], items[from]
	}
}

// escape is how the strings of a document are written.
type escape int

const (
	escapeUnchanged escape = iota // unchanged
	escapePlain                   // only the required ones, as JavaScript does
	escapeHTML                    // also <, > and &, as Go's encoding/json does
	escapeASCII                   // also non-ASCII characters, as Python's json does
	escapePHP                     // also non-ASCII characters and the slash, as PHP's json_encode does
	escapeSlash                   // also the slash
)

// escapings lists the ways to escape. It is read-only.
var escapings = []struct {
	how    escape
	detail string
}{
	{escapeUnchanged, ""},
	{escapePlain, "only those that JSON requires"},
	{escapeHTML, "with <, > and & escaped as Go's encoding/json does"},
	{escapeASCII, "with non-ASCII characters escaped as Python's json.dumps does"},
	{escapePHP, "with non-ASCII characters and the slash escaped as PHP's json_encode does"},
	{escapeSlash, "with the slash escaped"},
}

// appendLiteral appends a literal. It decodes a string and escapes it again.
func appendLiteral(dst, literal []byte, e escape) []byte {
	if e == escapeUnchanged || literal[0] != '"' {
		return append(dst, literal...)
	}
	var text string
	if json.Unmarshal(literal, &text) != nil {
		return append(dst, literal...)
	}
	dst = append(dst, '"')
	for _, r := range text {
		dst = appendRune(dst, r, e)
	}
	return append(dst, '"')
}

func appendRune(dst []byte, r rune, e escape) []byte {
	const short = "\"\"\\\\\bb\ff\nn\rr\tt"
	switch {
	case r < utf8.RuneSelf && strings.IndexByte("\"\\\b\f\n\r\t", byte(r)) >= 0:
		return append(dst, '\\', short[strings.IndexByte(short, byte(r))+1])
	case r < 0x20,
		e == escapeHTML && (r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029'),
		(e == escapeASCII || e == escapePHP) && r >= utf8.RuneSelf:
		return appendUnicodeEscape(dst, r)
	case r == '/' && (e == escapePHP || e == escapeSlash):
		return append(dst, '\\', '/')
	}
	return utf8.AppendRune(dst, r)
}

func appendUnicodeEscape(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	if r > 0xffff {
		r -= 0x10000
		dst = appendUnicodeEscape(dst, 0xd800+r>>10)
		r = 0xdc00 + r&0x3ff
	}
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
