package web

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator"
	"semblance/simulator/provider"
)

// subscriptionView is who receives what.
type subscriptionView struct {
	ID             string             `json:"id"`
	Secret         string             `json:"secret"`
	URL            string             `json:"url"`
	Label          string             `json:"label"`
	EventTypes     []string           `json:"eventTypes"`
	Headers        []simulator.Header `json:"headers"`
	Version        string             `json:"version"`
	CreatedAt      string             `json:"createdAt"`
	UpdatedAt      string             `json:"updatedAt"`
	Deleted        bool               `json:"deleted"`
	DeliveryPaused bool               `json:"deliveryPaused"`
}

func viewSubscription(s *simulator.Subscription, secrets bool) subscriptionView {
	v := subscriptionView{
		ID: s.ID, Secret: s.Secret.String(), URL: s.URL, Label: s.Label, EventTypes: listed(s.EventTypes), Headers: listed(redact(s.Headers)),
		Version: s.Version, CreatedAt: stamp(s.CreatedAt), UpdatedAt: stamp(s.UpdatedAt), Deleted: s.Deleted, DeliveryPaused: s.DeliveryPaused,
	}
	if secrets {
		v.Secret, v.Headers = s.Secret.Reveal(), listed(s.Headers)
	}
	return v
}

// listSubscriptions lists the subscriptions; deleted ones too if that is asked for.
func (h *Handler) listSubscriptions(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	deleted, asked := q.flag("deleted"), q.secrets()
	if err := q.done(); err != nil {
		return err
	}
	secrets, err := h.mayShowSecrets(r, asked)
	if err != nil {
		return err
	}
	views := []subscriptionView{}
	for _, s := range h.provider.Subscriptions(deleted) {
		views = append(views, viewSubscription(&s, secrets))
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// subscription finds the one that the path names.
func (h *Handler) subscription(r *http.Request) (simulator.Subscription, error) {
	id := mux.Vars(r)["subscription"]
	s, ok := h.provider.Subscription(id)
	if !ok {
		return s, problem(http.StatusNotFound, "not-found", "there is no subscription %q", id)
	}
	return s, nil
}

// getSubscription shows one subscription.
func (h *Handler) getSubscription(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	asked := q.secrets()
	if err := q.done(); err != nil {
		return err
	}
	secrets, err := h.mayShowSecrets(r, asked)
	if err != nil {
		return err
	}
	s, err := h.subscription(r)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewSubscription(&s, secrets))
}

// createSubscription makes a subscription locally: it may name every type, also by patterns, and its own secret. The
// answer has the secret in full.
func (h *Handler) createSubscription(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		URL        string             `json:"url"`
		Label      string             `json:"label"`
		EventTypes []string           `json:"eventTypes"`
		Headers    []simulator.Header `json:"headers"`
		Secret     string             `json:"secret"`
	}
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	types, err := typeNames(ask.EventTypes)
	if err != nil {
		return problem(http.StatusBadRequest, string(provider.CodeEventType), "%s", err).about("eventTypes")
	}
	s, err := h.provider.CreateSubscription(r.Context(), provider.NewSubscription{
		URL: ask.URL, Label: ask.Label, EventTypes: types, Headers: ask.Headers, Secret: simulator.Secret(ask.Secret), Local: true,
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", apiPath+"/subscriptions/"+s.ID)
	return h.respond(w, http.StatusCreated, viewSubscription(&s, true))
}

// updateSubscription changes what is given.
func (h *Handler) updateSubscription(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		URL            *string             `json:"url"`
		Label          *string             `json:"label"`
		EventTypes     *[]string           `json:"eventTypes"`
		Headers        *[]simulator.Header `json:"headers"`
		DeliveryPaused *bool               `json:"deliveryPaused"`
	}
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	if ask.EventTypes != nil {
		types, err := typeNames(*ask.EventTypes)
		if err != nil {
			return problem(http.StatusBadRequest, string(provider.CodeEventType), "%s", err).about("eventTypes")
		}
		ask.EventTypes = &types
	}
	return h.change(w, r, provider.SubscriptionUpdate{
		URL: ask.URL, Label: ask.Label, EventTypes: ask.EventTypes, Headers: ask.Headers, DeliveryPaused: ask.DeliveryPaused,
	})
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request, change provider.SubscriptionUpdate) error {
	s, err := h.provider.UpdateSubscription(r.Context(), mux.Vars(r)["subscription"], change)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewSubscription(&s, false))
}

