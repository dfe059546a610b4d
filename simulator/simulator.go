// Package simulator holds the nouns of the simulated provider: a [Subscription] with its [Secret], the [Delivery] of a
// change to one subscription, the [Attempt] to deliver it with what was sent and what came back, and the exact bytes
// of a payload ([AppendPayload]). It has no goroutine and does no I/O; the rooms below it do the work:
//
//	clock      the one place that asks the time or waits
//	signature  signs, verifies, and explains why a signature does not hold
//	fault      spoils an attempt on purpose
//	delivery   makes one attempt: encode, sign, spoil if asked, send, observe
//	journal    what happened, to be queried
//	provider   the engine: subscriptions, outbox, retries, pausing
//	receiver   the reference receiver, and wrong ones
//	graphql    the provider's own API
//	web        the control API
package simulator

import "time"

// Subscription is who receives what, as the provider's API knows it.
type Subscription struct {
	ID             string
	Secret         Secret
	URL            string
	Label          string
	EventTypes     []string // exact names; the provider has no wildcard
	Headers        []Header // sent with each delivery
	Version        string
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Deleted        bool // deleting is soft
	DeliveryPaused bool
}

// Wants reports whether the subscription names the event type. A deleted one wants nothing.
func (s *Subscription) Wants(eventType string) bool {
	if s.Deleted {
		return false
	}
	for _, t := range s.EventTypes {
		if t == eventType {
			return true
		}
	}
	return false
}

// Header is one HTTP header field, with its name as it is written on the wire.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
