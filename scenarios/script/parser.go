package script

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/naming"
	"semblance/schemas/objectid"
	jsonpointer "semblance/schemas/pointer"
)

// parser reads one file into a tree. What it finds wrong it notes and reads on, so that all is said at once.
type parser struct {
	src    *file
	load   *load
	expect Expect  // the file's, over the default
	given  Deliver // the file's
	path   string  // of the play step that this file is read for, with a dot; "" for the outermost
	source *Source
	guests map[string]guest  // records of an outer cast, by the names that they have here
	people map[string]person // the cast
	beside []string          // the keys of the map around the one that is read
}

// fail notes an error at a node.
func (p *parser) fail(n *node, format string, arguments ...any) {
	p.failAt(n.pos, n.width, format, arguments...)
}

func (p *parser) failAt(pos Pos, width int, format string, arguments ...any) {
	p.load.add(p.src.problem(pos, width, format, arguments...))
}

func (p *parser) warn(n *node, format string, arguments ...any) {
	w := p.src.problem(n.pos, n.width, format, arguments...)
	w.Severity = Warning
	p.load.add(w)
}

func (p *parser) warnAt(pos Pos, format string, arguments ...any) {
	p.warn(&node{pos: pos, width: 1}, format, arguments...)
}

// word reads a text without ${…}.
func (p *parser) word(n *node, what string) (string, bool) {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "%s is a text; got %s", what, n.describe())
		return "", false
	}
	if strings.Contains(n.text, "${") {
		p.fail(n, "%s cannot hold ${…}", what)
		return "", false
	}
	return n.text, true
}

// oneOf reads one of some words.
func (p *parser) oneOf(n *node, what string, known []string) (string, bool) {
	text, ok := p.word(n, what)
	if !ok {
		return "", false
	}
	for _, k := range known {
		if k == text {
			return text, true
		}
	}
	if near := naming.Nearest(text, known); near != "" {
		p.fail(n, "%s is %s; got %q: did you mean %q?", what, either(known), shorten(text), near)
	} else {
		p.fail(n, "%s is %s; got %s", what, either(known), n.describe())
	}
	return "", false
}

// truth reads true or false.
func (p *parser) truth(n *node, what string) bool {
	if n.kind == scalar && !n.quoted && (n.text == "true" || n.text == "false") {
		return n.text == "true"
	}
	p.fail(n, "%s is true or false; got %s", what, n.describe())
	return false
}

// count reads a whole number between two bounds.
func (p *parser) count(n *node, what string, low, high int) (int, bool) {
	if n.kind == scalar && !n.quoted {
		if i, err := strconv.Atoi(strings.ReplaceAll(n.text, "_", "")); err == nil && low <= i && i <= high {
			return i, true
		}
	}
	p.fail(n, "%s is a whole number from %d to %d; got %s", what, low, high, n.describe())
	return low, false
}

// MaxDuration bounds every duration of a scenario.
const MaxDuration = 24 * time.Hour

// duration reads a length of time such as 300ms, 5s or 1m30s.
func (p *parser) duration(n *node, what string) (time.Duration, bool) {
	if n.kind == scalar {
		d, err := time.ParseDuration(n.text)
		switch {
		case err == nil && 0 <= d && d <= MaxDuration:
			return d, true
		case err == nil && d < 0:
			p.fail(n, "%s cannot be less than nothing; got %s", what, n.describe())
			return 0, false
		case err == nil:
			p.fail(n, "%s is at most %s; got %s", what, "24h", n.describe())
			return 0, false
		}
		if _, err := strconv.ParseFloat(n.text, 64); err == nil {
			p.fail(n, "%s wants a unit: %sms, or %ss?", what, shorten(n.text), shorten(n.text))
			return 0, false
		}
	}
	p.fail(n, "%s is a length of time such as 300ms, 5s or 1m30s; got %s", what, n.describe())
	return 0, false
}

// MaxRate bounds a rate: no machine sends more.
const MaxRate = 1e6

// ParseRate reads a rate such as 5/s, 100/m or 1000/h, and returns the number a second.
func ParseRate(text string) (float64, bool) {
	number, unit, found := strings.Cut(text, "/")
	rate, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !found || err != nil || math.IsNaN(rate) {
		return 0, false
	}
	switch strings.TrimSpace(unit) {
	case "s":
	case "m":
		rate /= 60
	case "h":
		rate /= 3600
	default:
		return 0, false
	}
	return rate, rate > 0 && rate <= MaxRate
}

func (p *parser) rate(n *node, what string) float64 {
	if n.kind == scalar {
		if rate, ok := ParseRate(n.text); ok {
			return rate
		}
	}
	p.fail(n, "%s is a number a time, such as 5/s, 100/m or 1000/h, and at most 1000000/s; got %s", what, n.describe())
	return 0
}

