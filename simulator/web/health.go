package web

import (
	"cmp"
	"net/http"
)

// healthView is the health of the provider.
type healthView struct {
	Status     string    `json:"status"`     // `ok` or the problem
	Version    string    `json:"version"`    // of the program
	Journal    string    `json:"journal"`    // the file, or `in memory`
	Now        timestamp `json:"now"`        // simulated time
	Unfinished int       `json:"unfinished"` // pending and held deliveries
	InFlight   int       `json:"inFlight"`   // attempts without a response yet
	Paused     int       `json:"paused"`     // subscriptions whose deliveries are paused
}

func (h *Handler) health() (v healthView, ready bool) {
	is := h.provider.Health()
	v = healthView{
		Status: "ok", Version: h.options.Version, Journal: cmp.Or(h.options.Journal, "in memory"), Now: stamp(h.provider.Now()), Unfinished: is.Unfinished, InFlight: is.InFlight, Paused: is.Paused,
	}
	if !is.Ready {
		v.Status = "stopping"
	}
	if is.Journal != nil {
		v.Status = "the journal cannot be written: " + is.Journal.Error()
	}
	return v, is.Ready
}

// getHealth returns the health of the provider. A request from the same machine needs no token.
func (h *Handler) getHealth(*call) (healthView, error) {
	v, _ := h.health()
	return v, nil
}

// getReady tells whether the provider accepts events. The status is 503 while it is stopping or its journal cannot be
// written. A request from the same machine needs no token.
func (h *Handler) getReady(*call) (healthView, error) {
	v, ready := h.health()
	if !ready {
		return v, problem(http.StatusServiceUnavailable, "not-ready", "the provider is not ready: %s", v.Status)
	}
	return v, nil
}
