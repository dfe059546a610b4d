package provider

import (
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// stateOfNew returns the state of a new delivery to a subscription.
func (w WhilePaused) stateOfNew(s *simulator.Subscription, at time.Time) journal.DeliveryState {
	if s.DeliveryPaused {
		return journal.DeliveryState{State: w.state()}
	}
	return journal.DeliveryState{State: journal.Pending, Due: at}
}

// stateAfter returns the state of a delivery after an attempt to a subscription. due and again are from the retry policy.
func (w WhilePaused) stateAfter(accepted bool, due time.Time, again bool, s *simulator.Subscription) journal.DeliveryState {
	switch {
	case accepted:
		return journal.DeliveryState{State: journal.Delivered}
	case s.Deleted:
		return journal.DeliveryState{State: journal.Dropped}
	case !again:
		return journal.DeliveryState{State: journal.Failed}
	case s.DeliveryPaused:
		return journal.DeliveryState{State: w.state()}
	}
	return journal.DeliveryState{State: journal.Pending, Due: due}
}

// state returns the state of a delivery to a paused subscription.
func (w WhilePaused) state() journal.State {
	if w == DropWhilePaused {
		return journal.Dropped
	}
	return journal.Held
}
