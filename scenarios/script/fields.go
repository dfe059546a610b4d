package script

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	jsonpointer "semblance/schemas/pointer"
)

// The constructors below return values of keys. Each takes the address of the Go value that the key fills.

// text is a string that may contain ${…}.
func text(into *Text) value {
	return value{shape: textShape, read: func(p *parser, n *node, key string) { *into, _ = p.text(n, key) }}
}

// optionalText is a text whose absence differs from the empty text.
func optionalText(into **Text) value {
	return value{shape: textShape, read: func(p *parser, n *node, key string) {
		if t, ok := p.text(n, key); ok {
			*into = &t
		}
	}}
}

// prose is a text for people, in which ${…} has no meaning. It may have several lines only if multiline is true.
func prose(into *string, multiline bool) value {
	return value{shape: textShape, read: func(p *parser, n *node, key string) {
		switch {
		case n.kind != scalar || n.isNull():
			p.fail(n, "%s must be a string; got %s", key, n.describe())
		case !multiline && strings.ContainsAny(n.text, "\r\n"):
			p.fail(n, "%s must be a single line", key)
		case human.Printable(n.text) != n.text:
			p.fail(n, "%s contains a character that is not printable: %s", key, n.describe())
		}
		*into = n.text
	}}
}

// name is the name that the file gives to a thing.
func name(into *string, thing string) value {
	return value{shape: nameShape, read: func(p *parser, n *node, _ string) { *into, _ = p.name(n, thing) }}
}

// names is a name or a list of names.
func names(into *[]string, thing string) value {
	return value{shape: func() shape { return listOf(nameShape()) }, read: func(p *parser, n *node, key string) {
		for _, item := range p.items(n, key, true) {
			if name, ok := p.name(item, thing); ok {
				*into = append(*into, name)
			}
		}
	}}
}

// oneOf is one of some words.
func oneOf[S ~string](into *S, known ...S) value {
	words := wordsOf(known)
	return value{shape: func() shape { return enum(words) }, read: func(p *parser, n *node, key string) {
		word, _ := p.oneOf(n, key, words)
		*into = S(word)
	}}
}

func wordsOf[S ~string](words []S) []string {
	return naming.List(words, func(word S) string { return string(word) })
}

// oneOrMore is a value, or a list of values, each of which read reads.
func oneOrMore(one func() shape, read func(p *parser, n *node, key string)) value {
	return value{shape: func() shape { return anyOf(one(), listOf(one())) }, read: func(p *parser, n *node, key string) {
		for _, item := range p.items(n, key, true) {
			read(p, item, key)
		}
	}}
}

// parsed is a scalar that parse accepts; want describes it for messages.
func parsed[T any](into *T, want string, shape func() shape, parse func(n *node) (T, bool)) value {
	return value{shape: shape, read: func(p *parser, n *node, key string) {
		v, ok := parse(n)
		if !ok || n.kind != scalar {
			p.fail(n, "%s must be %s; got %s", key, want, n.describe())
			return
		}
		*into = v
	}}
}

// boolean is true or false.
func boolean(into *bool) value {
	return parsed(into, "true or false", func() shape { return shape{"type": "boolean"} }, func(n *node) (bool, bool) {
		return n.text == "true", !n.quoted && (n.text == "true" || n.text == "false")
	})
}

// count is a whole number between two bounds.
func count(into *int, low, high int) value {
	return parsed(into, fmt.Sprintf("a whole number from %d to %d", low, high), func() shape { return countShape(low, high) }, func(n *node) (int, bool) {
		i, err := strconv.Atoi(strings.ReplaceAll(n.text, "_", ""))
		return i, !n.quoted && err == nil && low <= i && i <= high
	})
}

// seed is a random seed: any whole number of 64 bits.
func seed(into *int64) value {
	return parsed(into, "a whole number", func() shape { return shape{"type": "integer"} }, func(n *node) (int64, bool) {
		i, err := strconv.ParseInt(n.text, 10, 64)
		return i, !n.quoted && err == nil
	})
}

// MaxDuration is the largest duration in a scenario.
const MaxDuration = 24 * time.Hour

// duration is a length of time such as 300ms, 5s or 1m30s.
func duration(into *time.Duration, low time.Duration) value {
	return value{shape: durationShape, read: func(p *parser, n *node, key string) { *into = p.duration(n, key, low) }}
}

func (p *parser) duration(n *node, key string, low time.Duration) time.Duration {
	d, err := time.ParseDuration(n.text)
	_, unitless := strconv.ParseFloat(n.text, 64)
	switch {
	case n.kind == scalar && err == nil && low <= d && d <= MaxDuration:
		return d
	case n.kind == scalar && err == nil:
		p.fail(n, "%s must be between %s and 24h; got %s", key, low, n.describe())
	case n.kind == scalar && unitless == nil:
		p.fail(n, "%s needs a unit, such as %sms or %ss", key, excerpt(n.text), excerpt(n.text))
	default:
		p.fail(n, "%s must be a duration such as 300ms, 5s or 1m30s; got %s", key, n.describe())
	}
	return 0
}

// MaxRate is the largest rate, in events per second.
const MaxRate = 1e6

