package signature

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"semblance/schemas/human"
)

// topLevel are the keys of an event, in the provider's order.
var topLevel = []string{"subscriptionId", "eventId", "eventType", "identifiers", "metadata"}

// jsonForms returns the forms of a body that is JSON, but not that of the event.
func jsonForms(text []byte) []form {
	if event, ok := numberList(string(text)); ok {
		return []form{{finding{"text-of-javascript", "a list of its bytes"}, event}}
	}
	var inner string
	if json.Unmarshal(text, &inner) == nil {
		return []form{{finding{"wrapped", "a JSON string"}, []byte(inner)}}
	}
	n, ok := parseJSON(text)
	if !ok || n.kind != '{' {
		return []form{{finding{"other-format", "JSON that is not an object"}, nil}}
	}
	members := map[string]*node{}
	var names []string
	for _, m := range n.items {
		members[m.name()], names = m.value, append(names, m.name())
	}
	if members["type"] != nil && members["data"] != nil && string(members["type"].literal) == `"Buffer"` {
		event, _ := numberList(string(members["data"].append(nil, layouts[0], escapeUnchanged, 0)))
		return []form{{finding{"text-of-javascript", "a Buffer written as JSON"}, event}}
	}
	if members["eventType"] == nil {
		for _, key := range []string{"body", "payload", "data", "event", "message", "rawBody", "Message", "Body"} {
			wrapped := finding{"wrapped", "an object with the event in " + key}
			var s string
			switch m := members[key]; {
			case m == nil:
			case m.kind == '{':
				return []form{{wrapped, m.append(nil, layouts[0], escapeUnchanged, 0)}}
			case json.Unmarshal(m.literal, &s) == nil:
				if decoded, err := base64.StdEncoding.DecodeString(s); err == nil {
					s = string(decoded)
				}
				return []form{{wrapped, []byte(s)}}
			}
		}
		if len(names) == 1 && strings.HasPrefix(names[0], "{") { // as Express's urlencoded does with JSON
			return []form{{finding{"form-encoded", ""}, []byte(names[0])}}
		}
	}
	return fieldForms(n, names, members)
}

// fieldForms recognizes an event that went through a type of the receiver, which dropped or added keys or changed their
// names.
func fieldForms(n *node, names []string, members map[string]*node) []form {
	var missing, extra, renamed, nulls []string
	separators := strings.NewReplacer("_", "", "-", "")
	lower := func(name string) string { return strings.ToLower(separators.Replace(name)) }
	for _, name := range names {
		switch {
		case slices.Contains(topLevel, name):
		case slices.ContainsFunc(topLevel, func(key string) bool { return lower(key) == lower(name) }):
			renamed = append(renamed, name)
		default:
			extra = append(extra, name)
		}
	}
	for _, key := range topLevel[:4] {
		if members[key] == nil && !slices.ContainsFunc(renamed, func(name string) bool { return lower(name) == lower(key) }) {
			missing = append(missing, key)
		}
	}
	kept := n.without(func(parent *node, m member) bool {
		null := string(m.value.literal) == "null"
		if null {
			nulls = append(nulls, m.name())
		}
		return null || parent == n && slices.Contains(extra, m.name())
	})
	var words []string
	for _, part := range []struct {
		what string
		keys []string
	}{{"without %s", missing}, {"with %s added", extra}, {"with %s instead of the event's spelling", renamed}, {"with null for %s", nulls}} {
		if len(part.keys) > 0 {
			words = append(words, strings.Replace(part.what, "%s", human.And(part.keys[:min(len(part.keys), 4)]), 1))
		}
	}
	if len(words) == 0 {
		return nil
	}
	if len(missing) == 4 {
		return []form{{finding{"other-format", "JSON of something else"}, nil}}
	}
	return []form{{finding{"fields", human.Excerpt(human.And(words), 160)}, kept.append(nil, layouts[0], escapeUnchanged, 0)}}
}

// without returns the value without the members for which drop returns true.
func (n *node) without(drop func(parent *node, m member) bool) *node {
	out := &node{kind: n.kind, literal: n.literal}
	for _, m := range n.items {
		if m.key == nil || !drop(n, m) {
			out.items = append(out.items, member{m.key, m.value.without(drop)})
		}
	}
	return out
}
