package web

import (
	"cmp"
	"net/http"
	"slices"

	"semblance/fixtures"
	"semblance/schemas/naming"
	"semblance/simulator/provider"
)

// trafficView is the state of the clinic's own activity.
type trafficView struct {
	Running bool             `json:"running"`
	Rate    float64          `json:"rate"`            // events per second of simulated time
	Types   []string         `json:"types"`           // full names of the event types; empty for all
	Profile fixtures.Profile `json:"profile"`         // the mix of the events
	Count   int              `json:"count,omitempty"` // number of events at which it ends; absent for no end
	Emitted int              `json:"emitted"`         // number of events so far
	Since   timestamp        `json:"since,omitempty"`
}

func viewTraffic(t provider.TrafficStatus) trafficView {
	return trafficView{Running: t.Running, Rate: t.Rate, Types: notNil(t.Types), Profile: cmp.Or(t.Profile, fixtures.Everyday), Count: t.Count, Emitted: t.Made, Since: stamp(t.Since)}
}

// getTraffic returns the state of the traffic.
func (h *Handler) getTraffic(*call) (trafficView, error) {
	return viewTraffic(h.provider.Traffic()), nil
}

// maxRate bounds the traffic in events per second. The journal cannot write more.
const maxRate = 100_000

// trafficRequest is the traffic to start.
type trafficRequest struct {
	Rate  *float64 `json:"rate,omitempty" api:"exclusiveMinimum=0,maximum=100000,default=1"` // events per second of simulated time
	Types []string `json:"types,omitempty"`                                                  // patterns of event types; by default all
	// Profile is the mix of the events: everyday has the proportions of a practice and is the default, everything has each
	// type soon, for tests.
	Profile *fixtures.Profile `json:"profile,omitempty"`
	Count   int               `json:"count,omitempty" api:"minimum=0"` // number of events at which it ends; 0 for no end
}

// startTraffic lets the clinic work on its own. Events happen at the given rate until the traffic is stopped.
func (h *Handler) startTraffic(c *call, in *trafficRequest) (trafficView, error) {
	o := provider.TrafficOptions{Rate: provider.DefaultRate, Types: in.Types, Profile: fixtures.Everyday, Count: in.Count}
	if in.Rate != nil {
		o.Rate = *in.Rate
	}
	if in.Profile != nil {
		o.Profile = *in.Profile
	}
	if names := fixtures.Profiles(); !slices.Contains(names, string(o.Profile)) {
		return trafficView{}, problem(http.StatusBadRequest, "setting", "%s", naming.Unknown("profile", string(o.Profile), names)).about("profile")
	}
	if o.Rate <= 0 || o.Rate > maxRate {
		return trafficView{}, problem(http.StatusBadRequest, "setting", "the rate must be above 0 and at most %d events per second, not %v", maxRate, o.Rate).about("rate")
	}
	err := h.provider.StartTraffic(c.Context(), o)
	return viewTraffic(h.provider.Traffic()), err
}

// stopTraffic stops the traffic.
func (h *Handler) stopTraffic(c *call) (trafficView, error) {
	status, err := h.provider.StopTraffic(c.Context())
	return viewTraffic(status), err
}
