package scenarios

import (
	"slices"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/hint"
)

const (
	// MaxBody bounds each body that a result keeps, in bytes. A JSON response for people is far smaller.
	MaxBody = 4 << 10
	// maxHeaders bounds the headers of each request and response that a result keeps.
	maxHeaders = 64
)

// Evidence is one attempt or one probe, with its verdict.
type Evidence struct {
	Round     string // the round of the repeats around the step, such as "2" or "2.1", or ""
	Copy      int    // the copy of a send with `again`; 0 is the original
	StartedAt time.Duration
	Attempt   *simulator.Attempt // nil for a probe
	Probe     *Probe             // nil for an attempt
	Expected  string             // the expectation in words
	Verdict   Verdict
	Hint      hint.Hint // of a failed attempt
	Effect    bool      // of a probe: it counted the effects of an event
	Says      string    // the message in the response of a failed attempt if that is an HTML page, else ""
}

// Explained returns the evidence with the hint of a failed attempt. It needs the whole response.
func (e Evidence) Explained() Evidence {
	if e.Attempt == nil || e.Verdict.Passed() {
		return e
	}
	e.Hint = hint.For(e.Attempt)
	if text := hint.Text(&e.Attempt.Response); text != string(e.Attempt.Response.Body) {
		e.Says = human.Cut(text, maxText)
	}
	return e
}

// Probe is a request to the receiver's application, or a command, with its response.
type Probe struct {
	Request  string // "GET http://127.0.0.1:3000/bookings/1", or the command line
	Tries    int
	Status   int    // of the last response; the exit code of a command
	Response []byte // the last response body or the output of the command, cut to [MaxBody]
	Took     time.Duration
	Failure  string // why the response is missing, or ""
}

// redacted returns the evidence without credentials. It shares memory with e.
func (e Evidence) redacted() Evidence {
	if e.Attempt != nil {
		a := e.Attempt.Redacted()
		e.Attempt = &a
	}
	e.Verdict.Failures = redactedFailures(e.Verdict.Failures)
	e.Verdict.Warnings = redactedFailures(e.Verdict.Warnings)
	e.Verdict.Remarks = redactedFailures(e.Verdict.Remarks)
	return e
}

// redactedFailures returns the failures without credentials in headers.
func redactedFailures(failures []Failure) []Failure {
	for i, f := range failures {
		if f.Part != PartHeader {
			continue
		}
		if got := simulator.RedactHeader(simulator.Header{Name: f.Name, Value: f.Got}); got != f.Got && f.Got != noHeader {
			failures = slices.Clone(failures)
			failures[i].Got = got
		}
	}
	return failures
}

// bounded returns a copy of the evidence with bodies and headers cut to their bounds. It shares no bytes with e, so that
// the sender may reuse its buffers.
func (e Evidence) bounded() Evidence {
	if e.Probe != nil {
		probe := *e.Probe
		probe.Response = boundedBody(probe.Response)
		e.Probe = &probe
	}
	if e.Attempt != nil {
		a := *e.Attempt
		a.Request.Body, a.Request.Headers = boundedBody(a.Request.Body), boundedHeaders(a.Request.Headers)
		a.Response.Truncated = a.Response.Truncated || len(a.Response.Body) > MaxBody
		a.Response.Body, a.Response.Headers = boundedBody(a.Response.Body), boundedHeaders(a.Response.Headers)
		a.Response.Detail = human.Cut(a.Response.Detail, maxText)
		e.Attempt = &a
	}
	return e
}

func boundedBody(body []byte) []byte { return append([]byte(nil), body[:min(len(body), MaxBody)]...) }

func boundedHeaders(headers []simulator.Header) []simulator.Header {
	bounded := append([]simulator.Header(nil), headers[:min(len(headers), maxHeaders)]...)
	for i, h := range bounded {
		bounded[i].Name, bounded[i].Value = human.Cut(h.Name, maxText), h.Value[:min(len(h.Value), MaxBody)]
	}
	return bounded
}
