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
	r := v.branch.run
	exact := delivery.Exact{Method: step.Method, Proto: step.HTTP, URL: r.options.Target}
	if step.URL != nil {
		if exact.URL, err = step.URL.Resolve(v); err != nil {
			return request, expect, err
		}
	}
	body, err := step.Body.Resolve(v)
	if err != nil {
		return request, expect, err
	}
	exact.Body = []byte(body)
	if err = signRequest(&step.Sign, body, v); err != nil {
		return request, expect, err
	}
	for _, h := range step.Headers {
		value, err := h.Value.Resolve(v)
		if err != nil {
			return request, expect, err
		}
		exact.Headers = append(exact.Headers, simulator.Header{Name: h.Name, Value: value})
	}
	if request, err = r.sender.PrepareExact(exact); err != nil {
		return request, expect, err
	}
	expect, err = step.Expect.Resolve(v)
	return request, expect, err
}

// signRequest sets the values body, t and v1.
func signRequest(s *script.Sign, body string, v *values) error {
	v.sign = map[string]string{"body": body, "t": strconv.FormatInt(v.branch.now().Add(s.Time.Offset).Unix(), 10)}
	if s.Time.Literal != nil {
		t, err := s.Time.Literal.Resolve(v)
		if err != nil {
			return err
		}
		v.sign["t"] = t
	}
	secret := v.branch.run.options.Secret.Reveal()
	if s.Secret != nil {
		var err error
		if secret, err = s.Secret.Resolve(v); err != nil {
			return err
		}
	}
	over, err := s.Over.Resolve(v)
	if err != nil {
		return err
	}
	mac, err := signature.MAC(s.Algorithm, secret, []byte(over))
	if err != nil {
		return err
	}
	switch s.Encoding {
	case "hex":
		v.sign["v1"] = hex.EncodeToString(mac)
	case "base64":
		v.sign["v1"] = base64.StdEncoding.EncodeToString(mac)
	case "base64url":
		v.sign["v1"] = base64.RawURLEncoding.EncodeToString(mac)
	default:
		return fmt.Errorf("unknown encoding %q", s.Encoding)
	}
	return nil
}
