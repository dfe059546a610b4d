package web

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var document []byte

// getDocument serves the description of the control API.
func (h *Handler) getDocument(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document)
	return nil
}

// healthView is how the provider is.
type healthView struct {
	Status     string `json:"status"` // "ok", or what is wrong
	Version    string `json:"version"`
	Now        string `json:"now"` // the simulated time
	Unfinished int    `json:"unfinished"`
	InFlight   int    `json:"inFlight"`
	Paused     int    `json:"paused"`
}

func (h *Handler) health() (v healthView, ready bool) {
	is := h.provider.Health()
	v = healthView{
		Status: "ok", Version: h.options.Version, Now: stamp(h.provider.Now()), Unfinished: is.Unfinished, InFlight: is.InFlight, Paused: is.Paused,
	}
	if !is.Ready {
		v.Status = "stopping"
	}
	if is.Journal != nil {
		v.Status = "the journal takes nothing: " + is.Journal.Error()
	}
	return v, is.Ready
}

// getHealth says that the process answers, and how it is.
func (h *Handler) getHealth(w http.ResponseWriter, r *http.Request) error {
	v, _ := h.health()
	return h.respond(w, http.StatusOK, v)
}

// getReady says whether the provider takes what is asked of it.
func (h *Handler) getReady(w http.ResponseWriter, r *http.Request) error {
	v, ready := h.health()
	if !ready {
		return problem(http.StatusServiceUnavailable, "not-ready", "the provider is not ready: %s", v.Status)
	}
	return h.respond(w, http.StatusOK, v)
}
