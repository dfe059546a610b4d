package player

import (
	"sync/atomic"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// session holds the state that the scenarios of one Player share.
type session struct {
	options    Options
	origin     string // scheme and host of the target
	secrets    []simulator.Secret
	probes     *delivery.Sender
	results    *scenarios.Recorder
	salt       uint64    // of eventIds: random, or 0 if the time is fixed
	idSeed     uint64    // of the random bytes of eventIds
	eventIDs   *eventIDs // of the latest scenario
	runID      string
	transcript *track // nil: none is written
	records    *records
	reference  atomic.Bool // the receiver is the reference receiver
	failed     atomic.Bool // a step failed, and FailFast is set; or the control failed
	refused    atomic.Bool // the control failed
	controlled atomic.Bool // the first right event that the receiver must accept was sent
}

// referenceHeader is a header of every response of the reference receiver. The receiver package does not depend on the
// sending side, so the name is repeated here.
const referenceHeader = "Semblance-Receiver"

// Reference reports whether a response came from the reference receiver.
func (p *Player) Reference() bool { return p.reference.Load() }

// recognize notes whether a response comes from the reference receiver, which some steps need.
func (s *session) recognize(response *simulator.Response) {
	if !s.reference.Load() && response.Header(referenceHeader) != "" {
		s.reference.Store(true)
	}
}
