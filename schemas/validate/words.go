package validate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/pointer"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// explain explains a failure without causes, or whose causes are alternatives.
func (j *judge) explain(e *jsonschema.ValidationError) []finding {
	l := j.documents.locate(e)
	at := pointerOf(e.InstanceLocation)
	value, got := j.look(at, l)
	one := func(expected, got string) []finding {
		if l.names {
			expected = "a property whose name is " + expected
		}
		return []finding{j.finding(e, at, expected, got)}
	}
	if l.schema == nil && l.keyword != "" { // in a meta-schema of the library
		return one(fmt.Sprintf("a value that matches `%s` of %s", l.keyword, e.AbsoluteKeywordLocation), got)
	}
	object, _ := value.(map[string]any)
	switch l.keyword {
	case "required":
		return j.missing(e, at, l, object)
	case "additionalProperties":
		return j.surplus(e, at, l, object)
	case "dependentRequired", "dependencies":
		if names, ok := l.value.(map[string]any)[l.arguments[0]].([]any); ok {
			name, _ := pointer.Pointer{l.arguments[1]}.Lookup(names)
			return one(fmt.Sprintf("the property %q beside %q", name, l.arguments[0]), got)
		}
	case "anyOf", "oneOf":
		return j.alternatives(e, at, l, one, got)
	case "minContains", "contains":
		items, _ := value.([]any)
		return one("at least "+amount(l.schema["minContains"], "item")+" that `contains` describes", fmt.Sprintf("%s, of which %d match", got, len(items)-len(e.Causes)))
	case "uniqueItems":
		return one("items that all differ", got+", two of which are equal")
	case "contentSchema":
		return nil // contentMediaType reports the invalid JSON
	case "pattern":
		if l.schema["contentSchema"] != nil {
			return nil // the schema of the content reports the same with more detail
		}
	case "minLength", "maxLength":
		text, _ := value.(string)
		got = fmt.Sprintf("%s: %s", human.Count(utf8.RuneCountInString(text), "character"), quoted(text))
	}
	return one(expectation(l), got)
}

func (j *judge) finding(e *jsonschema.ValidationError, at pointer.Pointer, expected, got string) finding {
	return finding{Violation{
		Pointer:  at.String(),
		Keyword:  pointerOf(e.KeywordLocation).String(),
		Expected: expected,
		Got:      got,
	}, at}
}

// look returns the value at a pointer and its description. It decodes a string that contains JSON if the schema says so.
func (j *judge) look(at pointer.Pointer, l location) (any, string) {
	if len(at) == 0 && j.name != "" {
		return j.document, j.name
	}
	if l.names {
		return at[len(at)-1], quoted(at[len(at)-1])
	}
	value, _ := at.Lookup(j.document)
	for i := len(at); l.content && i >= 0; i-- {
		outer, _ := at[:i].Lookup(j.document)
		text, ok := outer.(string)
		if !ok {
			continue
		}
		if decoded, err := Parse([]byte(text)); err == nil {
			inner, _ := at[i:].Lookup(decoded)
			return inner, describe(inner) + " in the JSON of the string"
		}
	}
	return value, describe(value)
}

// missing returns a finding for each missing property.
func (j *judge) missing(e *jsonschema.ValidationError, at pointer.Pointer, l location, object map[string]any) []finding {
	var findings []finding
	names, _ := l.value.([]any)
	for _, name := range names {
		name, _ := name.(string)
		if _, ok := object[name]; !ok {
			findings = append(findings, j.finding(e, at, fmt.Sprintf("the property %q", name), describe(object)))
		}
	}
	return findings
}

// surplus returns a finding for each property that is not allowed.
func (j *judge) surplus(e *jsonschema.ValidationError, at pointer.Pointer, l location, object map[string]any) []finding {
	properties, _ := l.schema["properties"].(map[string]any)
	patterns, _ := l.schema["patternProperties"].(map[string]any)
	known := printable(slices.Sorted(maps.Keys(properties)))
	expected := "no property here"
	switch {
	case len(patterns) > 0:
		expected = "no property of this name"
	case len(known) > 0:
		expected = "no property but " + enumerate(known, 12)
	}
	var findings []finding
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, ok := properties[name]; ok || matchesAny(patterns, name) {
			continue
		}
		got := describe(object[name])
		if near := naming.Nearest(name, known); near != "" {
			got += fmt.Sprintf(" (was %q meant?)", near)
		}
		findings = append(findings, j.finding(e, append(slices.Clone(at), name), expected, got))
	}
	return findings
}

