package player

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/signature"
)

// request plans a request step: exactly the bytes of the file.
func (r *run) request(step *script.Request, f frame) task {
	return func(ctx context.Context, b *branch) {
		v := b.values(f)
		request, expect, err := prepareRequest(step, v)
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		startedAt := r.elapsed()
		attempt := b.attempt(ctx, request, 1)
		if attempt.Response.Failure == simulator.FailureCanceled {
			return
		}
		b.record(step.Path, scenarios.Evidence{Round: f.round.String(), StartedAt: startedAt, Attempt: &attempt}, expect)
		b.capture(step.Path, f.round, step.Captures, &attempt.Response)
	}
}

// prepareRequest resolves the values of a request step, in this order: body, time, signed text, headers. Each may refer
// to those before it.
func prepareRequest(step *script.Request, v *values) (request simulator.Request, expect scenarios.Expect, err error) {
	res := resolver{values: v}
	exact := delivery.Exact{Method: step.Method, Proto: step.HTTP, URL: v.branch.run.options.Target}
	if step.URL != nil {
		exact.URL = res.text(step.URL)
	}
	exact.Body = []byte(res.text(&step.Body))
	res.signRequest(&step.Sign, exact.Body)
	exact.Headers = res.headers(step.Headers)
	if res.err != nil {
		return request, expect, res.err
	}
	if request, err = v.branch.run.sender.PrepareExact(exact); err == nil {
		expect, err = step.Expect.Resolve(v)
	}
	return request, expect, err
}

// signRequest sets the values body, t and v1.
func (r *resolver) signRequest(s *script.Sign, body []byte) {
	r.sign = map[string]string{"body": string(body), "t": strconv.FormatInt(r.branch.now().Add(s.Time.Offset).Unix(), 10)}
	if s.Time.Literal != nil {
		r.sign["t"] = r.text(s.Time.Literal)
	}
	secret := r.branch.run.options.Secret.Reveal()
	if s.Secret != nil {
		secret = r.text(s.Secret)
	}
	over := r.text(&s.Over)
	if r.err != nil {
		return
	}
	mac, err := signature.MAC(s.Algorithm, secret, []byte(over))
	switch {
	case err != nil:
		r.err = err
	case s.Encoding == "hex":
		r.sign["v1"] = hex.EncodeToString(mac)
	case s.Encoding == "base64":
		r.sign["v1"] = base64.StdEncoding.EncodeToString(mac)
	case s.Encoding == "base64url":
		r.sign["v1"] = base64.RawURLEncoding.EncodeToString(mac)
	default:
		r.err = fmt.Errorf("unknown encoding %q", s.Encoding)
	}
}
