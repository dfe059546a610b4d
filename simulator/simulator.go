// Package simulator holds the types of the simulated provider: a [Subscription] with its [Secret], the [Delivery] of an
// event to a subscription, the [Attempt] at it with its [Request] and [Response], and the exact bytes of a payload
// ([AppendPayload]). It has no goroutines and does no I/O. The packages below it do the work:
//
//	clock      reads the time and waits
//	body       changes a body: values, style, size
//	signature  signs, verifies, and explains why a signature is wrong
//	fault      injects a fault into an attempt
//	delivery   makes one attempt: encodes, signs, injects a fault, sends, records the response
//	hint       names the likely fix of a failed attempt
//	capture    writes attempts as curl commands, HTTP and HAR
//	journal    stores events, deliveries and attempts
//	provider   the engine: subscriptions, outbox, retries, pausing
//	receiver   the reference receiver, and receivers with mistakes
//	graphql    the provider's GraphQL API
//	apifault   the faults of that API
//	web        the control API; web/page is the page, web/guard protects all servers
package simulator

import (
	"slices"
	"time"
)

// Subscription says which events are delivered to which URL.
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
	Deleted        bool // deletion is soft
	DeliveryPaused bool
}

// Wants reports whether the subscription is not deleted and lists the event type.
func (s *Subscription) Wants(eventType string) bool {
	return !s.Deleted && slices.Contains(s.EventTypes, eventType)
}

// Header is one HTTP header field. The letter case of its name is that of the wire.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
