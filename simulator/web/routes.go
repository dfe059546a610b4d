package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"semblance/simulator/provider"
)

// Where things are.
const (
	apiPath      = "/api/v1"
	documentPath = apiPath + "/openapi.json"
	healthPath   = apiPath + "/health"
	readyPath    = apiPath + "/ready"
)

// A route is one operation of the face. What it needs is asked of a token that is given; a face that is not guarded
// answers without one.
type route struct {
	method, path string
	needs        provider.Permission
	serve        func(http.ResponseWriter, *http.Request) error
}

// table lists the operations of the control API, as openapi.json describes them.
func (h *Handler) table() []route {
	const see, edit = provider.SeeWebhooks, provider.EditWebhooks
	return []route{
		{"GET", "/openapi.json", "", bare(h.getDocument)},
		{"GET", "/health", "", bare(h.getHealth)},
		{"GET", "/ready", "", bare(h.getReady)},

		{"GET", "/event-types", "", h.listEventTypes},
		{"GET", "/event-types/{type}", "", bare(h.getEventType)},
		{"GET", "/event-types/{type}/sample", see, h.getSample},
		{"GET", "/actions", "", bare(h.listActions)},
		{"GET", "/faults", "", bare(h.listFaultKinds)},
		{"GET", "/scenarios", "", bare(h.listScenarios)},

		{"GET", "/events", see, h.listEvents},
		{"POST", "/events", edit, bare(h.emit)},
		{"GET", "/events/{event}", see, bare(h.getEvent)},
		{"POST", "/actions/{action}", edit, bare(h.act)},
		{"GET", "/traffic", see, bare(h.getTraffic)},
		{"PUT", "/traffic", edit, bare(h.startTraffic)},
		{"DELETE", "/traffic", edit, bare(h.stopTraffic)},
		{"GET", "/records", see, h.listRecords},
		{"GET", "/records/{record}", see, bare(h.getRecord)},

		{"GET", "/deliveries", see, h.listDeliveries},
		{"POST", "/deliveries/requeue", edit, bare(h.requeueMany)},
		{"GET", "/deliveries/{delivery}", see, bare(h.getDelivery)},
		{"POST", "/deliveries/{delivery}/requeue", edit, bare(h.requeue)},
		{"GET", "/attempts", see, h.listAttempts},
		{"GET", "/attempts/wait", see, h.wait},
		{"GET", "/attempts/{attempt}", see, h.getAttempt},
		{"POST", "/attempts/{attempt}/resend", edit, bare(h.resend)},
		{"GET", "/stream", see, h.stream},
		{"GET", "/notices", see, h.listNotices},

		{"GET", "/subscriptions", see, h.listSubscriptions},
		{"POST", "/subscriptions", provider.CreateWebhooks, bare(h.createSubscription)},
		{"GET", "/subscriptions/{subscription}", see, h.getSubscription},
		{"PATCH", "/subscriptions/{subscription}", edit, bare(h.updateSubscription)},
		{"DELETE", "/subscriptions/{subscription}", provider.DeleteWebhooks, bare(h.deleteSubscription)},
		{"POST", "/subscriptions/{subscription}/pause", edit, bare(h.setPaused(true))},
		{"POST", "/subscriptions/{subscription}/resume", edit, bare(h.setPaused(false))},
		{"POST", "/subscriptions/{subscription}/rotate-secret", edit, bare(h.rotateSecret)},
		{"GET", "/subscriptions/{subscription}/faults", see, bare(h.listFaults)},
		{"POST", "/subscriptions/{subscription}/faults", edit, bare(h.setFault)},
		{"DELETE", "/subscriptions/{subscription}/faults", edit, bare(h.clearFaults)},

		{"GET", "/plays", see, bare(h.listPlays)},
		{"POST", "/plays", edit, bare(h.startPlay)},
		{"GET", "/plays/{play}", see, h.getPlay},
		{"DELETE", "/plays/{play}", edit, bare(h.stopPlay)},

		{"GET", "/clock", see, bare(h.getClock)},
		{"POST", "/clock/advance", edit, bare(h.advance)},
		{"POST", "/reset", edit, bare(h.reset)},
	}
}

// bare serves an operation that has no parameters in the query: any is refused.
func bare(serve func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := readQuery(r).done(); err != nil {
			return err
		}
		return serve(w, r)
	}
}

// newRouter makes the router. What must hold for every answer, also for a path that does not exist, is in the guard
// around it.
func (h *Handler) newRouter() *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	add := func(r route) {
		methods := []string{r.method}
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		router.Handle(r.path, h.operation(r)).Methods(methods...)
	}
	for _, r := range h.table() {
		r.path = apiPath + r.path
		add(r)
	}
	router.NotFoundHandler = http.HandlerFunc(h.notFound)
	router.MethodNotAllowedHandler = http.HandlerFunc(h.notAllowed)
	return router
}

// operation serves a route to whoever may use it.
func (h *Handler) operation(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := tokenOf(r); token != "" {
			if err := h.provider.Authorise(token, route.needs); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		if err := route.serve(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// routes reports whether the path of the request has the method.
func (h *Handler) routes(method string, r *http.Request) bool {
	asked := *r
	asked.Method = method
	var match mux.RouteMatch
	return h.router.Match(&asked, &match) && match.MatchErr == nil && match.Route != nil
}
