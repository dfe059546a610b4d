package player

import (
	"context"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

// Ask sends a GET request to the receiver's application, as a probe step does.
func (p *Player) Ask(ctx context.Context, url string) simulator.Response {
	return p.ask(ctx, delivery.Exact{Method: "GET", URL: url})
}

// Post sends a POST request with JSON to the receiver's application.
func (p *Player) Post(ctx context.Context, url string, body []byte) simulator.Response {
	exact := delivery.Exact{Method: "POST", URL: url, Body: body}
	exact.SetDefault("Content-Type", "application/json")
	return p.ask(ctx, exact)
}

func (p *Player) ask(ctx context.Context, exact delivery.Exact) simulator.Response {
	exact.SetDefault("User-Agent", delivery.DefaultUserAgent)
	request, err := p.probes.PrepareExact(exact)
	if err != nil {
		return simulator.Response{Failure: simulator.FailureConnect, Detail: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, delivery.DefaultTimeout)
	defer cancel()
	return p.probes.Send(ctx, request)
}

// Execute runs a command without a shell, as a probe step does. The response has its output as the body, and its exit code as
// the status.
func (p *Player) Execute(ctx context.Context, arguments []string) simulator.Response {
	ctx, cancel := context.WithTimeout(ctx, delivery.DefaultTimeout)
	defer cancel()
	response, _ := runCommand(ctx, arguments, 0, "*")
	return response
}
