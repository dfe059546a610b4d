package web

import (
	"net/http"
	"time"

	"semblance/simulator"
	"semblance/simulator/provider"
)

var deletedParameter = boolean("deleted", "Include deleted subscriptions.")

// subscriptionView is a subscription.
type subscriptionView struct {
	ID             string             `json:"id" api:"id"` // id of the subscription
	Secret         string             `json:"secret"`      // key of the signatures; only its last four characters unless secrets are shown
	URL            string             `json:"url"`
	Label          string             `json:"label"`
	EventTypes     []string           `json:"eventTypes"`
	Headers        []simulator.Header `json:"headers"` // headers of each delivery
	Version        string             `json:"version"`
	CreatedAt      timestamp          `json:"createdAt"`
	UpdatedAt      timestamp          `json:"updatedAt"`
	Deleted        bool               `json:"deleted"`
	DeliveryPaused bool               `json:"deliveryPaused"`
	Faults         []faultView        `json:"faults,omitempty"` // in lists: those that are injected
}

func viewSubscription(s *simulator.Subscription, secrets bool) subscriptionView {
	v := subscriptionView{
		ID: s.ID, Secret: s.Secret.String(), URL: simulator.RedactURL(s.URL), Label: s.Label, EventTypes: notNil(s.EventTypes), Headers: notNil(simulator.RedactHeaders(s.Headers)),
		Version: s.Version, CreatedAt: stamp(s.CreatedAt), UpdatedAt: stamp(s.UpdatedAt), Deleted: s.Deleted, DeliveryPaused: s.DeliveryPaused,
	}
	if secrets {
		v.Secret, v.URL, v.Headers = s.Secret.Reveal(), s.URL, notNil(s.Headers)
	}
	return v
}

// listSubscriptions lists the subscriptions.
func (h *Handler) listSubscriptions(c *call) (listView[subscriptionView], error) {
	return viewList(h.provider.Subscriptions(deletedParameter.of(c)), func(s simulator.Subscription) subscriptionView {
		v := viewSubscription(&s, c.secrets)
		v.Faults = viewList(h.provider.Faults(s.ID), viewFault).Items
		return v
	}), nil
}

// subscription returns the subscription in the path.
func (h *Handler) subscription(c *call) (simulator.Subscription, error) {
	id := c.variable("subscription")
	s, ok := h.provider.Subscription(id)
	if !ok {
		return s, problem(http.StatusNotFound, "not-found", "unknown subscription %q", id)
	}
	return s, nil
}

// getSubscription returns one subscription.
func (h *Handler) getSubscription(c *call) (v subscriptionView, err error) {
	s, err := h.subscription(c)
	if err != nil {
		return v, err
	}
	return viewSubscription(&s, c.secrets), nil
}

// createRequest is a new subscription.
type createRequest struct {
	URL        string             `json:"url"`
	Label      string             `json:"label"`
	EventTypes []string           `json:"eventTypes"` // full names or patterns
	Headers    []simulator.Header `json:"headers,omitempty"`
	Secret     string             `json:"secret,omitempty"` // by default a random one
}

// createSubscription creates a subscription. It may have all event types and a chosen secret, unlike one created through
// /graphql. The response has the secret in full.
func (h *Handler) createSubscription(c *call, in *createRequest) (v subscriptionView, err error) {
	if err := h.provider.CheckURL(in.URL); err != nil {
		return v, err
	}
	types, err := subscribedTypes(in.EventTypes)
	if err != nil {
		return v, err
	}
	s, err := h.provider.CreateSubscription(c.Context(), provider.NewSubscription{
		URL: in.URL, Label: in.Label, EventTypes: types, Headers: in.Headers, Secret: simulator.Secret(in.Secret), Local: true,
	})
	if err != nil {
		return v, err
	}
	return viewSubscription(&s, true), c.created("subscriptions", s.ID)
}

// subscribedTypes returns the full names of the event types of a subscription.
func subscribedTypes(patterns []string) ([]string, error) {
	types, err := typeNames(patterns)
	if err != nil {
		return nil, problem(http.StatusBadRequest, string(provider.CodeEventType), "%s", err).about("eventTypes")
	}
	return types, nil
}

// updateRequest is the fields of a subscription to update. Absent fields are not changed.
type updateRequest struct {
	URL            *string             `json:"url,omitempty"`
	Label          *string             `json:"label,omitempty"`
	EventTypes     *[]string           `json:"eventTypes,omitempty"` // full names or patterns
	Headers        *[]simulator.Header `json:"headers,omitempty"`    // an empty list removes all headers
	DeliveryPaused *bool               `json:"deliveryPaused,omitempty"`
}

// updateSubscription updates a subscription.
func (h *Handler) updateSubscription(c *call, in *updateRequest) (v subscriptionView, err error) {
	if in.URL != nil {
		if err := h.provider.CheckURL(*in.URL); err != nil {
			return v, err
		}
	}
	if in.EventTypes != nil {
		types, err := subscribedTypes(*in.EventTypes)
		if err != nil {
			return v, err
		}
		in.EventTypes = &types
	}
	return h.update(c, provider.SubscriptionUpdate{
		URL: in.URL, Label: in.Label, EventTypes: in.EventTypes, Headers: in.Headers, DeliveryPaused: in.DeliveryPaused,
	})
}

func (h *Handler) update(c *call, update provider.SubscriptionUpdate) (v subscriptionView, err error) {
	s, err := h.provider.UpdateSubscription(c.Context(), c.variable("subscription"), update)
	if err != nil {
		return v, err
	}
	return viewSubscription(&s, false), nil
}

// pause pauses the deliveries to a subscription.
func (h *Handler) pause(c *call, _ *empty) (subscriptionView, error) {
	paused := true
	return h.update(c, provider.SubscriptionUpdate{DeliveryPaused: &paused})
}

// resume resumes the deliveries to a subscription. Held deliveries are sent in order.
func (h *Handler) resume(c *call, _ *empty) (subscriptionView, error) {
	paused := false
	return h.update(c, provider.SubscriptionUpdate{DeliveryPaused: &paused})
}

// maxOverlap bounds for how long two secrets sign.
const maxOverlap = 90 * 24 * time.Hour

// rotateRequest is how to rotate a secret.
type rotateRequest struct {
	Overlap *string `json:"overlap,omitempty"` // for how long both secrets sign, such as 24h; by default only the new secret signs
}

// rotateSecret gives a subscription a new secret. The response has it in full.
func (h *Handler) rotateSecret(c *call, in *rotateRequest) (v subscriptionView, err error) {
	overlap := time.Duration(0)
	if in.Overlap != nil {
		if overlap, err = parseDuration(*in.Overlap, maxOverlap); err != nil {
			return v, problem(http.StatusBadRequest, "overlap", "%s", err).about("overlap")
		}
	}
	s, err := h.provider.RotateSecret(c.Context(), c.variable("subscription"), overlap)
	if err != nil {
		return v, err
	}
	return viewSubscription(&s, true), nil
}

// deleteSubscription marks a subscription as deleted. It can still be read.
func (h *Handler) deleteSubscription(c *call) (v subscriptionView, err error) {
	s, err := h.provider.DeleteSubscription(c.Context(), c.variable("subscription"))
	if err != nil {
		return v, err
	}
	return viewSubscription(&s, false), nil
}
