package provider

import (
	"fmt"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// sampleURL is the URL of a sample without a subscription. Nothing is sent there.
const sampleURL = "https://example.com/webhooks"

// Sample returns an event of a type, encoded and signed as for a subscription, with every optional identifier. Without a
// subscription it is signed with the default secret. Nothing is sent, and the clinic does not change.
func (p *Provider) Sample(eventType, subscriptionID string) (simulator.Request, error) {
	t, err := schemas.Lookup(eventType)
	if err != nil {
		return simulator.Request{}, refuseBecause(CodeEventType, "type", err)
	}
	at := p.Now()
	to := simulator.Subscription{ID: p.random.ids.New(at).String(), URL: sampleURL, Secret: simulator.DefaultSecret}
	if subscriptionID != "" {
		var ok bool
		if to, ok = p.Subscription(subscriptionID); !ok {
			return simulator.Request{}, noSubscription("subscription", subscriptionID)
		}
	}
	p.mu.Lock()
	options := p.state.clinic.options
	p.mu.Unlock()
	event, err := fixtures.New(options).Event(at, t, fixtures.EventOptions{}) // of a clinic of its own
	if err != nil {
		return simulator.Request{}, fmt.Errorf("making a sample of %s: %w", eventType, err)
	}
	request, err := p.sender.Prepare(delivery.Message{
		URL: to.URL, SubscriptionID: to.ID, Secrets: []simulator.Secret{to.Secret}, Headers: to.Headers,
		Event: &event, EventID: p.random.ids.New(at).String(), At: at,
	})
	if err != nil {
		return simulator.Request{}, fmt.Errorf("making a sample of %s: %w", eventType, err)
	}
	return request, nil
}
