package web

import (
	"errors"
	"net/http"

	"semblance/simulator/apifault"
)

// apiFaultView is a fault of the provider's GraphQL API.
type apiFaultView struct {
	ID    string `json:"id"`    // number of the fault
	Fault string `json:"fault"` // such as stale=10s,field=booking,next=3; next is the number of calls that are left
}

func viewAPIFault(a apifault.Active) apiFaultView {
	return apiFaultView{ID: a.ID, Fault: a.Plan.String()}
}

// listAPIFaults lists the faults of the GraphQL API.
func (h *Handler) listAPIFaults(*call) (listView[apiFaultView], error) {
	return viewList(h.options.APIFaults.All(), viewAPIFault), nil
}

// apiFaultRequest is a fault of the GraphQL API: a kind, and which calls get it.
type apiFaultRequest struct {
	Fault string `json:"fault"` // KIND or KIND=VALUE, then field=NAME, operation=NAME and next=N or share=PART, separated by commas
}

// setAPIFault injects a fault into calls of the GraphQL API: slow=1s, status=500, edge (403 in HTML), too-often, null,
// permission=settingsSeeUsers, stale=10s (records as before their last change) or rows (paging repeats and misses rows).
func (h *Handler) setAPIFault(_ *call, in *apiFaultRequest) (v apiFaultView, err error) {
	plan, err := apifault.Parse(in.Fault)
	if err != nil {
		return v, problem(http.StatusBadRequest, "fault", "%v", err).about("fault")
	}
	a, err := h.options.APIFaults.Add(plan)
	if errors.Is(err, apifault.ErrFull) {
		err = problem(http.StatusBadRequest, "fault", "%v", err).about("fault")
	}
	return viewAPIFault(a), err
}

// clearAPIFaults removes all faults of the GraphQL API.
func (h *Handler) clearAPIFaults(*call) (empty, error) {
	return empty{}, h.options.APIFaults.Clear()
}
