package script

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"semblance/scenarios"
	jsonpointer "semblance/schemas/pointer"
	"semblance/schemas/validate"
)

// expect is an expectation. Keys that are absent are inherited.
func expect(into *Expect, inherited func() Expect) value {
	return value{shape: func() shape { return ref("expect") }, read: func(p *parser, n *node, _ string) {
		*into = p.expectation(n, inherited())
	}}
}

func expectConstruct(e *Expect) construct {
	return construct{name: "expect", about: "The expected response. Keys that are absent are inherited.", keys: expectKeys(e)}
}

func expectKeys(e *Expect) []key {
	return []key{
		{"response", "none: no response (reset, cut, lost); closed: the receiver closes the connection; any: a response or none.", false, presence(e)},
		{"status", "A number, a class such as 2xx, a word such as refused, a list of these, or any.", false, statuses(&e.Status)},
		{"headers", "Header values: exact, or patterns with *.", false, headers(&e.Headers)},
		{"within", "The time limit from the first byte sent to the last byte read.", false, duration(&e.Within, 0)},
		{"equals", "Values in the body, by RFC 6901 pointer.", false, equals(&e.Equals)},
		{"body", "A JSON Schema, by $ref or in place; absent: no body; any: any body.", false, bodySchema(e)},
	}
}

// responseKeys returns the keys that concern a response.
func responseKeys() []string { return []string{"status", "headers", "equals", "body"} }

// expectation reads an expect over the one that it inherits.
func (p *parser) expectation(n *node, inherited Expect) Expect {
	e := inherited
	e.Pos = n.pos
	has := func(key string) bool { return n.get(key) != nil }
	if !has("response") && slices.ContainsFunc(responseKeys(), has) {
		e.Response = scenarios.ResponseExpected
	}
	c := expectConstruct(&e)
	c.read(p, n)
	if e.Response != scenarios.ResponseExpected {
		for _, key := range slices.DeleteFunc(responseKeys(), func(key string) bool { return !has(key) }) {
			p.fail(n, "no response is expected, so %s cannot be checked", key)
		}
	}
	if e.NoBody && !has("equals") {
		e.Equals = nil
	}
	if e.NoBody && len(e.Equals) > 0 {
		p.fail(n, "body: absent and equals cannot be combined")
	}
	return e
}

// presence says whether a response is expected. If it is not, nothing but the time limit is inherited.
func presence(e *Expect) value {
	words := []string{string(scenarios.ResponseNone), string(scenarios.ResponseClosed), string(scenarios.ResponseAny), "expected"}
	return value{shape: func() shape { return enum(words) }, read: func(p *parser, n *node, key string) {
		word, ok := p.oneOf(n, key, words)
		if !ok || word == "expected" {
			e.Response = scenarios.ResponseExpected
			return
		}
		*e = Expect{Pos: e.Pos, Response: scenarios.Presence(word), Within: e.Within}
	}}
}

// statuses is one status or a list; nil stands for any.
func statuses(into *scenarios.Statuses) value {
	return value{shape: statusShape, read: func(p *parser, n *node, key string) {
		*into = nil
		if n.kind == list && len(n.items) == 0 {
			p.fail(n, "%s is an empty list; use any for any status", key)
		}
		for _, item := range p.items(n, key, true) {
			if item.kind != scalar {
				p.fail(item, "%s must be a number such as 202 or a class such as 2xx; got %s", key, item.describe())
				continue
			}
			if item.text == "any" {
				*into = nil
				return
			}
			if item.text == string(scenarios.Closed) {
				p.fail(item, "a closed connection has no status; write response: closed")
				continue
			}
			r, err := scenarios.ParseStatus(item.text)
			if err != nil {
				p.fail(item, "%s", err)
				continue
			}
			*into = append(*into, r)
		}
	}}
}

// equals is a map of pointers to values.
func equals(into *[]Equal) value {
	return value{shape: func() shape { return shape{"type": "object", "propertyNames": pointerShape()} }, read: func(p *parser, n *node, key string) {
		*into = nil
		p.pairs(n, key, func(k, v *node) {
			if pointer, ok := p.pointer(k); ok {
				*into = append(*into, Equal{Pos: k.pos, Pointer: pointer, Value: p.value(v)})
			}
		})
	}}
}

// bodySchema is a JSON Schema for the body of a response, or a word.
func bodySchema(e *Expect) value {
	return value{shape: func() shape {
		return anyOf(enum([]string{"absent", "any"}), shape{"type": []string{"object", "boolean"}})
	},
		read: func(p *parser, n *node, key string) {
			e.Body, e.NoBody = nil, false
			switch {
			case n.kind != scalar || n.text == "true" || n.text == "false":
				e.Body = p.schema(n)
			case n.text == "absent":
				e.NoBody = true
			case n.text != "any":
				p.fail(n, "%s must be absent, any or a JSON Schema; got %s", key, n.describe())
			}
		}}
}

// schema compiles a JSON Schema that is written in the file.
func (p *parser) schema(n *node) *validate.Schema {
	if at := n.reference(); at != nil {
		p.fail(at, "a schema cannot contain ${…}; compare the value with `equals`")
		return nil
	}
	encoded, err := json.Marshal(n.encoded())
	if err != nil {
		p.fail(n, "encoding the schema as JSON: %s", err)
		return nil
	}
	schema, err := validate.Compile(validate.Source{Name: "at " + n.pos.String(), JSON: encoded, Files: p.source.Files})
	if invalid, ok := errors.AsType[*validate.SchemaError](err); ok {
		for _, problem := range invalid.Problems {
			p.fail(n.find(problem.Pointer), "the schema does not compile: %s", problem.Message)
		}
		return nil
	}
	if err != nil {
		p.fail(n, "the schema does not compile: %s", err)
		return nil
	}
	if why := schema.AcceptsAnything(); why != "" {
		p.warn(n.pos, n.width, "the schema %s", why)
	}
	return schema
}

// reference returns the first scalar inside the node that contains a ${…}, or nil.
func (n *node) reference() *node {
	if n.kind == scalar {
		if i := strings.Index(n.text, "${"); i >= 0 && strings.Contains(n.text[i:], "}") {
			return n
		}
		return nil
	}
	for _, item := range n.items {
		if at := item.reference(); at != nil {
			return at
		}
	}
	return nil
}

// find returns the node at an RFC 6901 pointer, or the last node on the way to it.
func (n *node) find(pointer string) *node {
	tokens, err := jsonpointer.Parse(pointer)
	if err != nil {
		return n
	}
	for _, token := range tokens {
		next := n.get(token)
		if i, err := strconv.Atoi(token); n.kind == list && err == nil && 0 <= i && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}
