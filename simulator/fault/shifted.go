package fault

import "time"

// shifted signs rightly at another time: stale, a request that was held back or is sent again by somebody who recorded
// it, and future, the receiver's or the sender's clock being wrong.
type shifted struct {
	harmless
	by time.Duration
}

func (f shifted) beforeSigning(d *Draft) { d.Time = d.Time.Add(f.by) }