// ParseRate parses a rate such as 5/s, 100/m or 1000/h. It returns the number per second.
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

// rate is a number of events per unit of time.
func rate(into *float64) value {
	return parsed(into, "a number per unit of time, such as 5/s, 100/m or 1000/h, up to 1000000/s", rateShape,
		func(n *node) (float64, bool) { return ParseRate(n.text) })
}

// jsonValue is JSON whose strings may contain ${…}.
func jsonValue(into **Value) value {
	return value{shape: func() shape { return shape{} }, read: func(p *parser, n *node, _ string) {
		v := p.value(n)
		*into = &v
	}}
}

// named is a map of texts, such as identifiers.
func named(into *[]Named, thing string) value {
	return value{shape: func() shape { return mapOf(textShape()) }, read: func(p *parser, n *node, key string) {
		p.pairs(n, key, func(k, v *node) {
			if t, ok := p.text(v, thing+" "+k.text); ok {
				*into = append(*into, Named{Pos: k.pos, Name: k.text, Value: t})
			}
		})
	}}
}

// headers is a map of header names to values, which may be patterns.
func headers(into *[]Named) value {
	return value{shape: func() shape { return mapOf(textShape()) }, read: func(p *parser, n *node, key string) { *into = p.headers(n, key) }}
}

// headerPairs is a map of headers, or a list of pairs that keeps order, letter case and repeated names.
func headerPairs(into *[]Named) value {
	return headers(into).shaped(func() shape {
		pair := shape{"type": "array", "items": textShape(), "minItems": 2, "maxItems": 2}
		return anyOf(listOf(pair), mapOf(textShape()))
	})
}

func (p *parser) headers(n *node, key string) []Named {
	var headers []Named
	add := func(k, v *node) {
		switch {
		case !isToken(k.text):
			p.fail(k, "%s is not a valid header name", human.Quoted(k.text))
		case strings.ContainsAny(v.text, "\r\n\x00"):
			p.fail(v, "the value of the header %s must be a single line", k.text)
		default:
			if value, ok := p.text(v, "the header "+k.text); ok {
				headers = append(headers, Named{Pos: k.pos, Name: k.text, Value: value})
			}
		}
	}
	if n.kind != list {
		p.pairs(n, key, add)
		return headers
	}
	for _, pair := range n.items {
		if pair.kind != list || len(pair.items) != 2 || pair.items[0].kind != scalar {
			p.fail(pair, "a header in a list must be a pair [name, value]; got %s", pair.describe())
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

// captures is a map of names to pointers into a response.
func captures(into *[]Capture) value {
	return value{shape: func() shape { return mapOf(pointerShape()) }, read: func(p *parser, n *node, key string) {
		p.pairs(n, key, func(k, v *node) {
			name, ok := p.newName(k, "a capture")
			if pointer, valid := p.pointer(v); ok && valid {
				*into = append(*into, Capture{Pos: k.pos, Name: name, Pointer: pointer})
			}
		})
	}}
}

// pointer reads an RFC 6901 pointer.
func (p *parser) pointer(n *node) (string, bool) {
	if n.kind != scalar {
		p.fail(n, "a pointer must be a string such as /job/id; got %s", n.describe())
		return "", false
	}
	if _, err := jsonpointer.Parse(n.text); err != nil {
		p.fail(n, "%s", err)
		return "", false
	}
	return n.text, true
}

// about is the records that an event or an action concerns: one name, or a map of roles to names.
func about(into *[]About) value {
	return value{shape: func() shape { return anyOf(nameShape(), mapOf(nameShape())) }, read: func(p *parser, n *node, key string) {
		if n.kind == scalar {
			if name, ok := p.word(n, key); ok {
				*into = []About{{Pos: n.pos, Name: name}}
			}
			return
		}
		p.pairs(n, key, func(k, v *node) {
			if name, ok := p.word(v, "the "+k.text); ok {
				*into = append(*into, About{Pos: k.pos, Role: k.text, Name: name})
			}
		})
	}}
}

// steps is a list of steps.
func steps(into *[]Step, prefix string) value {
	return value{shape: func() shape { return ref("steps") }, read: func(p *parser, n *node, _ string) { *into = p.steps(n, prefix) }}
}

// nested is the map of another construct, which the JSON Schema defines under its name.
func nested(c construct) value {
	return value{shape: func() shape { return ref(c.name) }, read: func(p *parser, n *node, _ string) { c.read(p, n) }}
}

// optional is the map of another construct, whose absence differs from an empty one. initial has the defaults.
func optional[T any](into **T, initial T, describe func(*T) construct) value {
	return nested(describe(&initial)).preceded(func() { *into = &initial })
}

// reserved returns the names that have their own meaning in ${…}.
func reserved() []string {
	return []string{"request", "env", "target", "api", "run", "sign", "now", "stale", "new", "bytes", "fill", "secret"}
}

// newName reads the name of a record or a capture.
func (p *parser) newName(n *node, thing string) (string, bool) {
	name, ok := p.name(n, thing)
	if ok && slices.Contains(reserved(), name) {
		p.fail(n, "%s cannot be called %s, because ${%s.…} has another meaning", thing, name, name)
		return "", false
	}
	return name, ok
}
