package provider

// DefaultThreshold is how many deliveries in a row must fail for good before the breaker pauses their subscription. The
// provider does not publish its own threshold, so it is a setting.
const DefaultThreshold = 3

// Breaker decides when the deliveries of a subscription are paused: when Threshold of them in a row failed for good.
type Breaker struct {
	Threshold int // 0 is DefaultThreshold, negative never pauses
}

// Ending is what the breaker knows of a subscription's past, one entry an ending of a delivery or a resumption.
type Ending int

// The endings. A resumption gives the receiver a new start: what failed before it no longer counts.
const (
	EndedDelivered Ending = iota + 1
	EndedFailed           // failed for good
	EndedResumed          // no ending of a delivery: the subscription was resumed
)

// Trips reports whether the history, the oldest first, calls for a pause.
func (b Breaker) Trips(history []Ending) bool {
	threshold := b.Threshold
	if threshold == 0 {
		threshold = DefaultThreshold
	}
	return threshold > 0 && failedInARow(history) >= threshold
}

func failedInARow(history []Ending) int {
	n := 0
	for n < len(history) && history[len(history)-1-n] == EndedFailed {
		n++
	}
	return n
}
