package script

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"semblance/scenarios"
	"semblance/schemas/validate"
)

// expecting is an expect as it is being read: what it says, and which keys it says.
type expecting struct {
	Expect
	said []string
}

func expectTable() *table[expecting] {
	say := func(name string, read func(p *parser, n *node, e *expecting)) func(p *parser, n *node, e *expecting) {
		return func(p *parser, n *node, e *expecting) {
			e.said = append(e.said, name)
			read(p, n, e)
		}
	}
	return &table[expecting]{what: "expect", about: "What an answer must be. Keys that are left out are inherited.", keys: []key[expecting]{
		{"response", "none: no response (reset, cut, lost); any: a response or none.", words(presenceWords()), false,
			say("response", func(p *parser, n *node, e *expecting) {
				word, _ := p.oneOf(n, "response", presenceWords())
				e.Response = scenarios.Presence(word)
				if word == "expected" {
					e.Response = scenarios.ResponseExpected
				}
			})},
		{"status", "A number, a class such as 2xx, a list of them, or any.", statusShape(), false,
			say("status", func(p *parser, n *node, e *expecting) { e.Status = p.statuses(n) })},
		{"headers", "Each exact, or with * for any run of characters.", mapOf(text()), false,
			say("headers", func(p *parser, n *node, e *expecting) { e.Headers = p.headers(n, "headers") })},
		{"within", "From the first byte sent to the last byte read.", duration(), false,
			say("within", func(p *parser, n *node, e *expecting) { e.Within, _ = p.duration(n, "within") })},
		{"equals", "Values in the answer, by RFC 6901 pointer.", shape{"type": "object", "propertyNames": pointer()}, false,
			say("equals", func(p *parser, n *node, e *expecting) { e.Equals = p.equals(n) })},
		{"body", "A JSON Schema, by $ref or written here; absent: there must be no body; any: whatever it is.",
			anyOf(words(bodyWords()), shape{"type": []string{"object", "boolean"}}), false,
			say("body", func(p *parser, n *node, e *expecting) { p.body(n, e) })},
	}}
}

func presenceWords() []string { return []string{"none", "any", "expected"} }

func bodyWords() []string { return []string{"absent", "any"} }

// expectation reads an expect and merges it, key by key, over what it inherits.
func (p *parser) expectation(n *node, inherited Expect) Expect {
	var e expecting
	expectTable().read(p, n, &e)
	said := func(key string) bool { return slices.Contains(e.said, key) }
	out := inherited
	out.Pos = n.pos
	if said("response") {
		out.Response = e.Response
		if e.Response != scenarios.ResponseExpected {
			out = Expect{Pos: n.pos, Response: e.Response, Within: inherited.Within}
		}
	} else if said("status") || said("headers") || said("equals") || said("body") {
		out.Response = scenarios.ResponseExpected
	}
	if out.Response != scenarios.ResponseExpected {
		for _, key := range []string{"status", "headers", "equals", "body"} {
			if said(key) {
				p.fail(n, "no answer is expected, so nothing can be said of its %s", key)
			}
		}
	}
	if said("status") {
		out.Status = e.Status
	}
	if said("headers") {
		out.Headers = e.Headers
	}
	if said("within") {
		out.Within = e.Within
	}
	if said("equals") {
		out.Equals = e.Equals
	}
	if said("body") {
		out.Body, out.NoBody = e.Body, e.NoBody
		if e.NoBody && !said("equals") {
			out.Equals = nil
		}
	}
	if out.NoBody && len(out.Equals) > 0 {
		p.fail(n, "the body is expected to be absent, so nothing in it can be equal to anything")
	}
	return out
}

// spoiled is what a step with a fault inherits: the time alone.
func (e Expect) faulty() Expect { return Expect{Within: e.Within} }

