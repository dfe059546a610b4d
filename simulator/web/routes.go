package web

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"semblance/simulator/provider"
)

// Paths that other code names, too.
const (
	apiPath      = "/api/v1"
	documentPath = apiPath + "/openapi.json"
	healthPath   = apiPath + "/health"
	readyPath    = apiPath + "/ready"
)

// A group is the operations under one heading of the OpenAPI document.
type group struct {
	tag        string
	operations []operation
}

// groups returns the operations of the control API. Their paths are below apiPath.
func groups() []group {
	const see, create, edit, remove = provider.SeeWebhooks, provider.CreateWebhooks, provider.EditWebhooks, provider.DeleteWebhooks
	one := []definition{show}
	return []group{
		{"server", []operation{
			{"GET", "/openapi.json", "", nil, streaming("application/json", (*Handler).getDocument), 0, nil},
			{"GET", "/health", "", nil, noBody((*Handler).getHealth), 0, nil},
			{"GET", "/ready", "", nil, noBody((*Handler).getReady), 0, nil},
		}},
		{"catalogue", []operation{
			{"GET", "/event-types", "", []definition{matchParameter}, noBody((*Handler).listEventTypes), 0, nil},
			{"GET", "/event-types/{type}", "", nil, noBody((*Handler).getEventType), 0, nil},
			{"POST", "/event-types/{type}/check", "", nil, body((*Handler).checkPayload), 0, nil},
			{"GET", "/event-types/{type}/sample", see, []definition{sampleParameter, show}, noBody((*Handler).getSample), 0, nil},
			{"GET", "/actions", "", nil, noBody((*Handler).listActions), 0, nil},
			{"GET", "/faults", "", nil, noBody((*Handler).listFaultTypes), 0, nil},
			{"GET", "/verifiers", "", nil, noBody((*Handler).listVerifiers), 0, nil},
			{"GET", "/scenarios", "", nil, noBody((*Handler).listScenarios), 0, nil},
		}},
		{"events", []operation{
			{"GET", "/events", see, slices.Concat([]definition{typeParameter, recordParameter, originParameter}, pageParameters), noBody((*Handler).listEvents), 0, nil},
			{"POST", "/events", edit, nil, optionalBody((*Handler).emit), 201, []int{404}},
			{"GET", "/events/{event}", see, nil, noBody((*Handler).getEvent), 0, nil},
			{"POST", "/actions/{action}", edit, nil, optionalBody((*Handler).performAction), 201, nil},
			{"GET", "/traffic", see, nil, noBody((*Handler).getTraffic), 0, nil},
			{"PUT", "/traffic", edit, nil, optionalBody((*Handler).startTraffic), 0, []int{409}},
			{"DELETE", "/traffic", edit, nil, noBody((*Handler).stopTraffic), 0, nil},
			{"GET", "/records", see, []definition{kindParameter, afterRecordParameter, limitParameter}, noBody((*Handler).listRecords), 0, nil},
			{"GET", "/records/{record}", see, nil, noBody((*Handler).getRecord), 0, nil},
		}},
		{"deliveries", []operation{
			{"GET", "/deliveries", see, slices.Concat([]definition{typeParameter, recordParameter, subscriptionParameter, eventParameter, stateParameter}, pageParameters), noBody((*Handler).listDeliveries), 0, nil},
			{"POST", "/deliveries/requeue", edit, nil, body((*Handler).requeueMany), 202, []int{404, 409, 410}},
			{"GET", "/deliveries/{delivery}", see, nil, noBody((*Handler).getDelivery), 0, nil},
			{"POST", "/deliveries/{delivery}/requeue", edit, nil, optionalBody((*Handler).requeue), 202, []int{409, 410}},
			{"GET", "/attempts", see, slices.Concat([]definition{typeParameter, recordParameter, subscriptionParameter, deliveryParameter, outcomeParameter, fullParameter, fileParameter, show}, pageParameters),
				inForms(noBody((*Handler).listAttempts), fileParameter, (*Handler).attemptsIn, contentTypes["har"], contentTypes["ndjson"]), 0, nil},
			{"GET", "/attempts/wait", see, []definition{typeParameter, subscriptionParameter, countParameter, untilFinishedParameter, withinParameter, afterParameter}, noBody((*Handler).wait), 0, []int{404, 429, 504}},
			{"GET", "/attempts/{attempt}", see, []definition{formParameter, show},
				inForms(noBody((*Handler).getAttempt), formParameter, (*Handler).attemptIn, "text/plain", contentTypes["body"], contentTypes["har"], contentTypes["ndjson"]), 0, nil},
			{"POST", "/attempts/{attempt}/resend", edit, nil, optionalBody((*Handler).resend), 201, []int{409, 410}},
			{"GET", "/stream", see, []definition{streamedParameter, streamAfterParameter, newestParameter, lastEventIDParameter}, streaming("text/event-stream", (*Handler).stream), 0, []int{429}},
			{"GET", "/api-requests", see, []definition{recordsParameter, fieldParameter, afterParameter, limitParameter}, noBody((*Handler).listAPIRequests), 0, nil},
			{"GET", "/api-faults", see, nil, noBody((*Handler).listAPIFaults), 0, nil},
			{"POST", "/api-faults", edit, nil, body((*Handler).setAPIFault), 201, nil},
			{"DELETE", "/api-faults", edit, nil, noBody((*Handler).clearAPIFaults), 0, nil},
			{"GET", "/notices", see, []definition{afterParameter, limitParameter}, noBody((*Handler).listNotices), 0, nil},
		}},
		{"subscriptions", []operation{
			{"GET", "/subscriptions", see, []definition{deletedParameter, show}, noBody((*Handler).listSubscriptions), 0, nil},
			{"POST", "/subscriptions", create, nil, body((*Handler).createSubscription), 201, []int{409}},
			{"GET", "/subscriptions/{subscription}", see, one, noBody((*Handler).getSubscription), 0, nil},
			{"PATCH", "/subscriptions/{subscription}", edit, nil, body((*Handler).updateSubscription), 0, []int{409, 410}},
			{"DELETE", "/subscriptions/{subscription}", remove, nil, noBody((*Handler).deleteSubscription), 0, []int{410}},
			{"POST", "/subscriptions/{subscription}/pause", edit, nil, optionalBody((*Handler).pause), 0, []int{410}},
			{"POST", "/subscriptions/{subscription}/resume", edit, nil, optionalBody((*Handler).resume), 0, []int{410}},
			{"POST", "/subscriptions/{subscription}/rotate-secret", edit, nil, optionalBody((*Handler).rotateSecret), 0, []int{410}},
			{"GET", "/subscriptions/{subscription}/faults", see, nil, noBody((*Handler).listFaults), 0, nil},
			{"POST", "/subscriptions/{subscription}/faults", edit, nil, body((*Handler).setFault), 201, []int{410}},
			{"DELETE", "/subscriptions/{subscription}/faults", edit, nil, noBody((*Handler).clearFaults), 0, nil},
		}},
		{"plays", []operation{
			{"GET", "/plays", see, nil, noBody((*Handler).listPlays), 0, nil},
			{"POST", "/plays", edit, nil, body((*Handler).startPlay), 202, []int{429, 501}},
			{"GET", "/plays/{play}", see, []definition{playWithinParameter, stepsParameter}, noBody((*Handler).getPlay), 0, []int{429}},
			{"DELETE", "/plays/{play}", edit, nil, noBody((*Handler).stopPlay), 0, nil},
		}},
		{"time", []operation{
			{"GET", "/clock", see, nil, noBody((*Handler).getClock), 0, nil},
			{"POST", "/clock/advance", edit, nil, body((*Handler).advanceClock), 0, []int{409}},
			{"POST", "/reset", edit, nil, optionalBody((*Handler).reset), 0, nil},
		}},
	}
}

// newRouter makes the router. Checks for every request, also for unknown paths, are around it.
func (h *Handler) newRouter() *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	for _, g := range groups() {
		for _, o := range g.operations {
			methods := []string{o.method}
			if o.method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
			router.Handle(apiPath+o.path, h.serve(o)).Methods(methods...)
		}
	}
	router.NotFoundHandler = http.HandlerFunc(h.notFound)
	router.MethodNotAllowedHandler = http.HandlerFunc(h.notAllowed)
	return router
}

// hasMethod reports whether the path of the request has a method.
func (h *Handler) hasMethod(method string, r *http.Request) bool {
	other := *r
	other.Method = method
	var match mux.RouteMatch
	return h.router.Match(&other, &match) && match.MatchErr == nil && match.Route != nil
}
