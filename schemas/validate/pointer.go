package validate

import (
	"net/url"
	"strconv"
	"strings"
)

// pointer is a JSON Pointer (RFC 6901), taken apart.
type pointer []string

// pointerOf reads a location of the library's, which has percent-encoding on top of the pointer's own escapes.
func pointerOf(location string) pointer {
	if location == "" || location == "/" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(location, "/"), "/")
	for i, token := range tokens {
		if plain, err := url.PathUnescape(token); err == nil {
			token = plain
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens
}

// String writes the pointer as RFC 6901 wants it: "" is the whole document.
func (p pointer) String() string {
	var b strings.Builder
	for _, token := range p {
		b.WriteByte('/')
		b.WriteString(escape(token))
	}
	return b.String()
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// in returns what the pointer leads to within the document.
func (p pointer) in(document any) (any, bool) {
	for _, token := range p {
		switch d := document.(type) {
		case map[string]any:
			member, ok := d[token]
			if !ok {
				return nil, false
			}
			document = member
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(d) {
				return nil, false
			}
			document = d[i]
		default:
			return nil, false
		}
	}
	return document, true
}

// comparePointers puts array indexes in their order: /items/2 before /items/10.
func comparePointers(a, b pointer) int {
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
