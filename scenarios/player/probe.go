package player

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// maxProbeBody bounds what is read of an answer to a probe.
const maxProbeBody = 1 << 20

// answer is what a question to the receiver's application brought.
type reply struct {
	response simulator.Response
	failed   *scenarios.Failure // a command that ended otherwise than it should
}

// question is a probe with its values.
type question struct {
	what string // as reports call it
	ask  func(ctx context.Context) reply
}

// probe asks at once, then every so often, until the answer is what is expected, and once more after a quiet time.
func (s *run) probe(step *script.Probe, at place) task {
	return func(ctx context.Context, b *branch) {
		v := s.valuesOf(step, at, b)
		expect, err := step.Until.Resolve(v)
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		q, err := s.question(step, v)
		if err != nil {
			s.fail(step, at.round, err)
			return
		}
		started, since := clock.Now(), s.since()
		check := scenarios.Check{Request: q.what}
		last, verdict := s.askUntil(ctx, step, q, expect, &check)
		if verdict.Passed() && step.StillAfter > 0 && clock.Sleep(ctx, step.StillAfter) == nil {
			last, verdict = q.once(ctx, expect, max(step.Within, patience)) // it is in time by now
			check.Tries++
			for i := range verdict.Failures {
				verdict.Failures[i].Expected += fmt.Sprintf(" still after %v", step.StillAfter)
			}
		}
		if ctx.Err() != nil {
			return
		}
		check.Status, check.Response, check.Took = last.response.Status, last.response.Body, clock.Since(started)
		check.Failure = last.response.Detail
		s.record.Check(step.Path, scenarios.Evidence{
			Round: at.round.String(), StartedAt: since, Check: &check, Expected: expect.String(), Verdict: verdict,
		})
		if verdict.Passed() {
			captureFrom(s, step, at.round, b, step.Captures, &last.response)
		}
	}
}

// patience is how long the first question may take at least: what comes too late is no success, but says more than that
// nothing came.
const patience = time.Second

// askUntil asks until the answer is what is expected or the time has run out. A question that the end of the time cut
// short says less than the answer before it, and leaves that to be reported.
func (s *run) askUntil(ctx context.Context, step *script.Probe, q *question, expect scenarios.Expect, check *scenarios.Check) (last reply, verdict scenarios.Verdict) {
	started := clock.Now()
	deadline := started.Add(step.Within)
	allowed := max(step.Within, patience)
	for {
		check.Tries++
		a, judged := q.once(ctx, expect, allowed)
		if judged.Passed() || check.Tries == 1 || a.response.Failure != simulator.FailureTimeout {
			last, verdict = a, judged
		}
		if took := clock.Since(started); verdict.Passed() && took > step.Within {
			verdict.Failures = []scenarios.Failure{{Part: scenarios.PartWithin, Expected: "at most " + step.Within.String(), Got: took.String()}}
		}
		if verdict.Passed() || clock.Now().Add(step.Every).After(deadline) || clock.Sleep(ctx, step.Every) != nil {
			return last, verdict
		}
		allowed = deadline.Sub(clock.Now())
	}
}

// once asks and judges, and takes no answer that has not come within the time.
func (q *question) once(ctx context.Context, expect scenarios.Expect, within time.Duration) (reply, scenarios.Verdict) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	a := q.ask(ctx)
	verdict := scenarios.Judge(expect, &simulator.Attempt{Response: a.response})
	if a.failed != nil {
		verdict.Failures = append(verdict.Failures, *a.failed)
	}
	return a, verdict
}

func (s *run) question(step *script.Probe, v *values) (*question, error) {
	if len(step.Exec) > 0 {
		return s.command(step, v)
	}
	address, err := step.URL.Resolve(v)
	if err != nil {
		return nil, err
	}
	var body []byte
	headers := http.Header{}
	if step.Body != nil {
		value, err := step.Body.Resolve(v)
		if err != nil {
			return nil, err
		}
		if text, ok := value.(string); ok {
			body = []byte(text)
		} else {
			body = []byte(scenarios.EncodeJSON(value))
			headers.Set("Content-Type", "application/json")
		}
	}
	for _, h := range step.Headers {
		value, err := h.Value.Resolve(v)
		if err != nil {
			return nil, err
		}
		headers.Set(h.Name, value)
	}
	if _, err := http.NewRequest(step.Method, address, nil); err != nil {
		return nil, fmt.Errorf("asking %s %s: %w", step.Method, address, err)
	}
	return &question{what: step.Method + " " + address, ask: func(ctx context.Context) reply {
		return s.p.ask(ctx, step.Method, address, headers, body)
	}}, nil
}

// ask makes one HTTP request to the receiver's application. It follows no redirect: where an application sends people is
// part of its answer.
func (p *Player) ask(ctx context.Context, method, address string, headers http.Header, body []byte) reply {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return reply{response: simulator.Response{Failure: simulator.FailureConnect, Detail: err.Error()}}
	}
	request.Header = headers.Clone()
	started := clock.Now()
	got, err := p.probes.Do(request)
	if err != nil {
		return reply{response: simulator.Response{Failure: failureOf(err), Detail: plainError(err)}}
	}
	defer got.Body.Close()
	data, err := io.ReadAll(io.LimitReader(got.Body, maxProbeBody+1))
	response := simulator.Response{Status: got.StatusCode, Proto: got.Proto, Body: data, Size: int64(len(data))}
	response.Timings.Total = clock.Since(started)
	if len(data) > maxProbeBody {
		response.Body, response.Truncated = data[:maxProbeBody], true
	}
	for name, values := range got.Header {
		for _, value := range values {
			response.Headers = append(response.Headers, simulator.Header{Name: name, Value: value})
		}
	}
	slices.SortFunc(response.Headers, func(a, b simulator.Header) int { return strings.Compare(a.Name, b.Name) })
	if err != nil {
		response.Failure, response.Detail = failureOf(err), plainError(err)
	}
	return reply{response: response}
}

func failureOf(err error) simulator.Failure {
	if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
		return simulator.FailureTimeout
	}
	return simulator.FailureConnect
}

// plainError is the cause, without the method and URL that net/http puts in front.
func plainError(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no whole answer came in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before a whole answer had come"
	}
	var wrapped interface{ Unwrap() error }
	if errors.As(err, &wrapped) {
		if inner := wrapped.Unwrap(); inner != nil {
			return inner.Error()
		}
	}
	return err.Error()
}

// probeClient asks the receiver's application, trusting what deliveries trust.
func probeClient(o delivery.Options) (*http.Client, error) {
	config, err := o.TLS()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
