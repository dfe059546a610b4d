package script

import (
	"fmt"
	"strconv"
)

// MaxTimes bounds the rounds of a repeat.
const MaxTimes = 1_000_000_000

// wrap makes the table of a step from the key that it begins with.
func wrap[T any](what string, of func(*T) *Common, keys ...key[T]) *table[T] {
	return &table[T]{what: what, keys: append(keys, commonKeys(of)...)}
}

func waitTable() *table[Wait] {
	return wrap("a wait step", func(s *Wait) *Common { return &s.Common },
		key[Wait]{"wait", "How long.", duration(), true, func(p *parser, n *node, s *Wait) { s.For, _ = p.duration(n, "wait") }})
}

func shuffleTable() *table[Shuffle] {
	return wrap("a shuffle step", func(s *Shuffle) *Common { return &s.Common },
		key[Shuffle]{"shuffle", "The steps.", ref("steps"), true, func(p *parser, n *node, s *Shuffle) { s.Steps = p.steps(n, s.Path+".") }})
}

func parallelTable() *table[Parallel] {
	return wrap("a parallel step", func(s *Parallel) *Common { return &s.Common },
		key[Parallel]{"parallel", "The steps.", ref("steps"), true, func(p *parser, n *node, s *Parallel) { s.Steps = p.steps(n, s.Path+".") }})
}

func repeatTable() *table[Repeat] {
	return wrap("a repeat step", func(s *Repeat) *Common { return &s.Common },
		key[Repeat]{"repeat", "How often, and the steps.", ref("repeat"), true, func(p *parser, n *node, s *Repeat) { roundsTable().read(p, n, s) }})
}

// roundsTable is the map under the key repeat.
func roundsTable() *table[Repeat] {
	return &table[Repeat]{what: "repeat", about: "Runs its steps several times, one round after the other.", keys: []key[Repeat]{
		{"times", "How often.", count(1, MaxTimes), true, func(p *parser, n *node, s *Repeat) { s.Times, _ = p.count(n, "times", 1, MaxTimes) }},
		{"steps", "The steps of a round.", ref("steps"), true, func(p *parser, n *node, s *Repeat) { s.Steps = p.steps(n, s.Path+".") }},
	}}
}

func playTable() *table[Play] {
	return wrap("a play step", func(s *Play) *Common { return &s.Common },
		key[Play]{"play", "The file, and who plays whom in it.", anyOf(text(), ref("play")), true, func(p *parser, n *node, s *Play) {
			var f playFile
			if n.kind == object {
				playFileTable().read(p, n, &f)
			} else if file, ok := p.word(n, "the file to play"); ok {
				f.file, f.at = file, n
			}
			if s.File = f.file; f.file != "" {
				p.play(f.at, s, f.with)
			}
		}})
}

// playFile is the map under the key play.
type playFile struct {
	file string
	at   *node
	with []with
}

// with is one record of the other scenario's cast, and the record here that stands for it.
type with struct {
	inner, outer string
	key, value   *node
}

func playFileTable() *table[playFile] {
	return &table[playFile]{what: "play", about: "Another scenario, beside this one or of the library.", keys: []key[playFile]{
		{"file", "A file beside this one, or a scenario of the library.", text(), true, func(p *parser, n *node, f *playFile) {
			f.file, _ = p.word(n, "the file to play")
			f.at = n
		}},
		{"with", "Records of its cast, and the records here that stand for them.", mapOf(called()), false, func(p *parser, n *node, f *playFile) {
			p.pairs(n, "with", func(k, v *node) {
				if outer, ok := p.word(v, "the record that stands for "+k.text); ok {
					f.with = append(f.with, with{inner: k.text, outer: outer, key: k, value: v})
				}
			})
		}},
	}}
}

func requestTable() *table[Request] {
	of := func(s *Request) *Common { return &s.Common }
	t := wrap("a request step", of,
		key[Request]{"request", "What is sent.", ref("request"), true, func(p *parser, n *node, s *Request) { messageTable().read(p, n, s) }},
		key[Request]{"capture", "Values of the answer, by RFC 6901 pointer, for later steps.", captureShape(), false, func(p *parser, n *node, s *Request) { s.Captures = p.captures(n) }},
		key[Request]{"expect", "What the answer must be, over what the file says.", ref("expect"), false, func(p *parser, n *node, s *Request) { s.Expect = p.expectation(n, p.expect) }},
	)
	t.then = func(p *parser, n *node, s *Request) {
		if n.get("expect") == nil {
			s.Expect = p.expect
		}
	}
	return t
}

func methods() []string { return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} }

