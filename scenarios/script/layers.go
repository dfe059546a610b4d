package script

import (
	"strconv"
	"strings"

	"semblance/schemas/human"
	"semblance/simulator/body"
	"semblance/simulator/fault"
)

// Layers are the changes to the request of an event, in the order in which they are made. The rest of the request is right.
type Layers struct {
	Body    *Change  // before signing
	Sign    *Sign    // nil: as the subscription's events are signed
	Alter   *Change  // after signing
	Headers []Named  // each replaces the headers of its name, or is added; several of a name are all sent
	Without []string // names of headers that are not sent
	Method  string   // "" is POST; GET and HEAD have no body
	Path    *Text    // nil: that of the target
	HTTP    string   // "" is 1.1
	Wire    *Wire    // nil: one write
}

// Change is a change of a body before its references are resolved; see [body.Change].
type Change struct {
	Pos
	Raw    *Text
	Set    []Equal
	Remove []string
	Twice  string
	Nest   int
	Style  body.Style
	Pad    int
	Append *Text
	Keep   *int
}

// Resolve returns the change with its values.
func (c *Change) Resolve(values Values) (body.Change, error) {
	out := body.Change{Remove: c.Remove, Twice: c.Twice, Nest: c.Nest, Style: c.Style, Pad: c.Pad, Keep: c.Keep}
	if c.Raw != nil {
		raw, err := c.Raw.Resolve(values)
		if err != nil {
			return out, err
		}
		out.Raw = &raw
	}
	for i := range c.Set {
		value, err := c.Set[i].Value.Resolve(values)
		if err != nil {
			return out, err
		}
		out.Set = append(out.Set, body.Member{Pointer: c.Set[i].Pointer, Value: value})
	}
	if c.Append != nil {
		var err error
		if out.Append, err = c.Append.Resolve(values); err != nil {
			return out, err
		}
	}
	return out, nil
}

// eachText calls each for every text of the change.
func (c *Change) eachText(each func(*Text)) {
	if c == nil {
		return
	}
	for _, t := range []*Text{c.Raw, c.Append} {
		if t != nil {
			each(t)
		}
	}
	for i := range c.Set {
		c.Set[i].Value.eachText(each)
	}
}

// layerKeys returns the keys of the layers of a request.
func layerKeys(into **Layers) []key {
	var l Layers
	keys := []key{
		{"body", "Changes of the body before it is signed.", false, change(&l.Body)},
		{"sign", "The construction of the signature.", false, optional(&l.Sign, *RightSign(), signConstruct)},
		{"alter", "Changes of the body after it was signed.", false, change(&l.Alter)},
		{"headers", "Headers that replace those of the same name, or are added: a map, or a list of pairs.", false, headerPairs(&l.Headers)},
		{"without", "Headers that are not sent.", false, oneOrMore(textShape, func(p *parser, n *node, _ string) {
			if name, ok := p.word(n, "a header"); ok {
				if !isToken(name) {
					p.fail(n, "%s is not a valid header name", human.Quoted(name))
				}
				l.Without = append(l.Without, name)
			}
		})},
		{"method", "The HTTP method; GET and HEAD have no body.", false, oneOf(&l.Method, methods()...)},
		{"path", "The path of the request; default: that of the target.", false, optionalText(&l.Path)},
		{"http", `The HTTP version; default "1.1".`, false, httpVersion(&l.HTTP)},
		{"wire", "The way in which the bytes reach the receiver.", false, optional(&l.Wire, Wire{}, wireConstruct)},
	}
	for i := range keys {
		keys[i].value = keys[i].value.preceded(func() { *into = &l })
	}
	return keys
}

func methods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
}

// checkLayers checks the combination of the layers of a step.
func (p *parser) checkLayers(n *node, d *Delivering, judged bool) {
	if d.Layers == nil {
		return
	}
	if n.get("fault") != nil {
		p.fail(n.key("fault"), "a fault is a change to one layer, so it cannot be combined with others; write all of them as layers")
	}
	for _, key := range []string{"sign", "alter", "without", "method", "path"} {
		if n.get(key) != nil && !judged {
			p.fail(n.key(key), "a step with %s needs an expectation, such as expect: {status: refused}", key)
			return
		}
	}
}

