package script

import (
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
)

func probeStep(_ *parser, s *Probe) construct {
	s.Within, s.Every = DefaultProbeWithin, DefaultProbeEvery
	s.Until.Status = scenarios.Default().Status
	return construct{keys: []key{
		{"probe", "The query and the expected result.", true, nested(probeConstruct(s))},
		{"capture", "Values of the last response, by RFC 6901 pointer, for later steps.", false, captures(&s.Captures)},
	}}
}

// probeMethods returns the keys of a probe that name an HTTP method.
func probeMethods() []string { return []string{"get", "head", "post", "put", "patch", "delete"} }

func probeConstruct(s *Probe) construct {
	c := construct{name: "probe", about: "A query of the receiver's application, or a command, repeated until the result is as expected."}
	for _, method := range probeMethods() {
		c.keys = append(c.keys, key{method, "The URL of a " + strings.ToUpper(method) + " request.", false,
			value{shape: textShape, read: func(p *parser, n *node, key string) {
				s.Method, s.URL = strings.ToUpper(method), p.url(n, key)
			}}})
	}
	c.keys = append(c.keys, []key{
		{"exec", "A command and its arguments, run without a shell; requires --allow-exec.", false, command(&s.Exec)},
		{"headers", "The headers of the request.", false, headers(&s.Headers)},
		{"body", "The body of the request: a string is sent unchanged, any other value as JSON.", false, jsonValue(&s.Body)},
		{"until", "The expected result; default: status 2xx, or exit code 0.", false, nested(untilConstruct(s))},
		{"within", "The time limit for the first success; default " + DefaultProbeWithin.String() + ".", false, duration(&s.Within, 0)},
		{"every", "The interval between two queries; default " + DefaultProbeEvery.String() + ".", false, duration(&s.Every, time.Millisecond)},
		{"and-still-after", "Query once more after this time; the result must still be as expected.", false, duration(&s.StillAfter, 0)},
	}...)
	c.check = func(p *parser, n *node) { p.checkProbe(n, s) }
	return c
}

// command is a list of a command and its arguments.
func command(into *[]Text) value {
	return value{shape: func() shape { return shape{"type": "array", "items": textShape(), "minItems": 1} }, read: func(p *parser, n *node, key string) {
		for _, item := range p.items(n, key, false) {
			if argument, ok := p.text(item, "an argument"); ok {
				*into = append(*into, argument)
			}
		}
		if n.kind == list && len(n.items) == 0 {
			p.fail(n, "%s must be a command and its arguments, such as [curl, -s, …]", key)
		}
	}}
}

// untilConstruct has the keys of expect, except response and within, and those of a command.
func untilConstruct(s *Probe) construct {
	u := &s.Until
	keys := slices.DeleteFunc(expectKeys(&u.Expect), func(k key) bool { return k.name == "response" || k.name == "within" })
	return construct{name: "until", about: "The result that a probe waits for.", keys: append(keys,
		key{"exit", "The exit code of a command; default 0.", false, count(&u.Exit, 0, 255)},
		key{"output", "The output of a command: exact, or a pattern with *.", false, optionalText(&u.Output)},
	), check: func(p *parser, n *node) {
		u.Pos = n.pos
		for _, k := range n.keys {
			switch k.text {
			case "status", "headers":
				if s.Exec != nil {
					p.fail(k, "a command has no %s; use exit and output", k.text)
				}
			case "exit", "output":
				if s.Exec == nil {
					p.fail(k, "a response has no %s; use status, headers, equals and body", k.text)
				}
			}
		}
	}}
}

// checkProbe checks the combination of keys of a probe.
func (p *parser) checkProbe(n *node, s *Probe) {
	if s.Exec != nil {
		s.Until.Status = nil
	}
	var queries []string
	for _, k := range n.keys {
		switch {
		case k.text == "exec" || slices.Contains(probeMethods(), k.text):
			queries = append(queries, k.text)
		case s.Exec != nil && (k.text == "headers" || k.text == "body"):
			p.fail(k, "a command has no %s", k.text)
		}
	}
	switch {
	case len(queries) == 0:
		p.fail(n, "a probe needs a query: %s with a URL, or exec with a command", human.Or(probeMethods()))
	case len(queries) > 1:
		p.fail(n, "a probe has one query; got %s", human.And(queries))
	}
}