// messageTable is the map under the key request.
func messageTable() *table[Request] {
	return &table[Request]{what: "request", about: "Any bytes, signed any way: nothing is added to the headers but Host and Content-Length.", keys: []key[Request]{
		{"method", "POST unless told otherwise.", words(methods()), false, func(p *parser, n *node, s *Request) { s.Method, _ = p.oneOf(n, "method", methods()) }},
		{"http", `"1.1" unless told otherwise.`, anyOf(words([]string{"1.0", "1.1"}), shape{"enum": []float64{1.0, 1.1}}), false, func(p *parser, n *node, s *Request) {
			s.HTTP, _ = p.oneOf(n, "http", []string{"1.0", "1.1"})
		}},
		{"url", "The target unless told otherwise.", text(), false, func(p *parser, n *node, s *Request) {
			if u, ok := p.url(n, "the URL"); ok {
				s.URL = &u
			}
		}},
		{"headers", "In this order and letter case: a list of pairs, or a map.", anyOf(listOf(shape{"type": "array", "items": text(), "minItems": 2, "maxItems": 2}), mapOf(text())), false,
			func(p *parser, n *node, s *Request) { s.Headers = p.headers(n, "headers") }},
		{"raw", "The body, as it is.", text(), false, func(p *parser, n *node, s *Request) {
			if n.kind != scalar {
				p.fail(n, "raw is the body as a text, byte for byte; got %s", n.describe())
				return
			}
			s.Body = p.scan(n)
		}},
		{"sign", "How ${sign.t} and ${sign.v1} are made.", ref("sign"), false, func(p *parser, n *node, s *Request) { signTable().read(p, n, &s.Sign) }},
	}, then: func(p *parser, n *node, s *Request) {
		s.Sign.defaults()
		if n.get("method") == nil {
			s.Method = "POST"
		}
		if n.get("http") == nil {
			s.HTTP = "1.1"
		}
	}}
}

func algorithms() []string { return []string{"sha256", "sha1", "sha512"} }

func encodings() []string { return []string{"hex", "HEX", "base64", "base64url"} }

func (s *Sign) defaults() {
	if s.Algorithm == "" {
		s.Algorithm = algorithms()[0]
	}
	if s.Encoding == "" {
		s.Encoding = encodings()[0]
	}
	if s.Over.Parts == nil {
		s.Over.Parts = []Part{
			{Ref: &Ref{Kind: RefOver, Name: "t", Text: "t"}}, {Literal: "."},
			{Ref: &Ref{Kind: RefOver, Name: "body", Text: "body"}},
		}
	}
}

func signTable() *table[Sign] {
	return &table[Sign]{what: "sign", about: "How the signature of a request is made.", keys: []key[Sign]{
		{"over", "What is signed; ${t}.${body} unless told otherwise.", text(), false, func(p *parser, n *node, s *Sign) { s.Over, _ = p.text(n, "over") }},
		{"algorithm", "The hash of the HMAC.", words(algorithms()), false, func(p *parser, n *node, s *Sign) { s.Algorithm, _ = p.oneOf(n, "algorithm", algorithms()) }},
		{"encoding", "How the MAC is written.", words(encodings()), false, func(p *parser, n *node, s *Sign) { s.Encoding, _ = p.oneOf(n, "encoding", encodings()) }},
		{"t", "now, now-400s, now+1h, or the text itself.", text(), false, func(p *parser, n *node, s *Sign) { s.Time = p.signTime(n) }},
		{"secret", "Another key than the subscription's.", text(), false, func(p *parser, n *node, s *Sign) {
			if secret, ok := p.text(n, "secret"); ok {
				s.Secret = &secret
			}
		}},
	}}
}

// signTime reads now, now-400s, or a t as it is to be written.
func (p *parser) signTime(n *node) SignTime {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "t is now, such as now-400s, or the text itself; got %s", n.describe())
		return SignTime{}
	}
	if len(n.text) < 3 || n.text[:3] != "now" {
		literal := p.scan(n)
		return SignTime{Literal: &literal}
	}
	if n.text == "now" {
		return SignTime{}
	}
	offset, ok := parseOffset(n.text[3:])
	if !ok {
		p.fail(n, "t is now, such as now-400s or now+1h, or the text itself; got %s", n.describe())
	}
	return SignTime{Offset: offset}
}

// fixed words that a probe asks with, the method of each.
func verbs() []string { return []string{"get", "head", "post", "put", "patch", "delete"} }

// describe returns the step in one line for people.
func describe(step Step) string {
	switch s := step.(type) {
	case *Send:
		line := "send " + s.Type.Name + describeAbout(s.About)
		if s.Fault != nil {
			line += " with " + s.Fault.String()
		}
		return line
	case *Do:
		return "do " + s.Action + describeAbout(s.About)
	case *Wait:
		return "wait " + s.For.String()
	case *Probe:
		if s.Method == "" {
			return "probe: run " + s.Exec[0].String()
		}
		return "probe: " + s.Method + " " + s.URL.String()
	case *Shuffle:
		return fmt.Sprintf("shuffle %s", steps(len(s.Steps)))
	case *Repeat:
		times := "once"
		if s.Times > 1 {
			times = strconv.Itoa(s.Times) + " times"
		}
		return fmt.Sprintf("repeat %s %s", steps(len(s.Steps)), times)
	case *Parallel:
		return fmt.Sprintf("%s in parallel", steps(len(s.Steps)))
	case *Traffic:
		return fmt.Sprintf("traffic: %d events", s.Events)
	case *Play:
		return "play " + s.File
	case *Request:
		return "request: " + s.Method
	}
	return Of(step).Kind
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return strconv.Itoa(n) + " steps"
}