// change is a change of a body.
func change(into **Change) value {
	return value{shape: func() shape { return ref("change") }, read: func(p *parser, n *node, key string) {
		c := Change{Pos: n.pos}
		*into = &c
		construct := changeConstruct(&c)
		construct.name = key
		construct.read(p, n)
	}}
}

func changeConstruct(c *Change) construct {
	return construct{name: "change", about: "A change of a body, in the order of these keys.", keys: []key{
		{"raw", "The exact body.", false, rawText(&c.Raw)},
		{"set", "Values by RFC 6901 pointer: they replace others, or are added to their objects.", false, equals(&c.Set)},
		{"remove", "Pointers of values to remove.", false, oneOrMore(pointerShape, func(p *parser, n *node, _ string) {
			if pointer, ok := p.pointer(n); ok {
				c.Remove = append(c.Remove, pointer)
			}
		})},
		{"twice", "The pointer of a member that is written twice.", false, value{shape: pointerShape, read: func(p *parser, n *node, _ string) { c.Twice, _ = p.pointer(n) }}},
		{"nest", "Add an unknown member with this number of nested arrays.", false, count(&c.Nest, 1, 1_000_000)},
		{"style", "How the JSON is written.", false, oneOf(&c.Style, body.Styles()...)},
		{"pad", "Append spaces up to this size, such as 20KiB.", false, size(&c.Pad)},
		{"append", "Append these bytes.", false, rawText(&c.Append)},
		{"keep", "Keep only this part of the bytes, such as 60%.", false, share(&c.Keep)},
	}}
}

// rawText is a text that may be empty.
func rawText(into **Text) value {
	return value{shape: textShape, read: func(p *parser, n *node, key string) {
		if n.kind != scalar {
			p.fail(n, "%s must be a string; got %s", key, n.describe())
			return
		}
		t := p.scan(n)
		*into = &t
	}}
}

// size is a number of bytes, such as 512 or 20KiB.
func size(into *int) value {
	want := "a size such as 512, 20KiB or 4MiB, up to 64MiB"
	shapeOf := func() shape {
		return anyOf(countShape(1, body.MaxSize), shape{"type": "string", "pattern": "^[0-9]+(B|kB|KB|KiB|MB|MiB)?$", "examples": []string{"20KiB", "4MiB"}})
	}
	return parsed(into, want, shapeOf, func(n *node) (int, bool) {
		bytes, err := fault.ParseSize(n.text)
		return int(bytes), err == nil && bytes > 0 && bytes <= body.MaxSize
	})
}

// share is a percentage, such as 60%.
func share(into **int) value {
	shapeOf := func() shape { return shape{"type": "string", "pattern": "^[0-9]{1,2}%$", "examples": []string{"60%"}} }
	return parsed(into, "a percentage from 0% to 99%", shapeOf, func(n *node) (*int, bool) {
		digits, ok := strings.CutSuffix(n.text, "%")
		percent, err := strconv.Atoi(digits)
		return &percent, ok && err == nil && 0 <= percent && percent <= 99
	})
}

// eachText calls each for every text of the layers.
func (l *Layers) eachText(each func(t *Text, at site)) {
	if l == nil {
		return
	}
	for _, c := range []*Change{l.Body, l.Alter} {
		c.eachText(func(t *Text) { each(t, siteStep) })
	}
	if l.Sign != nil {
		l.Sign.eachText(each)
	}
	for i := range l.Headers {
		each(&l.Headers[i].Value, siteRequest)
	}
	if l.Path != nil {
		each(l.Path, siteRequest)
	}
}

// eachText calls each for every text of the construction.
func (s *Sign) eachText(each func(t *Text, at site)) {
	each(&s.Over, siteOver)
	if s.Time.Literal != nil {
		each(s.Time.Literal, siteStep)
	}
	if s.Secret != nil {
		each(s.Secret, siteSecret)
	}
}

// names returns the parts of the request that a step changes, in words.
func (l *Layers) names() []string {
	if l == nil {
		return nil
	}
	var names []string
	for _, layer := range []struct {
		name    string
		changed bool
	}{
		{"body", l.Body != nil}, {"signature", l.Sign != nil}, {"bytes", l.Alter != nil}, {"headers", len(l.Headers)+len(l.Without) > 0},
		{"method", l.Method != ""}, {"path", l.Path != nil}, {"HTTP version", l.HTTP != ""}, {"transfer", l.Wire != nil},
	} {
		if layer.changed {
			names = append(names, layer.name)
		}
	}
	return names
}
