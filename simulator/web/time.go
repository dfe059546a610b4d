package web

import (
	"net/http"
	"time"

	"semblance/simulator/clock"
)

// clockView is the simulated time.
type clockView struct {
	Now    timestamp `json:"now"`             // simulated time
	Manual bool      `json:"manual"`          // only POST /clock/advance moves it
	Scale  float64   `json:"scale,omitempty"` // by which waits are divided; absent for a manual clock
}

func (h *Handler) clock() clockView {
	c := h.provider.Clock()
	if _, manual := c.(*clock.ManualClock); manual {
		return clockView{Now: stamp(c.Now()), Manual: true}
	}
	return clockView{Now: stamp(c.Now()), Scale: clock.Scale(c)}
}

// getClock returns the simulated time.
func (h *Handler) getClock(*call) (clockView, error) { return h.clock(), nil }

// maxAdvance bounds one advance of the clock. It is more than the retention of the log.
const maxAdvance = 366 * 24 * time.Hour

// advanceRequest is how far to advance the clock.
type advanceRequest struct {
	By string `json:"by"` // duration such as 10s or 24h; at most 8784h
}

// advanceClock advances a manual clock, and with it retries and retention. It responds when everything that became due is
// done.
func (h *Handler) advanceClock(c *call, in *advanceRequest) (clockView, error) {
	by, err := parseDuration(in.By, maxAdvance)
	if err != nil {
		return clockView{}, problem(http.StatusBadRequest, "by", "%s", err).about("by")
	}
	if err := c.liftTimeouts(); err != nil {
		return clockView{}, err
	}
	ctx, end := h.untilClosed(c.Request)
	defer end()
	if err := h.provider.Advance(ctx, by); err != nil {
		return clockView{}, err
	}
	return h.clock(), nil
}

// reset restores the provider's first state. No delivery is pending, the log is empty, the clinic has its first records,
// and the subscriptions and the faults of the GraphQL API are those of the start. Tokens are kept.
func (h *Handler) reset(c *call, _ *empty) (empty, error) {
	err := h.provider.Reset(c.Context())
	if err == nil {
		h.options.APIFaults.Reset()
	}
	return empty{}, err
}
