package fault

import "time"

// shifted signs correctly with another time: a stale one, as in a delayed or replayed request, or a future one, as when a
// clock is wrong.
type shifted struct {
	noFault
	by time.Duration
}

func (f shifted) beforeSigning(o *Outgoing) { o.Time = o.Time.Add(f.by) }
