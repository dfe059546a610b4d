package validate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// describe returns the type of a JSON value and as much of it as fits a line.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		if v == "" {
			return "an empty string"
		}
		return "the string " + quoted(v)
	case []any:
		if len(v) == 0 {
			return "an empty array"
		}
		return "an array of " + human.Count(len(v), "item")
	case map[string]any:
		if len(v) == 0 {
			return "an empty object"
		}
		return "an object with " + enumerate(printable(slices.Sorted(maps.Keys(v))), 8)
	}
	return "the number " + cut(fmt.Sprint(v))
}

// maxExcerpt is the length of a value in a message.
const maxExcerpt = 60

// quoted returns a string in quotes, cut to fit a line.
func quoted(s string) string {
	if shown := cut(s); shown != s {
		return strconv.Quote(strings.TrimSuffix(shown, "…")) + "…"
	}
	return strconv.Quote(s)
}

// printable quotes the names that are empty, invisible or could control a terminal.
func printable(names []string) []string {
	for i, name := range names {
		names[i] = printableName(name)
	}
	return names
}

func printableName(name string) string {
	hidden := func(r rune) bool { return !strconv.IsPrint(r) }
	if name == "" || strings.ContainsFunc(name, hidden) || !utf8.ValidString(name) {
		return strconv.Quote(name)
	}
	return name
}

func cut(s string) string {
	if len(s) <= maxExcerpt {
		return s
	}
	end := maxExcerpt
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// short returns a value of a schema as JSON.
func short(v any) string {
	data, err := json.Marshal(v)
	if err != nil { // cannot happen: the value was parsed from JSON
		return fmt.Sprint(v)
	}
	return cut(string(data))
}

// enumerate joins at most the given number of words with commas.
func enumerate(words []string, most int) string {
	shown := make([]string, 0, most)
	for _, w := range words[:min(len(words), most)] {
		shown = append(shown, cut(w))
	}
	text := strings.Join(shown, ", ")
	if len(words) > most {
		text += fmt.Sprintf(", … (%d in all)", len(words))
	}
	return text
}

// amount returns a number of a schema with its noun. An absent number is 1, as for minContains.
func amount(n any, noun string) string {
	number, ok := n.(json.Number)
	if !ok || number == "1" {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %s", number, human.Plural(noun))
}

var typeNouns = map[string]string{"boolean": "true or false", "null": "null", "integer": "an integer", "object": "an object", "array": "an array"}

// typeWords describes the value of the keyword type.
func typeWords(v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	return strings.Join(naming.List(list, func(name any) string { return cmp.Or(typeNouns[fmt.Sprint(name)], fmt.Sprintf("a %s", name)) }), " or ")
}

// formatWords describe the values of formats.
var formatWords = map[string]string{
	"date-time": "a date and time such as 2026-01-31T09:30:00Z", "date": "a date such as 2026-01-31", "time": "a time such as 09:30:00Z",
	"duration": "a duration such as P1DT12H", "email": "an e-mail address", "uuid": "a UUID", "hostname": "a host name", "regex": "a regular expression",
	"uri": "an absolute URI", "iri": "an absolute URI",
	"uri-reference": "a URI or a relative reference", "iri-reference": "a URI or a relative reference", "uriref": "a URI or a relative reference",
	"ipv4": "an IPv4 address", "ip-address": "an IPv4 address", "ipv6": "an IPv6 address",
}

func matchesAny(patterns map[string]any, name string) bool {
	for pattern := range patterns {
		if matched, err := regexp.MatchString(pattern, name); err == nil && matched {
			return true
		}
	}
	return false
}
