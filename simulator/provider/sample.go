package provider

import (
	"fmt"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// sampleURL is where a sample for no subscription would go. Nothing ever does.
const sampleURL = "https://example.com/webhooks"

// Sample returns an event of the type as it would be sent to the subscription, encoded and signed, with every optional
// identifier. Without a subscription it is signed with the published default secret. Nothing is sent and nothing
// happens.
func (p *Provider) Sample(eventType, subscriptionID string) (simulator.Request, error) {
	t, err := schemas.Lookup(eventType)
	if err != nil {
		return simulator.Request{}, refuseBecause(CodeEventType, "type", err)
	}
	at := p.clock.Now()
	to := simulator.Subscription{ID: p.ids.New(at).String(), URL: sampleURL, Secret: simulator.DefaultSecret}
	if subscriptionID != "" {
		var ok bool
		if to, ok = p.Subscription(subscriptionID); !ok {
			return simulator.Request{}, refuse(CodeNotFound, "subscription", "there is no subscription %q", subscriptionID)
		}
	}
	p.clinic.mu.Lock()
	options := p.clinic.options
	p.clinic.mu.Unlock()
	change, err := fixtures.New(options).Event(t, fixtures.EventOptions{}) // another clinic: the running one must not notice
	if err != nil {
		return simulator.Request{}, fmt.Errorf("a sample of %s: %w", eventType, err)
	}
	request, err := p.sender.Prepare(delivery.Message{
		URL: to.URL, SubscriptionID: to.ID, Secrets: []simulator.Secret{to.Secret}, Headers: to.Headers,
		Event: &change, EventID: p.ids.New(at).String(), At: at,
	})
	if err != nil {
		return simulator.Request{}, fmt.Errorf("a sample of %s: %w", eventType, err)
	}
	return request, nil
}