// called reads the name that the file gives something.
func (p *parser) called(n *node, what string) (string, bool) {
	if n.kind == scalar && name.MatchString(n.text) && len(n.text) <= 100 {
		return n.text, true
	}
	p.fail(n, "the name of %s is letters, digits, - and _, and begins with a letter; got %s", what, n.describe())
	return "", false
}

// text reads a text that may hold ${…}.
func (p *parser) text(n *node, what string) (Text, bool) {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "%s is a text; got %s", what, n.describe())
		return Text{}, false
	}
	return p.scan(n), true
}

// url reads a URL that may hold ${…}.
func (p *parser) url(n *node, what string) (Text, bool) {
	t, ok := p.text(n, what)
	if !ok {
		return t, false
	}
	begins := ""
	if len(t.Parts) > 0 {
		begins = t.Parts[0].Literal
		if t.Parts[0].Ref != nil { // known when the scenario is played
			return t, true
		}
	}
	if lower := strings.ToLower(begins); !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		p.fail(n, "%s begins with http://, https:// or ${target.origin}; got %s", what, n.describe())
		return t, false
	}
	return t, true
}

// items returns the values of a list; a single value that is no list counts as a list of one where one is allowed.
func (p *parser) items(n *node, what string, oneToo bool) []*node {
	switch {
	case n.kind == list:
		return n.items
	case oneToo && n.kind == scalar && !n.isNull():
		return []*node{n}
	}
	p.fail(n, "%s is a list; got %s", what, n.describe())
	return nil
}

// pairs calls each for every key and value of a map whose keys the file chooses.
func (p *parser) pairs(n *node, what string, each func(k, v *node)) {
	if n.kind != object {
		p.fail(n, "%s is a map; got %s", what, n.describe())
		return
	}
	seen := map[string]bool{}
	for i, k := range n.keys {
		switch {
		case seen[k.text]:
			p.fail(k, "the key %q is there twice", shorten(k.text))
			continue
		case strings.Contains(k.text, "${"):
			p.fail(k, "a key cannot hold ${…}")
			continue
		}
		seen[k.text] = true
		each(k, n.items[i])
	}
}

// value reads JSON whose texts may hold ${…}.
func (p *parser) value(n *node) Value {
	v := Value{Pos: n.pos}
	switch n.kind {
	case object:
		p.pairs(n, "this", func(k, item *node) {
			v.Fields = append(v.Fields, Field{Key: k.text, Value: p.value(item)})
		})
		if v.Fields == nil {
			v.Plain = map[string]any{}
		}
	case list:
		for _, item := range n.items {
			v.Items = append(v.Items, p.value(item))
		}
		if v.Items == nil {
			v.Plain = []any{}
		}
	default:
		plain, isText := n.json()
		if isText {
			t := p.scan(n)
			v.Text = &t
		}
		v.Plain = plain
	}
	return v
}

// json returns the JSON value of a scalar, and whether it is a text. Only what JSON itself calls a number is one: 010 and
// 1_000 are texts, and so is an id that happens to have no letter in it.
func (n *node) json() (value any, isText bool) {
	switch {
	case n.quoted:
		return nil, true
	case n.isNull():
		return nil, false
	case n.text == "true" || n.text == "false":
		return n.text == "true", false
	case isNumber(n.text) && !objectid.Valid(n.text):
		return json.Number(n.text), false
	}
	return nil, true
}

func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}

// encoded returns a node as JSON, for a schema that is written in the file.
func (n *node) encoded() any {
	switch n.kind {
	case object:
		out := make(map[string]any, len(n.keys))
		for i, k := range n.keys {
			if _, twice := out[k.text]; !twice {
				out[k.text] = n.items[i].encoded()
			}
		}
		return out
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.encoded()
		}
		return out
	}
	if value, isText := n.json(); !isText {
		return value
	}
	return n.text
}

// pointer reads an RFC 6901 pointer.
func (p *parser) pointer(n *node) (string, bool) {
	if n.kind != scalar {
		p.fail(n, "a pointer is a text such as /job/id; got %s", n.describe())
		return "", false
	}
	if _, err := jsonpointer.Parse(n.text); err != nil {
		p.fail(n, "%s", err)
		return "", false
	}
	return n.text, true
}

// parseOffset reads what stands after now: -400s, +1h.
func parseOffset(text string) (time.Duration, bool) {
	if text == "" || text[0] != '-' && text[0] != '+' {
		return 0, false
	}
	const far = 100 * 365 * 24 * time.Hour
	d, err := time.ParseDuration(text)
	return d, err == nil && -far <= d && d <= far
}
