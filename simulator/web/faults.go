package web

import (
	"net/http"

	"semblance/simulator/provider"
)

// faultView is a fault that is injected into attempts to a subscription.
type faultView struct {
	ID             string  `json:"id" api:"id"`             // id of the fault
	SubscriptionID string  `json:"subscriptionId" api:"id"` // the subscription whose attempts it is injected into
	Fault          string  `json:"fault"`                   // such as signature=tampered
	Remaining      int     `json:"remaining,omitempty"`     // number of further attempts that it is injected into
	Share          float64 `json:"share,omitempty"`         // share of the attempts that it is injected into
}

func viewFault(f provider.FaultPlan) faultView {
	return faultView{ID: f.ID, SubscriptionID: f.SubscriptionID, Fault: f.Fault, Remaining: f.Next, Share: f.Share}
}

// listFaults lists the faults that are injected into attempts to a subscription.
func (h *Handler) listFaults(c *call) (v listView[faultView], err error) {
	s, err := h.subscription(c)
	if err != nil {
		return v, err
	}
	return viewList(h.provider.Faults(s.ID), viewFault), nil
}

// faultRequest is a fault with either next or share.
type faultRequest struct {
	Fault string   `json:"fault"`                                              // such as signature=stale,age=400s or delivery=drop
	Next  *int     `json:"next,omitempty" api:"minimum=1"`                     // inject it into this number of attempts
	Share *float64 `json:"share,omitempty" api:"exclusiveMinimum=0,maximum=1"` // inject it into this share of the attempts, chosen by the seed
}

// setFault injects a fault into attempts to a subscription.
func (h *Handler) setFault(c *call, in *faultRequest) (v faultView, err error) {
	plan := provider.FaultPlan{SubscriptionID: c.variable("subscription"), Fault: in.Fault}
	switch {
	case (in.Next == nil) == (in.Share == nil):
		return v, problem(http.StatusBadRequest, "fault", "give either next, a number of attempts, or share, a share of all attempts").about("next")
	case in.Next != nil && *in.Next < 1:
		return v, problem(http.StatusBadRequest, "fault", "next must be at least 1, not %d", *in.Next).about("next")
	case in.Next != nil:
		plan.Next = *in.Next
	case *in.Share <= 0 || *in.Share > 1:
		return v, problem(http.StatusBadRequest, "fault", "share must be above 0 and at most 1, not %v", *in.Share).about("share")
	default:
		plan.Share = *in.Share
	}
	f, err := h.provider.SetFault(c.Context(), plan)
	return viewFault(f), err
}

// clearFaults removes all faults of a subscription.
func (h *Handler) clearFaults(c *call) (empty, error) {
	return empty{}, h.provider.ClearFaults(c.Context(), c.variable("subscription"))
}
