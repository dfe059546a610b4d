package provider

// DefaultThreshold is the number of consecutive failed deliveries after which the circuit breaker pauses a subscription.
// It is a setting, because the provider does not publish its threshold.
const DefaultThreshold = 3

// Breaker is the circuit breaker: it pauses the deliveries of a subscription after Threshold consecutive ones that failed.
type Breaker struct {
	Threshold int // 0 is DefaultThreshold; negative never pauses
}

// Ending is an entry of the history of a subscription: how a delivery ended, or that deliveries were resumed.
type Ending int

// The endings. Failures before a resumption do not count, so that a fixed receiver has a fresh start.
const (
	EndedDelivered Ending = iota + 1
	EndedFailed           // all attempts failed
	EndedResumed          // the subscription was resumed
)

// Trips reports whether the history, oldest first, calls for a pause.
func (b Breaker) Trips(history []Ending) bool {
	threshold := b.Threshold
	if threshold == 0 {
		threshold = DefaultThreshold
	}
	failed := 0
	for failed < len(history) && history[len(history)-1-failed] == EndedFailed {
		failed++
	}
	return threshold > 0 && failed >= threshold
}
