package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"semblance/simulator/provider"
)

// act lets the clinic perform an action, and answers the events that it gave.
func (h *Handler) act(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		About map[string]string `json:"about"`
	}
	if err := readBody(r, &ask, true); err != nil {
		return err
	}
	emissions, err := h.provider.Do(r.Context(), mux.Vars(r)["action"], ask.About)
	if err != nil {
		return err
	}
	made := make([]emittedView, len(emissions))
	for i, e := range emissions {
		made[i] = viewEmission(e)
	}
	return h.respond(w, http.StatusCreated, map[string]any{"events": made})
}

// trafficView is how the clinic goes about its day.
type trafficView struct {
	Running bool     `json:"running"`
	Rate    float64  `json:"rate"`
	Types   []string `json:"types"`
	Count   int      `json:"count,omitempty"`
	Made    int      `json:"made"`
	Since   string   `json:"since,omitempty"`
}

func viewTraffic(t provider.TrafficStatus) trafficView {
	return trafficView{Running: t.Running, Rate: t.Rate, Types: listed(t.Types), Count: t.Count, Made: t.Made, Since: stamp(t.Since)}
}

// getTraffic tells how the traffic gets on.
func (h *Handler) getTraffic(w http.ResponseWriter, r *http.Request) error {
	return h.respond(w, http.StatusOK, viewTraffic(h.provider.Traffic()))
}

// maxRate bounds the traffic, in changes a second: more than the journal takes is a mistake.
const maxRate = 100_000

// startTraffic lets the clinic go about its day.
func (h *Handler) startTraffic(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Rate  *float64 `json:"rate"`
		Types []string `json:"types"`
		Count int      `json:"count"`
	}
	if err := readBody(r, &ask, true); err != nil {
		return err
	}
	traffic := provider.TrafficOptions{Rate: provider.DefaultRate, Types: ask.Types, Count: ask.Count}
	if ask.Rate != nil {
		traffic.Rate = *ask.Rate
	}
	if traffic.Rate <= 0 || traffic.Rate > maxRate {
		return problem(http.StatusBadRequest, "setting", "traffic makes more than 0 and at most %d changes a second, not %v", maxRate, traffic.Rate).about("rate")
	}
	if err := h.provider.StartTraffic(r.Context(), traffic); err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewTraffic(h.provider.Traffic()))
}

// stopTraffic ends it.
func (h *Handler) stopTraffic(w http.ResponseWriter, r *http.Request) error {
	return h.respond(w, http.StatusOK, viewTraffic(h.provider.StopTraffic()))
}
