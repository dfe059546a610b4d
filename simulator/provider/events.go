package provider

import (
	"context"
	"fmt"

	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// The event types that the provider sends about itself.
const (
	deliveryFailed      = "webhook.event.deliveryFailed"
	subscriptionUpdated = "webhook.subscription.updated"
)

// Origins of events in the journal.
const (
	originAPI      = "api"      // an event was requested
	originClinic   = "clinic"   // an action of the clinic
	originTraffic  = "traffic"  // an action of the clinic's traffic
	originProvider = "provider" // the provider itself
)

// Emission is an event and its deliveries. The records belong to the journal and must not be changed.
type Emission struct {
	Event      *journal.Event
	Deliveries []*journal.Delivery
}

// Deliver creates deliveries of events of the caller and returns when all of them are committed to the journal. On an
// error none is. origin says in a word where the events come from. If ctx ends first the outcome is unknown: the events
// may still be delivered. That is true of all methods with a context that change something.
func (p *Provider) Deliver(ctx context.Context, origin string, events ...schemas.Event) ([]Emission, error) {
	p.mu.Lock()
	err := p.admit()
	if err == nil {
		n := 0
		for _, event := range events {
			n += len(p.state.byType[event.Type.Name])
		}
		err = p.checkRoomFor(n)
	}
	if err != nil {
		p.mu.Unlock()
		return nil, err
	}
	c := newCommit()
	emissions := make([]Emission, len(events))
	for i, event := range events {
		emissions[i] = p.addEvent(c, event, origin, nil)
	}
	p.submit(c)
	p.mu.Unlock()
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	return emissions, nil
}

// addEvent adds an event and its deliveries to a commit. next, if not nil, is the version of a subscription that the same
// commit brings.
func (p *Provider) addEvent(c *commit, event schemas.Event, origin string, next *simulator.Subscription) Emission {
	at := p.Now()
	e := Emission{Event: &journal.Event{Event: event, At: at, Origin: origin}}
	c.add(e.Event)
	var eventID string
	if p.options.EventIDs == PerEvent {
		eventID = p.random.ids.New(at).String()
	}
	for _, s := range p.state.recipients(event.Type.Name, next) {
		version := s.Subscription
		if next != nil && next.ID == s.ID {
			version = next
		}
		d := &journal.Delivery{
			Delivery:      simulator.Delivery{ID: p.random.ids.New(at).String(), SubscriptionID: s.ID, Event: event, CreatedAt: at, EventID: eventID},
			DeliveryState: p.options.WhilePaused.stateOfNew(version, at),
			Origin:        origin,
		}
		c.add(d)
		e.Deliveries = append(e.Deliveries, d)
	}
	return e
}

// failure describes the attempts of a failed delivery.
type failure struct {
	attempts int
	status   int // of the last response; 0 if there was none
}

// announceFailure adds a webhook.event.deliveryFailed event. A failed delivery of such an event is not announced.
func (p *Provider) announceFailure(c *commit, d *journal.Delivery, f failure, next *simulator.Subscription) {
	name := d.Event.Type.Name
	p.log.Warn("delivery failed", "delivery", d.ID, "subscription", d.SubscriptionID, "type", name, "attempts", f.attempts, "status", f.status)
	if name == deliveryFailed {
		return
	}
	metadata := []schemas.MetadataField{{Name: "failedEventType", Value: name}}
	if f.status != 0 {
		metadata = append(metadata, schemas.MetadataField{Name: "httpStatusCode", Value: f.status})
	}
	p.addEvent(c, schemas.Event{
		Type:        p.types.failed,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: d.SubscriptionID}, {Name: "outboxId", Value: d.ID}},
		Metadata:    metadata,
	}, originProvider, next)
}

// announceUpdate adds a webhook.subscription.updated event about a version that the commit brings.
func (p *Provider) announceUpdate(c *commit, version *simulator.Subscription) {
	p.addEvent(c, schemas.Event{
		Type:        p.types.updated,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: version.ID}},
		Metadata:    []schemas.MetadataField{{Name: "deliveryPaused", Value: version.DeliveryPaused}},
	}, originProvider, version)
}

// notice adds a notice that takes the place of the e-mail to the practice's Technical Contact.
func (p *Provider) notice(c *commit, s *simulator.Subscription, failed int) {
	c.add(&journal.Notice{
		At: p.Now(), SubscriptionID: s.ID,
		Subject: fmt.Sprintf("Webhook deliveries to %q are paused", s.Label),
		Text: fmt.Sprintf("%s in a row to %s (subscription %s) failed, so deliveries to it are paused. "+
			"Fix the receiver, then resume them: updateWebhook with deliveryPaused: false.", human.Count(failed, "delivery"), simulator.RedactURL(s.URL), s.ID),
	})
	p.log.Warn("subscription paused", "subscription", s.ID, "label", s.Label, "url", simulator.RedactURL(s.URL), "failed", failed)
}
