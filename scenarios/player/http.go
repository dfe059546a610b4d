package player

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// maxProbeBody bounds the response body or output that a probe reads, in bytes.
const maxProbeBody = 1 << 20

// probeClient returns the HTTP client of probes, which trusts the same certificates as deliveries. It does not follow
// redirects, so that a probe can expect one.
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

// fetch sends a request to the receiver's application.
func fetch(ctx context.Context, client *http.Client, method, address string, headers http.Header, body []byte) simulator.Response {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return simulator.Response{Failure: simulator.FailureConnect, Detail: err.Error()}
	}
	request.Header = headers.Clone()
	started := clock.Now()
	got, err := client.Do(request)
	if err != nil {
		return simulator.Response{Failure: failureOf(err), Detail: cause(err)}
	}
	defer got.Body.Close()
	data, err := io.ReadAll(io.LimitReader(got.Body, maxProbeBody+1))
	response := simulator.Response{Status: got.StatusCode, Proto: got.Proto, Body: data, Size: int64(len(data))}
	response.Timings.Total = clock.Since(started)
	if len(data) > maxProbeBody {
		response.Body, response.Truncated = data[:maxProbeBody], true
	}
	for name, lines := range got.Header {
		for _, value := range lines {
			response.Headers = append(response.Headers, simulator.Header{Name: name, Value: value})
		}
	}
	slices.SortFunc(response.Headers, func(a, b simulator.Header) int { return strings.Compare(a.Name, b.Name) })
	if err != nil {
		response.Failure, response.Detail = failureOf(err), cause(err)
	}
	return response
}

func failureOf(err error) simulator.Failure {
	if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
		return simulator.FailureTimeout
	}
	return simulator.FailureConnect
}

// cause returns the cause of an error without the method and URL that net/http adds.
func cause(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no complete response in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the response was complete"
	}
	var wrapped interface{ Unwrap() error }
	if errors.As(err, &wrapped) {
		if inner := wrapped.Unwrap(); inner != nil {
			return inner.Error()
		}
	}
	return err.Error()
}
