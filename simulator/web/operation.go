package web

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"runtime"
	"strconv"

	"github.com/gorilla/mux"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// An operation is one route of the control API.
type operation struct {
	method, path string
	needs        provider.Permission // of a token, if the request has one; "" for any known token
	parameters   []definition
	action       action
	status       int   // of success; 0 is 200
	errors       []int // error statuses besides those that follow from the above
}

// An action is the code of an operation with the types of its bodies.
type action struct {
	request, response reflect.Type // nil: no body
	optional          bool         // the request's body may be absent
	contentType       string       // of the response, if it is not JSON
	also              []string     // further content types of the response, if a parameter chooses between them
	fn                any          // the method of Handler, for its doc comment
	run               func(*Handler, *call) (any, error)
}

// A call is one request to an operation.
type call struct {
	*http.Request
	w       http.ResponseWriter
	query   map[string]any // the values of the parameters, by name
	secrets bool           // show secrets in full
}

// written is the result of an action that has written the response itself.
type written struct{}

// empty is a JSON object without keys, or no body.
type empty struct{}

// noBody makes an action of a method without a request body.
func noBody[Out any](f func(*Handler, *call) (Out, error)) action {
	return action{response: bodyType[Out](), fn: f, run: func(h *Handler, c *call) (any, error) { return f(h, c) }}
}

// body makes an action of a method with a JSON body.
func body[In, Out any](f func(*Handler, *call, *In) (Out, error)) action {
	return withBody(f, false)
}

// optionalBody makes an action of a method whose JSON body may be absent.
func optionalBody[In, Out any](f func(*Handler, *call, *In) (Out, error)) action {
	return withBody(f, true)
}

func withBody[In, Out any](f func(*Handler, *call, *In) (Out, error), optional bool) action {
	return action{request: reflect.TypeFor[In](), response: bodyType[Out](), optional: optional, fn: f, run: func(h *Handler, c *call) (any, error) {
		var in In
		n, err := guard.ReadJSON(c.Request, &in, guard.RefuseNull)
		if err != nil {
			return nil, err
		}
		if n == 0 && !optional {
			return nil, problem(http.StatusBadRequest, "json", "the body is empty; send a JSON object")
		}
		return f(h, c, &in)
	}}
}

// streaming makes an action of a method that writes a response of that type itself.
func streaming(contentType string, f func(*Handler, *call) (written, error)) action {
	return action{contentType: contentType, fn: f, run: func(h *Handler, c *call) (any, error) { return f(h, c) }}
}

// bodyType returns the type of a response's body, or nil for none.
func bodyType[Out any]() reflect.Type {
	if t := reflect.TypeFor[Out](); t != reflect.TypeFor[empty]() {
		return t
	}
	return nil
}

// name returns the name of the action's method, with its package.
func (a *action) name() string { return runtime.FuncForPC(reflect.ValueOf(a.fn).Pointer()).Name() }

// success returns the status of a response that is not an error.
func (o *operation) success() int {
	switch {
	case o.status != 0:
		return o.status
	case o.action.response == nil && o.action.contentType == "":
		return http.StatusNoContent
	}
	return http.StatusOK
}

// serve returns the handler of an operation.
func (h *Handler) serve(o operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.perform(o, w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// perform checks the token and the parameters, runs the action and writes its result. An error has written nothing.
func (h *Handler) perform(o operation, w http.ResponseWriter, r *http.Request) error {
	if token := tokenOf(r); token != "" {
		if err := h.provider.Authorise(token, o.needs); err != nil {
			return err
		}
	}
	query, err := parseQuery(r.URL.RawQuery, o.parameters)
	if err != nil {
		return err
	}
	c := &call{Request: r, w: w, query: query}
	if c.secrets = show.of(c) == "secret"; c.secrets {
		if err := h.provider.Authorise(tokenOf(r), provider.SeeWebhooks); err != nil { // on every address
			return err
		}
	}
	out, err := o.action.run(h, c)
	if err != nil {
		return err
	}
	switch out.(type) {
	case written:
	case empty:
		w.WriteHeader(o.success())
	default:
		return respond(w, o.success(), out)
	}
	return nil
}

// variable returns a parameter of the path.
func (c *call) variable(name string) string { return mux.Vars(c.Request)[name] }

// sequence returns a parameter of the path that is the number of a record in the journal.
func (c *call) sequence(name string) (journal.Seq, error) {
	n, err := strconv.ParseInt(c.variable(name), 10, 64)
	if err != nil || n < 1 {
		return 0, problem(http.StatusNotFound, "not-found", "unknown %s %q; ids are whole numbers", name, c.variable(name))
	}
	return journal.Seq(n), nil
}

// created sets the Location header of a response to the path of a new resource.
func (c *call) created(path ...string) error {
	location, err := url.JoinPath(apiPath, path...)
	if err != nil {
		return fmt.Errorf("making a location: %w", err)
	}
	c.w.Header().Set("Location", location)
	return nil
}