func (p *parser) statuses(n *node) scenarios.Statuses {
	items := p.items(n, "status", true)
	var set scenarios.Statuses
	for _, item := range items {
		if item.kind != scalar {
			p.fail(item, "a status is a number such as 202 or a class such as 2xx; got %s", item.describe())
			continue
		}
		if item.text == "any" {
			return nil
		}
		r, err := scenarios.ParseStatus(item.text)
		if err != nil {
			p.fail(item, "%s", err)
			continue
		}
		set = append(set, r)
	}
	if n.kind == list && len(n.items) == 0 {
		p.fail(n, "an empty list of statuses can never be met; write any for any status")
	}
	return set
}

// headers reads a map of headers, or a list of pairs where order, letter case and repetition matter.
func (p *parser) headers(n *node, what string) []Named {
	var headers []Named
	add := func(k, v *node) {
		if !isToken(k.text) {
			p.fail(k, "%q is no name of a header", shorten(k.text))
			return
		}
		if strings.ContainsAny(v.text, "\r\n\x00") {
			p.fail(v, "the header %s is one line", k.text)
			return
		}
		if value, ok := p.text(v, "the header "+k.text); ok {
			headers = append(headers, Named{Pos: k.pos, Name: k.text, Value: value})
		}
	}
	if n.kind != list {
		p.pairs(n, what, add)
		return headers
	}
	for _, pair := range n.items {
		if pair.kind != list || len(pair.items) != 2 || pair.items[0].kind != scalar {
			p.fail(pair, "a header in a list is a pair: [name, value]; got %s", pair.describe())
			continue
		}
		add(pair.items[0], pair.items[1])
	}
	return headers
}

// isToken reports whether text can be the name of a header (RFC 9110, token).
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return text != ""
}

func (p *parser) equals(n *node) []Equal {
	var equals []Equal
	p.pairs(n, "equals", func(k, v *node) {
		if at, ok := p.pointer(k); ok {
			equals = append(equals, Equal{Pos: k.pos, Pointer: at, Value: p.value(v)})
		}
	})
	return equals
}

// body reads the schema of an answer's body, and compiles it.
func (p *parser) body(n *node, e *expecting) {
	if n.kind == scalar && !(n.text == "true" || n.text == "false") {
		if word, ok := p.oneOf(n, "body, where it is no schema,", bodyWords()); ok {
			e.NoBody = word == "absent"
		}
		return
	}
	if at := n.reference(); at != nil {
		p.fail(at, "a schema cannot hold ${…}; compare the value with `equals`")
		return
	}
	encoded, err := json.Marshal(n.encoded())
	if err != nil {
		p.fail(n, "the schema cannot be written as JSON: %s", err)
		return
	}
	schema, err := validate.Compile(validate.Source{Name: "at " + n.pos.String(), JSON: encoded, Files: p.source.Files})
	var bad *validate.SchemaError
	switch {
	case errors.As(err, &bad):
		for _, problem := range bad.Problems {
			at := n.find(problem.Pointer)
			p.fail(at, "the schema does not compile: %s", problem.Message)
		}
		return
	case err != nil:
		p.fail(n, "the schema does not compile: %s", err)
		return
	}
	if why := schema.AcceptsAnything(); why != "" {
		p.warn(n, "anything satisfies this schema: %s", why)
	}
	e.Body = schema
}

// reference returns the first text inside the node that holds a ${…}, or nil.
func (n *node) reference() *node {
	if n.kind == scalar {
		if i := strings.Index(n.text, "${"); i >= 0 && strings.Contains(n.text[i:], "}") {
			return n
		}
		return nil
	}
	for _, item := range n.items {
		if found := item.reference(); found != nil {
			return found
		}
	}
	return nil
}

// find returns the node that an RFC 6901 pointer leads to, or the last one on the way.
func (n *node) find(pointer string) *node {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		next := n.get(part)
		if n.kind == list {
			for i, item := range n.items {
				if part == strconv.Itoa(i) {
					next = item
				}
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}
