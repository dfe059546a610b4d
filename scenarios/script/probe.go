package script

import (
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
)

func probeTable() *table[Probe] {
	of := func(s *Probe) *Common { return &s.Common }
	return wrap("a probe step", of,
		key[Probe]{"probe", "The question, and the answer that is waited for.", ref("probe"), true, func(p *parser, n *node, s *Probe) { questionTable().read(p, n, s) }},
		key[Probe]{"capture", "Values of the last answer, by RFC 6901 pointer, for later steps.", captureShape(), false, func(p *parser, n *node, s *Probe) { s.Captures = p.captures(n) }},
	)
}

// questionTable is the map under the key probe.
func questionTable() *table[Probe] {
	t := &table[Probe]{what: "probe", about: "A question to the receiver's own application, asked until the answer is what is expected."}
	for _, verb := range verbs() {
		t.keys = append(t.keys, key[Probe]{verb, strings.ToUpper(verb) + " this URL.", text(), false, func(p *parser, n *node, s *Probe) {
			s.Method = strings.ToUpper(verb)
			s.URL, _ = p.url(n, "the URL")
		}})
	}
	t.keys = append(t.keys, []key[Probe]{
		{"exec", "A command and its arguments, run without a shell; only with --allow-exec.", shape{"type": "array", "items": text(), "minItems": 1}, false, func(p *parser, n *node, s *Probe) {
			for _, item := range p.items(n, "exec", false) {
				if argument, ok := p.text(item, "an argument"); ok {
					s.Exec = append(s.Exec, argument)
				}
			}
			if n.kind == list && len(n.items) == 0 {
				p.fail(n, "exec is a command and its arguments: [curl, -s, …]")
			}
		}},
		{"headers", "Of the question.", mapOf(text()), false, func(p *parser, n *node, s *Probe) { s.Headers = p.headers(n, "headers") }},
		{"body", "Of the question: a text as it is, anything else as JSON.", shape{}, false, func(p *parser, n *node, s *Probe) {
			v := p.value(n)
			s.Body = &v
		}},
		{"until", "The answer that is waited for; 2xx, or exit code 0, unless told otherwise.", ref("until"), false, func(p *parser, n *node, s *Probe) { p.until(n, s) }},
		{"within", "For the first success; 5s unless told otherwise.", duration(), false, func(p *parser, n *node, s *Probe) { s.Within, _ = p.duration(n, "within") }},
		{"every", "From one question to the next; 100ms unless told otherwise.", duration(), false, func(p *parser, n *node, s *Probe) {
			d, ok := p.duration(n, "every")
			if ok && d < time.Millisecond {
				p.fail(n, "every is at least 1ms; got %s", n.describe())
			}
			s.Every = d
		}},
		{"and-still-after", "Asks once more after a quiet time, and it must still hold.", duration(), false, func(p *parser, n *node, s *Probe) { s.StillAfter, _ = p.duration(n, "and-still-after") }},
	}...)
	t.then = (*parser).probe
	return t
}

// probe checks what the keys of a probe say together, and fills in what they leave out.
func (p *parser) probe(n *node, s *Probe) {
	var asked []string
	for _, k := range n.keys {
		if k.text == "exec" || slices.Contains(verbs(), k.text) {
			asked = append(asked, k.text)
		}
	}
	switch {
	case len(asked) == 0:
		p.fail(n, "a probe asks something: get: URL, another of %s, or exec: [command, argument]", listed(verbs()))
	case len(asked) > 1:
		p.fail(n, "a probe asks one thing, not %s", listed(asked))
	}
	if slices.Contains(asked, "exec") {
		for _, key := range []string{"headers", "body"} {
			if n.get(key) != nil {
				p.fail(n.key(key), "a command has no %s", key)
			}
		}
	}
	if n.get("until") == nil {
		s.Until = defaultUntil(s)
	}
	if n.get("within") == nil {
		s.Within = DefaultProbeWithin
	}
	if n.get("every") == nil {
		s.Every = DefaultProbeEvery
	}
}

// defaultUntil is what a probe waits for when it says nothing: success.
func defaultUntil(s *Probe) Until {
	if s.Exec != nil {
		return Until{}
	}
	return Until{Expect: Expect{Status: scenarios.Default().Status}}
}

// untilTable is expect without answer and within, and with what a command can be asked for.
func untilTable() *table[untilReading] {
	t := &table[untilReading]{what: "until", about: "The answer that a probe waits for."}
	for _, k := range expectTable().keys {
		if k.name == "response" || k.name == "within" {
			continue
		}
		t.keys = append(t.keys, key[untilReading]{k.name, k.about, k.shape, false, func(p *parser, n *node, u *untilReading) { k.read(p, n, &u.expecting) }})
	}
	t.keys = append(t.keys,
		key[untilReading]{"exit", "The exit code of a command; 0 unless told otherwise.", count(0, 255), false, func(p *parser, n *node, u *untilReading) {
			u.exit, _ = p.count(n, "exit", 0, 255)
			u.said = append(u.said, "exit")
		}},
		key[untilReading]{"output", "What a command writes, exact or with *.", text(), false, func(p *parser, n *node, u *untilReading) {
			if output, ok := p.text(n, "output"); ok {
				u.output = &output
			}
			u.said = append(u.said, "output")
		}})
	return t
}

type untilReading struct {
	expecting
	exit   int
	output *Text
}

func (p *parser) until(n *node, s *Probe) {
	var u untilReading
	untilTable().read(p, n, &u)
	s.Until = Until{Expect: u.Expect, Exit: u.exit, Output: u.output}
	s.Until.Pos = n.pos
	command := s.Exec != nil
	for _, key := range u.said {
		ofCommand := key == "exit" || key == "output"
		ofAnswer := key == "status" || key == "headers"
		switch {
		case command && ofAnswer:
			p.fail(n.key(key), "a command has no %s; it has exit and output", key)
		case !command && ofCommand:
			p.fail(n.key(key), "an answer has no %s; it has status, headers, equals and body", key)
		}
	}
	if !command && !slices.Contains(u.said, "status") {
		s.Until.Status = scenarios.Default().Status
	}
}
