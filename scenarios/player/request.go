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

// request sends bytes as they are said.
func (s *run) request(step *script.Request, at place) task {
	return func(ctx context.Context, b *branch) {
		v := s.valuesOf(step, at, b)
		exact, err := s.exact(step, v)
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		sent, err := s.sender.PrepareExact(exact)
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		expect, err := step.Expect.Resolve(v)
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		evidence := scenarios.Evidence{Round: at.round.String(), StartedAt: s.since()}
		attempt := s.attempt(ctx, b, sent, 1)
		evidence.Attempt = &attempt
		if evidence.Attempt.Response.Failure == simulator.FailureCanceled {
			return
		}
		s.p.recognise(&evidence.Attempt.Response)
		if s.p.options.DryRun {
			expect = scenarios.Expect{Response: scenarios.ResponseAny}
		}
		evidence.Verdict = scenarios.Judge(expect, evidence.Attempt)
		s.record.Attempt(step.Path, evidence, expect)
		b.track.write(s, step.Path, &evidence)
		captureFrom(s, step, at.round, b, step.Captures, &evidence.Attempt.Response)
	}
}

// attempt sends a prepared request.
func (s *run) attempt(ctx context.Context, b *branch, request simulator.Request, number int) simulator.Attempt {
	a := simulator.Attempt{SubscriptionID: s.subscriptionID, Number: number, StartedAt: b.stamp(), Request: request}
	a.Response = s.sender.Send(ctx, request)
	return a
}

// exact gives a request its values: the body, then the time, what is signed, and the headers, each of which may name
// those before it.
func (s *run) exact(step *script.Request, v *values) (delivery.Exact, error) {
	exact := delivery.Exact{Method: step.Method, Proto: step.HTTP, URL: s.p.options.Target}
	if step.URL != nil {
		var err error
		if exact.URL, err = step.URL.Resolve(v); err != nil {
			return exact, err
		}
	}
	body, err := step.Body.Resolve(v)
	if err != nil {
		return exact, err
	}
	exact.Body = []byte(body)
	if v.sign, err = s.sign(&step.Sign, body, v); err != nil {
		return exact, err
	}
	for _, h := range step.Headers {
		value, err := h.Value.Resolve(v)
		if err != nil {
			return exact, err
		}
		exact.Headers = append(exact.Headers, simulator.Header{Name: h.Name, Value: value})
	}
	return exact, nil
}

// sign returns the values t, v1 and body.
func (s *run) sign(how *script.Sign, body string, v *values) (map[string]string, error) {
	known := map[string]string{"body": body, "t": strconv.FormatInt(v.b.stamp().Add(how.Time.Offset).Unix(), 10)}
	v.sign = known
	if how.Time.Literal != nil {
		t, err := how.Time.Literal.Resolve(v)
		if err != nil {
			return nil, err
		}
		known["t"] = t
	}
	secret := s.p.options.Secret.Reveal()
	if how.Secret != nil {
		var err error
		if secret, err = how.Secret.Resolve(v); err != nil {
			return nil, err
		}
	}
	over, err := how.Over.Resolve(v)
	if err != nil {
		return nil, err
	}
	mac, err := signature.MAC(how.Algorithm, secret, []byte(over))
	if err != nil {
		return nil, err
	}
	switch how.Encoding {
	case "hex":
		known["v1"] = hex.EncodeToString(mac)
	case "base64":
		known["v1"] = base64.StdEncoding.EncodeToString(mac)
	case "base64url":
		known["v1"] = base64.RawURLEncoding.EncodeToString(mac)
	default:
		return nil, fmt.Errorf("unknown encoding %q", how.Encoding)
	}
	return known, nil
}
