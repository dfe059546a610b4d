package provider

import (
	"fmt"
	"strconv"

	"semblance/schemas"
	"semblance/simulator/journal"
)

// The provider's own event types, and who makes them happen.
const (
	deliveryFailed      = "webhook.event.deliveryFailed"
	subscriptionUpdated = "webhook.subscription.updated"
	originProvider      = "provider"
)

// ended notes how a delivery ended, and pauses the subscription when the breaker says so.
func (p *Provider) ended(c *commit, s *subscriber, how Ending) {
	before := failedInARow(s.endings)
	if how != EndedFailed {
		s.endings = s.endings[:0] // what failed before it counts no more
	} else {
		s.endings = append(s.endings, how)
	}
	if now := failedInARow(s.endings); now != before {
		c.records = append(c.records, p.failedRecord(s, now))
	}
	if s.sub.DeliveryPaused || s.sub.Deleted || !p.options.Breaker.Trips(s.endings) {
		return
	}
	paused := *s.sub
	paused.DeliveryPaused, paused.UpdatedAt = true, p.clock.Now()
	p.put(c, s, &paused, "paused by the breaker")
	p.hold(c, s, "its subscription was paused by the breaker")
	p.tellOfUpdate(c, s)
	p.notice(c, s)
}

// failedRecord keeps how many deliveries in a row failed for good, so that a restart is no new start for a receiver.
func (p *Provider) failedRecord(s *subscriber, n int) *journal.Setting {
	return &journal.Setting{At: p.clock.Now(), Key: failedKey + s.sub.ID, Value: strconv.AppendInt(nil, int64(n), 10), Removed: n == 0}
}

const failedKey = "failed-in-a-row/"

// notice stands in for the e-mail to the practice's Technical Contact.
func (p *Provider) notice(c *commit, s *subscriber) {
	n := &journal.Notice{
		At: p.clock.Now(), SubscriptionID: s.sub.ID,
		Subject: fmt.Sprintf("Webhook deliveries to %q are paused", s.sub.Label),
		Text: fmt.Sprintf("%d deliveries in a row to %s (subscription %s) failed for good, so deliveries to it are paused. "+
			"Mend the receiver, then resume them: updateWebhook with deliveryPaused: false.", len(s.endings), s.sub.URL, s.sub.ID),
	}
	c.records = append(c.records, n)
	p.log.Warn("subscription paused", "subscription", s.sub.ID, "label", s.sub.Label, "url", s.sub.URL, "failed", len(s.endings))
}

// tellOfFailure owes webhook.event.deliveryFailed to whoever subscribed to it. It is never about itself.
func (p *Provider) tellOfFailure(c *commit, o *outstanding) {
	name := o.Event.Type.Name
	p.log.Warn("delivery failed for good", "delivery", o.ID, "subscription", o.SubscriptionID, "type", name, "attempts", o.attempts, "status", o.status)
	if name == deliveryFailed {
		return
	}
	metadata := []schemas.MetadataField{{Name: "failedEventType", Value: name}}
	if o.status != 0 {
		metadata = append(metadata, schemas.MetadataField{Name: "httpStatusCode", Value: o.status})
	}
	p.owe(c, schemas.Event{
		Type:        p.failedType,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: o.SubscriptionID}, {Name: "outboxId", Value: o.ID}},
		Metadata:    metadata,
	}, originProvider)
}

// tellOfUpdate owes webhook.subscription.updated to whoever subscribed to it.
func (p *Provider) tellOfUpdate(c *commit, s *subscriber) {
	p.owe(c, schemas.Event{
		Type:        p.updatedType,
		Identifiers: []schemas.Identifier{{Name: "subscriptionId", Value: s.sub.ID}},
		Metadata:    []schemas.MetadataField{{Name: "deliveryPaused", Value: s.sub.DeliveryPaused}},
	}, originProvider)
}
