package script

import (
	"strings"
	"time"
)

func requestStep(p *parser, s *Request) construct {
	s.Method, s.HTTP, s.Expect, s.Sign = "POST", "1.1", p.expect, *RightSign()
	return construct{check: func(p *parser, n *node) { p.checkExpectation(n, &s.Common) }, keys: append([]key{
		{"request", "The request.", true, nested(requestConstruct(s))},
		eachKey(&s.Common),
		{"capture", "Values of the response, by RFC 6901 pointer, for later steps.", false, captures(&s.Captures)},
		{"expect", "The expected response; it overrides the expect of the file.", false, expect(&s.Expect, func() Expect { return p.expect })},
	}, levelKeys(&s.Common)...)}
}

// RightSign returns the construction of the provider.
func RightSign() *Sign {
	return &Sign{Algorithm: "sha256", Encoding: "hex", Over: Text{Parts: []Part{
		{Ref: &Ref{Kind: RefOver, Name: "t", Text: "t"}}, {Literal: "."}, {Ref: &Ref{Kind: RefOver, Name: "body", Text: "body"}},
	}}}
}

func requestConstruct(s *Request) construct {
	return construct{name: "request", about: "Any bytes with any signature. Only the headers Host and Content-Length are added.", keys: []key{
		{"method", "The HTTP method; default POST.", false, oneOf(&s.Method, methods()...)},
		{"http", `The HTTP version; default "1.1".`, false, httpVersion(&s.HTTP)},
		{"url", "The URL; default: the target.", false, optionalURL(&s.URL)},
		{"headers", "The headers, in this order and letter case: a list of pairs, or a map.", false, headerPairs(&s.Headers)},
		{"raw", "The exact body.", false, value{shape: textShape, read: func(p *parser, n *node, key string) {
			if n.kind != scalar {
				p.fail(n, "%s must be the body as a string; got %s", key, n.describe())
				return
			}
			s.Body = p.scan(n)
		}}},
		{"sign", "The construction of ${sign.t} and ${sign.v1}.", false, nested(signConstruct(&s.Sign))},
	}}
}

func httpVersion(into *string) value {
	return oneOf(into, "1.0", "1.1").shaped(func() shape { return anyOf(enum([]string{"1.0", "1.1"}), shape{"enum": []float64{1.0, 1.1}}) })
}

// optionalURL is a URL whose absence differs from any URL.
func optionalURL(into **Text) value {
	return value{shape: textShape, read: func(p *parser, n *node, key string) {
		u := p.url(n, key)
		*into = &u
	}}
}

func signConstruct(s *Sign) construct {
	return construct{name: "sign", about: "The construction of a signature.", keys: []key{
		{"over", "The signed content; default ${t}.${body}.", false, text(&s.Over)},
		{"algorithm", "The hash function of the HMAC, or plain-sha256: the hash of secret and message without HMAC.", false,
			oneOf(&s.Algorithm, "sha256", "sha1", "sha512", "plain-sha256")},
		{"encoding", "The encoding of the HMAC.", false, oneOf(&s.Encoding, "hex", "HEX", "base64", "base64url")},
		{"t", "now, a time such as now-400s or now+1h, or any text.", false,
			value{shape: textShape, read: func(p *parser, n *node, key string) { s.Time = p.signTime(n, key) }}},
		{"secret", "The key of the HMAC; default: the secret of the subscription.", false, rawText(&s.Secret)},
	}}
}

// signTime reads now, a time such as now-400s, or the exact text of t.
func (p *parser) signTime(n *node, key string) SignTime {
	if n.kind != scalar || n.isNull() {
		p.fail(n, "%s must be now, a time such as now-400s or now+1h, or a string; got %s", key, n.describe())
		return SignTime{}
	}
	offset, ok := strings.CutPrefix(n.text, "now")
	if !ok {
		literal := p.scan(n)
		return SignTime{Literal: &literal}
	}
	if offset == "" {
		return SignTime{}
	}
	d, err := time.ParseDuration(offset)
	if err != nil || offset[0] != '-' && offset[0] != '+' || d.Abs() > maxOffset {
		p.fail(n, "%s must be now, a time such as now-400s or now+1h, or a string; got %s", key, n.describe())
	}
	return SignTime{Offset: d}
}
