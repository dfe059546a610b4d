package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"semblance/schemas/human"
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

func atLeast(n any, noun string) string { return "at least " + amount(n, noun) }
func atMost(n any, noun string) string  { return "at most " + amount(n, noun) }

// amount returns a number of a schema with its noun. An absent number is 1, as for minContains.
func amount(n any, noun string) string {
	number, ok := n.(json.Number)
	if !ok || number == "1" {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %s", number, human.Plural(noun))
}

// typeWords describes the value of the keyword type.
func typeWords(v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	words := make([]string, len(list))
	for i, name := range list {
		switch name {
		case "boolean":
			words[i] = "true or false"
		case "null":
			words[i] = "null"
		case "integer", "object", "array":
			words[i] = fmt.Sprintf("an %s", name)
		default:
			words[i] = fmt.Sprintf("a %s", name)
		}
	}
	return strings.Join(words, " or ")
}

func formatWords(format string) string {
	switch format {
	case "date-time":
		return "a date and time such as 2026-01-31T09:30:00Z"
	case "date":
		return "a date such as 2026-01-31"
	case "time":
		return "a time such as 09:30:00Z"
	case "duration":
		return "a duration such as P1DT12H"
	case "email":
		return "an e-mail address"
	case "uri", "iri":
		return "an absolute URI"
	case "uri-reference", "iri-reference", "uriref":
		return "a URI or a relative reference"
	case "uuid":
		return "a UUID"
	case "hostname":
		return "a host name"
	case "ipv4", "ip-address":
		return "an IPv4 address"
	case "ipv6":
		return "an IPv6 address"
	case "regex":
		return "a regular expression"
	}
	return fmt.Sprintf("a string in the format %s", format)
}

func matchesAny(patterns map[string]any, name string) bool {
	for pattern := range patterns {
		if matched, err := regexp.MatchString(pattern, name); err == nil && matched {
			return true
		}
	}
	return false
}