// setPaused serves pause and resume.
func (h *Handler) setPaused(paused bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := readBody(r, &struct{}{}, true); err != nil {
			return err
		}
		return h.change(w, r, provider.SubscriptionUpdate{DeliveryPaused: &paused})
	}
}

// maxOverlap bounds for how long two secrets sign: longer than that is no rotation any more.
const maxOverlap = 90 * 24 * time.Hour

// rotateSecret gives a subscription a new secret, which the answer has in full; for a while both may sign.
func (h *Handler) rotateSecret(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Overlap *string `json:"overlap"`
	}
	if err := readBody(r, &ask, true); err != nil {
		return err
	}
	overlap := time.Duration(0)
	if ask.Overlap != nil {
		var err error
		if overlap, err = time.ParseDuration(*ask.Overlap); err != nil || overlap < 0 || overlap > maxOverlap {
			return problem(http.StatusBadRequest, "overlap", "expected a duration of at most %s, such as 24h, not %q", maxOverlap, *ask.Overlap).about("overlap")
		}
	}
	s, err := h.provider.RotateSecret(r.Context(), mux.Vars(r)["subscription"], overlap)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewSubscription(&s, true))
}

// deleteSubscription deletes a subscription, softly.
func (h *Handler) deleteSubscription(w http.ResponseWriter, r *http.Request) error {
	s, err := h.provider.DeleteSubscription(r.Context(), mux.Vars(r)["subscription"])
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, viewSubscription(&s, false))
}

// faultView is a fault that is set for a subscription.
type faultView struct {
	ID             string  `json:"id"`
	SubscriptionID string  `json:"subscriptionId"`
	Fault          string  `json:"fault"`
	Next           int     `json:"next,omitempty"`
	Share          float64 `json:"share,omitempty"`
}

func viewFault(f provider.FaultPlan) faultView {
	return faultView{ID: f.ID, SubscriptionID: f.SubscriptionID, Fault: f.Fault, Next: f.Next, Share: f.Share}
}

// listFaults lists the faults that are set for a subscription.
func (h *Handler) listFaults(w http.ResponseWriter, r *http.Request) error {
	s, err := h.subscription(r)
	if err != nil {
		return err
	}
	views := []faultView{}
	for _, f := range h.provider.Faults(s.ID) {
		views = append(views, viewFault(f))
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// setFault spoils the next attempts, or a share of them.
func (h *Handler) setFault(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Fault string   `json:"fault"`
		Next  *int     `json:"next"`
		Share *float64 `json:"share"`
	}
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	plan := provider.FaultPlan{SubscriptionID: mux.Vars(r)["subscription"], Fault: ask.Fault}
	switch {
	case (ask.Next == nil) == (ask.Share == nil):
		return problem(http.StatusBadRequest, "fault", "say either how many of the next attempts the fault spoils, or which share of all").about("next")
	case ask.Next != nil && *ask.Next < 1:
		return problem(http.StatusBadRequest, "fault", "a fault spoils the next attempts, at least 1 of them, not %d", *ask.Next).about("next")
	case ask.Next != nil:
		plan.Next = *ask.Next
	case *ask.Share <= 0:
		return problem(http.StatusBadRequest, "fault", "a share is more than 0 and at most 1, not %v", *ask.Share).about("share")
	default:
		plan.Share = *ask.Share
	}
	f, err := h.provider.SetFault(r.Context(), plan)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusCreated, viewFault(f))
}

// clearFaults ends them.
func (h *Handler) clearFaults(w http.ResponseWriter, r *http.Request) error {
	if err := h.provider.ClearFaults(r.Context(), mux.Vars(r)["subscription"]); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