// alternatives explains why no alternative of anyOf or oneOf matches, or more than one of oneOf.
func (j *judge) alternatives(e *jsonschema.ValidationError, at pointer.Pointer, l location, one func(string, string) []finding, got string) []finding {
	branches, _ := l.value.([]any)
	if names := onlyRequire(branches); names != nil {
		amount := "at least one"
		if l.keyword == "oneOf" {
			amount = "exactly one"
		}
		return one(amount+" of the properties "+enumerate(names, 12), got)
	}
	if len(e.Causes) == 0 {
		return one(fmt.Sprintf("a match of exactly one of %d alternatives", len(branches)), got+", which matches several")
	}
	var wanted []string
	var nearest []finding
	best, ties := 0, 0
	for _, cause := range e.Causes {
		findings := j.flatten(cause)
		if len(findings) == 0 {
			continue
		}
		first := findings[0].Expected
		if len(findings[0].at) > len(at) {
			first += " at " + findings[0].Pointer
		}
		if !slices.Contains(wanted, first) {
			wanted = append(wanted, first)
		}
		switch distance := distanceOf(findings, at); {
		case nearest == nil || distance < best:
			nearest, best, ties = findings, distance, 0
		case distance == best:
			ties++
		}
	}
	if best < foreign && ties == 0 && nearest != nil {
		return nearest
	}
	return one(strings.Join(wanted[:min(len(wanted), 5)], ", or "), got)
}

// foreign is the distance of an alternative that was probably not meant: it has another type or another constant.
const foreign = 1000

func distanceOf(findings []finding, at pointer.Pointer) int {
	distance := len(findings)
	for _, f := range findings {
		switch lastToken(f.Keyword) {
		case "const", "enum":
			distance += foreign
		case "type":
			if len(f.at) == len(at) {
				distance += 2 * foreign
			}
		}
	}
	return distance
}

// onlyRequire returns the names if each alternative only requires one property.
func onlyRequire(branches []any) []string {
	var names []string
	for _, branch := range branches {
		schema, _ := branch.(map[string]any)
		required, _ := schema["required"].([]any)
		if len(schema) != 1 || len(required) != 1 {
			return nil
		}
		name, _ := required[0].(string)
		names = append(names, name)
	}
	return names
}

// expectations describe the values that a keyword allows. %v stands for its value, and # for the number of what follows.
var expectations = map[string]string{
	"contentMediaType": "a string that encodes %v", "contentEncoding": "a string encoded in %v",
	"minimum": "a number of at least %v", "maximum": "a number of at most %v", "multipleOf": "a multiple of %v",
	"minLength": "at least #character", "maxLength": "at most #character", "minItems": "at least #item", "maxItems": "at most #item",
	"minProperties": "at least #property", "maxProperties": "at most #property",
	"items": "no further item", "additionalItems": "no further item", "unevaluatedItems": "no further item", "unevaluatedProperties": "no such property",
}

// expectation describes the values that a keyword allows.
func expectation(l location) string {
	switch l.keyword {
	case "type":
		return typeWords(l.value)
	case "const":
		return short(l.value)
	case "enum":
		values, _ := l.value.([]any)
		words := naming.List(values, short)
		if len(words) == 1 {
			return words[0]
		}
		return "one of " + enumerate(words, 12)
	case "pattern":
		if l.value == "^[0-9a-f]{24}$" {
			return "an id of 24 lowercase hexadecimal digits"
		}
		return "a string that matches " + printableName(fmt.Sprint(l.value))
	case "format":
		return cmp.Or(formatWords[fmt.Sprint(l.value)], fmt.Sprintf("a string in the format %s", l.value))
	case "contentMediaType":
		if l.value == "application/json" {
			return "JSON in the string"
		}
	case "exclusiveMinimum":
		return fmt.Sprintf("a number above %v", bound(l, "minimum"))
	case "exclusiveMaximum":
		return fmt.Sprintf("a number below %v", bound(l, "maximum"))
	case "maxContains":
		return "at most " + amount(l.value, "item") + " that `contains` describes"
	case "not":
		return "a value that does not match `not`: " + short(l.value)
	}
	words := cmp.Or(expectations[l.keyword], "no value")
	if text, noun, counted := strings.Cut(words, "#"); counted {
		return text + amount(l.value, noun)
	}
	return strings.Replace(words, "%v", fmt.Sprint(l.value), 1)
}

// bound returns the number of exclusiveMinimum or exclusiveMaximum, which in draft 4 is beside a flag.
func bound(l location, beside string) any {
	if _, ok := l.value.(json.Number); ok {
		return l.value
	}
	return l.schema[beside]
}
