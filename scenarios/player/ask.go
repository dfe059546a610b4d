package player

import (
	"context"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

// Post sends a POST request with JSON to the receiver's application.
func (p *Player) Post(ctx context.Context, url string, body []byte) simulator.Response {
	exact := delivery.Exact{Method: "POST", URL: url, Body: body}
	exact.SetDefault("Content-Type", "application/json")
	exact.SetDefault("User-Agent", delivery.DefaultUserAgent)
	request, err := p.probes.PrepareExact(exact)
	if err != nil {
		return simulator.Response{Failure: simulator.FailureConnect, Detail: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, delivery.DefaultTimeout)
	defer cancel()
	return p.probes.Send(ctx, request)
}
