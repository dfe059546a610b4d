package validate

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"semblance/schemas/pointer"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// location is the place of a failure in a schema.
type location struct {
	keyword   string          // the failed keyword; "" if the schema itself is false
	value     any             // its value
	schema    map[string]any  // the schema that contains it
	arguments pointer.Pointer // the tokens after the keyword: name and index below dependentRequired
	names     bool            // the schema applies to the name of a property, not to its value
	content   bool            // the schema applies to the JSON in a string
}

// locate finds the keyword of a failure in the compiled schemas.
func (d documents) locate(e *jsonschema.ValidationError) location {
	var l location
	for way := pointerOf(e.KeywordLocation); len(way) > 0; way = way[steps(way):] {
		l.names = l.names || way[0] == "propertyNames"
		l.content = l.content || way[0] == "contentSchema"
	}
	address, fragment, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	way := pointerOf(fragment)
	last := 0 // index of the last keyword
	for at := 0; at < len(way); at += steps(way[at:]) {
		last = at
	}
	if len(way) == 0 {
		return l // the whole schema is false
	}
	parent, _ := way[:last].Lookup(d[address])
	l.schema, _ = parent.(map[string]any)
	l.arguments = way[last+1:]
	if len(l.arguments) == 0 || formOf(way[last]) == namesMap || formOf(way[last]) == schemaOrNames {
		l.keyword = way[last]
		l.value = l.schema[l.keyword]
	}
	return l
}

// pointerOf returns a location of the jsonschema library as a pointer. The library percent-encodes the tokens of a
// pointer.
func pointerOf(location string) pointer.Pointer {
	if location == "" || location == "/" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(location, "/"), "/")
	for i, token := range tokens {
		if decoded, err := url.PathUnescape(token); err == nil {
			tokens[i] = decoded
		}
	}
	if p, err := pointer.Parse("/" + strings.Join(tokens, "/")); err == nil {
		return p
	}
	return tokens
}

func formOf(name string) form {
	i := slices.IndexFunc(keywords[:], func(k keyword) bool { return k.name == name })
	if i < 0 {
		return anything
	}
	return keywords[i].form
}

// steps returns the number of tokens from a schema to the next one, by the first keyword of way.
func steps(way pointer.Pointer) int {
	n := 1
	switch formOf(way[0]) {
	case schemaMap, patternMap, schemaList:
		n = 2
	case namesMap, schemaOrNames:
		n = 3
	case schemaOrList:
		if len(way) > 1 {
			if _, err := strconv.Atoi(way[1]); err == nil {
				n = 2
			}
		}
	}
	return min(n, len(way))
}
