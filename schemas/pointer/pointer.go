// Package pointer implements JSON Pointer (RFC 6901), the name of one value in a JSON document.
//
//	value, err := pointer.Lookup(document, "/job/tags/0") // error: /job has no "tags"
//
// A document consists of the types that encoding/json decodes into an any: map[string]any, []any and plain values.
package pointer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"semblance/schemas/lazy"

	"semblance/schemas/human"
)

// Pointer is the list of the unescaped reference tokens. A nil Pointer names the whole document.
type Pointer []string

var (
	unescaper     = strings.NewReplacer("~1", "/", "~0", "~")
	escaper       = strings.NewReplacer("~", "~0", "/", "~1")
	invalidEscape = lazy.Regexp(`~([^01]|$)`)
)

// Parse reads a pointer: "" for the whole document, otherwise each token follows a "/", with "~" written as "~0" and
// "/" as "~1".
func Parse(text string) (Pointer, error) {
	switch {
	case text == "":
		return nil, nil
	case text[0] != '/':
		return nil, fmt.Errorf("invalid JSON pointer %s: it must start with /, such as /job/id", human.Quoted(text))
	case invalidEscape().MatchString(text):
		return nil, fmt.Errorf("invalid JSON pointer %s: write ~ as ~0", human.Quoted(text))
	}
	tokens := strings.Split(text[1:], "/")
	for i, token := range tokens {
		tokens[i] = unescaper.Replace(token)
	}
	return tokens, nil
}

// String returns the pointer as RFC 6901 writes it.
func (p Pointer) String() string {
	var b strings.Builder
	for _, token := range p {
		b.WriteByte('/')
		b.WriteString(Escape(token))
	}
	return b.String()
}

// Escape returns a token as it is written in a pointer.
func Escape(token string) string { return escaper.Replace(token) }

// Lookup returns the value that p names in the document. The error names the last value on the way that exists.
func (p Pointer) Lookup(document any) (any, error) {
	for i, token := range p {
		value, ok := child(document, token)
		if !ok {
			return nil, missing(document, p[:i], token)
		}
		document = value
	}
	return document, nil
}

// Lookup parses a pointer and returns the value that it names in the document.
func Lookup(document any, text string) (any, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return p.Lookup(document)
}

func child(parent any, token string) (value any, ok bool) {
	switch parent := parent.(type) {
	case map[string]any:
		value, ok = parent[token]
	case []any:
		i, err := strconv.ParseUint(token, 10, 31)
		if ok = err == nil && int(i) < len(parent) && strconv.FormatUint(i, 10) == token; ok {
			value = parent[i]
		}
	}
	return value, ok
}

func missing(parent any, at Pointer, token string) error {
	name := "the document"
	if len(at) > 0 {
		name = at.String()
	}
	switch parent := parent.(type) {
	case map[string]any:
		return fmt.Errorf("%s has no %s", name, human.Quoted(token))
	case []any:
		return fmt.Errorf("%s has %s", name, human.Count(len(parent), "item"))
	}
	encoded, err := json.Marshal(parent)
	if err != nil { // not a JSON value
		return fmt.Errorf("%s is a %T", name, parent)
	}
	return fmt.Errorf("%s is %s", name, human.Excerpt(string(encoded), 60))
}

// Compare orders pointers by their tokens, and list indexes by their value: /items/2 before /items/10. It returns a
// negative number, zero or a positive number, as [strings.Compare] does.
func Compare(a, b Pointer) int {
	for i := range min(len(a), len(b)) {
		x, errX := strconv.Atoi(a[i])
		y, errY := strconv.Atoi(b[i])
		switch {
		case errX == nil && errY == nil && x != y:
			return x - y
		case a[i] != b[i]:
			return strings.Compare(a[i], b[i])
		}
	}
	return len(a) - len(b)
}
