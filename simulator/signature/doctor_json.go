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
	keys    [][]byte
	items   []*node
}

// maxDepth is the deepest nesting that is parsed.
const maxDepth = 32

// parseJSON reads one JSON value. ok is false if it is invalid or too deep.
func parseJSON(text []byte) (*node, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	p := parser{text: text}
	return p.value(0)
}

// parser reads valid JSON.
type parser struct {
	text []byte
	at   int
}

func (p *parser) peek() byte {
	for strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.text[p.at]
}

func (p *parser) value(depth int) (*node, bool) {
	if depth > maxDepth {
		return nil, false
	}
	kind := p.peek()
	if kind != '{' && kind != '[' {
		return &node{literal: p.literal()}, true
	}
	n := &node{kind: kind}
	p.at++
	for {
		switch p.peek() {
		case '}', ']':
			p.at++
			return n, true
		case ',':
			p.at++
			continue
		}
		if kind == '{' {
			n.keys = append(n.keys, p.literal())
			p.peek()
			p.at++ // the colon
		}
		item, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		n.items = append(n.items, item)
	}
}

func (p *parser) literal() []byte {
	p.peek()
	start := p.at
	if p.text[p.at] == '"' {
		for p.at++; p.text[p.at] != '"'; p.at++ {
			if p.text[p.at] == '\\' {
				p.at++
			}
		}
		p.at++
		return p.text[start:p.at]
	}
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,]}", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[start:p.at]
}

type layoutName string

// The layouts. Each name is also the name of a mistake.
const (
	layoutCompact  layoutName = "compacted"
	layoutSpaced   layoutName = "spaced"
	layoutIndented layoutName = "indented"
)

type layout struct {
	name        layoutName
	comma       string
	colon       string
	indentation string // "" for one line
}

// layouts lists how libraries write JSON. It is read-only.
var layouts = []layout{
	{layoutCompact, ",", ":", ""},
	{layoutSpaced, ", ", ": ", ""},
	{layoutIndented, ",", ": ", "  "},
	{layoutIndented, ",", ": ", "    "},
	{layoutIndented, ",", ": ", "\t"},
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
			dst = append(dst, '\n')
			for range depth {
				dst = append(dst, l.indentation...)
			}
		}
	}
	for i, item := range n.items {
		if i > 0 {
			dst = append(dst, l.comma...)
		}
		line(depth + 1)
		if n.kind == '{' {
			dst = appendLiteral(dst, n.keys[i], e)
			dst = append(dst, l.colon...)
		}
		dst = item.append(dst, l, e, depth+1)
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
	at := slices.IndexFunc(top.keys, func(k []byte) bool { return string(k) == `"identifiers"` })
	if at < 0 || top.items[at].kind != '{' || len(top.items[at].keys) > 4 {
		return orders
	}
	permute(len(top.items[at].keys), func(order []int) {
		whole := &node{kind: '{', keys: top.keys, items: slices.Clone(top.items)}
		whole.items[at] = top.items[at].pick(order)
		orders = append(orders, whole)
	})
	return orders
}

func (n *node) sorted() *node {
	if n.kind == 0 {
		return n
	}
	out := &node{kind: n.kind, keys: n.keys, items: make([]*node, len(n.items))}
	for i, item := range n.items {
		out.items[i] = item.sorted()
	}
	if n.kind == '[' {
		return out
	}
	order := indices(len(out.items))
	slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(n.keys[a], n.keys[b]) })
	return out.pick(order)
}

// provider returns the object with its keys in the provider's order, or nil if it is not a payload.
func (n *node) provider() *node {
	const top = `"subscriptionId" "eventId" "eventType" "identifiers" "metadata"`
	place := func(i int) int { return strings.Index(top, string(n.keys[i])) }
	if n.kind != '{' || len(n.keys) > 5 {
		return nil
	}
	order := indices(len(n.keys))
	for i := range order {
		if place(i) < 0 {
			return nil
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return place(a) - place(b) })
	return n.pick(order)
}

// pick returns the object with its members in another order.
func (n *node) pick(order []int) *node {
	out := &node{kind: n.kind}
	for _, i := range order {
		out.keys = append(out.keys, n.keys[i])
		out.items = append(out.items, n.items[i])
	}
	return out
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// permute calls f with every order of n items.
func permute(n int, f func(order []int)) {
	order := indices(n)
	var place func(i int)
	place = func(i int) {
		if i >= n-1 {
			f(order)
			return
		}
		for j := i; j < n; j++ {
			order[i], order[j] = order[j], order[i]
			place(i + 1)
			order[i], order[j] = order[j], order[i]
		}
	}
	place(0)
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
