package player

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/signature"
)

// request plans a request step: exactly the bytes of the file.
func (r *run) request(step *script.Request, f frame) task {
	return func(ctx context.Context, b *branch) {
		v := b.values(f)
		request, shown, expect, err := prepareRequest(step, v)
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		startedAt := r.elapsed()
		attempt := b.attempt(ctx, r.sender, request, 1)
		if attempt.Response.Failure == simulator.FailureCanceled {
			return
		}
		attempt.Request = shown
		b.record(step.Path, scenarios.Evidence{Round: f.round.String(), StartedAt: startedAt, Attempt: &attempt}, expect, r.handmade(step, f, b))
		r.judgeAll(&step.Common, f.round, v, []*simulator.Attempt{&attempt})
		b.capture(step.Path, f.round, step.Captures, &attempt.Response)
	}
}

// handmade returns the exchange of a trial without the attempt, or nil. The twin of a request without an event is a plain
// event.
func (r *run) handmade(step *script.Request, f frame, b *branch) *Exchange {
	if r.trial == nil {
		return nil
	}
	own := *b
	each := f.each.String()
	plainType, err := schemas.Lookup(plainEvent)
	if err != nil {
		panic("player: " + err.Error()) // the catalogue has it
	}
	return &Exchange{
		Each: each,
		twin: r.plain(&step.Common, drawKey(step.Path, f.round), plainType, nil, &own),
		repeat: func(ctx context.Context) (*Exchange, error) {
			request, _, _, err := prepareRequest(step, own.values(f))
			if err != nil {
				return nil, err
			}
			return &Exchange{Attempt: own.attempt(ctx, r.sender, request, 1)}, nil
		},
	}
}

// plainEvent is the event type of a request that stands for any event.
const plainEvent = "booking.created"

// prepareRequest returns the request of a request step, and the same request as it may be shown.
func prepareRequest(step *script.Request, v *values) (request, shown simulator.Request, expect expected, err error) {
	v.time = v.branch.now()
	res, masked := resolver{values: v}, resolver{values: v.shown()}
	exact := res.exact(step)
	if res.err != nil {
		return request, shown, expect, res.err
	}
	request, err = v.branch.run.sender.PrepareExact(exact)
	shown = request
	if len(script.Env(step)) > 0 {
		masked.signed = v.sign
		as := masked.exact(step)
		if err != nil && as.URL != exact.URL {
			err = fmt.Errorf("invalid request %s %s", step.Method, as.URL)
		}
		shown.URL, shown.Body = as.URL, as.Body
		shown.Headers = shownHeaders(&request, &exact, &as)
		err = errors.Join(err, masked.err)
	}
	if err == nil {
		expect, err = v.expected(&step.Common, &step.Expect)
	}
	return request, shown, expect, err
}

// exact resolves the values of a request step, in this order: body, time, signed text, headers. Each may refer to those
// before it.
func (r *resolver) exact(step *script.Request) delivery.Exact {
	exact := delivery.Exact{Method: step.Method, Proto: step.HTTP, URL: r.branch.run.options.Target}
	if step.URL != nil {
		exact.URL = r.text(step.URL)
	}
	exact.Body = []byte(r.text(&step.Body))
	r.signWith(&step.Sign, exact.Body, r.branch.run.options.Secret.Reveal())
	exact.Headers = r.headers(step.Headers)
	return exact
}

// shownHeaders returns the headers of a prepared request with those of the step as they may be shown. The sender has added
// others before and after them.
func shownHeaders(request *simulator.Request, exact, shown *delivery.Exact) []simulator.Header {
	headers := slices.Clone(request.Headers)
	before := 0
	if len(headers) > len(exact.Headers) && headers[0].Name == "Host" && (len(exact.Headers) == 0 || exact.Headers[0] != headers[0]) {
		before = 1
		if !strings.Contains(shown.URL, headers[0].Value) {
			headers[0].Value = "…"
		}
	}
	copy(headers[before:], shown.Headers)
	return headers
}

// signWith sets the values body, t and v1. The secret of the construction replaces the given one.
func (r *resolver) signWith(s *script.Sign, body []byte, secret string) {
	r.sign = map[string]string{"body": string(body), "t": r.unix(s.Time.Offset)}
	if s.Time.Literal != nil {
		r.sign["t"] = r.text(s.Time.Literal)
	}
	if r.signed != nil { // of the request that is sent
		r.sign["v1"] = r.signed["v1"]
		if s.Time.Literal == nil {
			r.sign["t"] = r.signed["t"]
		}
		return
	}
	if s.Secret != nil {
		secret = r.text(s.Secret)
	}
	over := r.text(&s.Over)
	if r.err != nil {
		return
	}
	mac, err := signature.MAC(s.Algorithm, secret, []byte(over))
	if err != nil {
		r.err = err
		return
	}
	switch s.Encoding {
	case "hex":
		r.sign["v1"] = hex.EncodeToString(mac)
	case "HEX":
		r.sign["v1"] = fmt.Sprintf("%X", mac)
	case "base64":
		r.sign["v1"] = base64.StdEncoding.EncodeToString(mac)
	case "base64url":
		r.sign["v1"] = base64.RawURLEncoding.EncodeToString(mac)
	}
}
