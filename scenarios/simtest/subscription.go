package simtest

import (
	"semblance/simulator"
	"semblance/simulator/provider"
)

// Subscriptions returns the subscriptions, without deleted ones. The first is that of the test's receiver. [Sim.Provider]
// creates others.
func (s *Sim) Subscriptions() []simulator.Subscription { return s.provider.Subscriptions(false) }

// Paused reports whether the deliveries to the receiver are paused: by the circuit breaker, after several deliveries in a
// row have failed, or by [Sim.Pause].
func (s *Sim) Paused() bool {
	subscription, _ := s.provider.Subscription(s.SubscriptionID)
	return subscription.DeliveryPaused
}

// Pause pauses the deliveries to the receiver. Events are held.
func (s *Sim) Pause() { s.t.Helper(); s.setPaused(true) }

// Resume continues the deliveries to the receiver, with those that were held.
func (s *Sim) Resume() { s.t.Helper(); s.setPaused(false) }

func (s *Sim) setPaused(paused bool) {
	s.t.Helper()
	_, err := s.provider.UpdateSubscription(s.t.Context(), s.SubscriptionID, provider.SubscriptionUpdate{DeliveryPaused: &paused})
	must(s.t, err, "setting paused to %t: ", paused)
}
