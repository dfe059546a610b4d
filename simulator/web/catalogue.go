package web

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/mux"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/fault"
)

// eventTypeView is a row of the catalogue.
type eventTypeView struct {
	Name       string           `json:"name"`
	Group      string           `json:"group"`
	Summary    string           `json:"summary"`
	Required   []string         `json:"required"`
	Optional   []string         `json:"optional"`
	OneOf      []string         `json:"oneOf,omitempty"`
	FormerEnum string           `json:"formerEnum,omitempty"`
	Evidence   schemas.Evidence `json:"evidence"`
	Retired    bool             `json:"retired,omitempty"`

	Schema  json.RawMessage `json:"schema,omitempty"`  // of the payload
	Example json.RawMessage `json:"example,omitempty"` // a payload
}

func viewEventType(t *schemas.EventType) eventTypeView {
	return eventTypeView{
		Name: t.Name, Group: t.Group, Summary: t.Summary, Required: listed(t.Required), Optional: listed(t.Optional), OneOf: t.OneOf,
		FormerEnum: t.FormerEnum, Evidence: t.Evidence, Retired: t.Retired(),
	}
}

// listed is a list that JSON writes as [] where it is empty.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// listEventTypes lists the catalogue, or what some patterns name of it.
func (h *Handler) listEventTypes(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	patterns := q.all("match")
	if err := q.done(); err != nil {
		return err
	}
	types := schemas.All()
	if len(patterns) > 0 {
		var err error
		if types, err = schemas.MatchAny(patterns); err != nil {
			return problem(http.StatusBadRequest, "event-type", "%s", err).about("match")
		}
	}
	views := make([]eventTypeView, len(types))
	for i, t := range types {
		views[i] = viewEventType(t)
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// eventType finds the type that the path names.
func eventType(r *http.Request) (*schemas.EventType, error) {
	t, err := schemas.Lookup(mux.Vars(r)["type"])
	if err != nil {
		return nil, problem(http.StatusNotFound, "event-type", "%s", err)
	}
	return t, nil
}

// getEventType shows one event type with its schema and an example.
func (h *Handler) getEventType(w http.ResponseWriter, r *http.Request) error {
	t, err := eventType(r)
	if err != nil {
		return err
	}
	sample, err := h.provider.Sample(t.Name, "")
	if err != nil {
		return err
	}
	v := viewEventType(t)
	v.Schema, v.Example = t.PayloadSchema(), sample.Body
	return h.respond(w, http.StatusOK, v)
}

// getSample shows an event as it would be sent, signed; nothing is sent.
func (h *Handler) getSample(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	subscription, asked := q.text("subscription"), q.secrets()
	if err := q.done(); err != nil {
		return err
	}
	secrets, err := h.mayShowSecrets(r, asked)
	if err != nil {
		return err
	}
	t, err := eventType(r)
	if err != nil {
		return err
	}
	sample, err := h.provider.Sample(t.Name, subscription)
	if err != nil {
		return err
	}
	if !secrets {
		sample.Headers = redact(sample.Headers)
	}
	return h.respond(w, http.StatusOK, sample)
}

// roleView is a record that an action concerns.
type roleView struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Optional bool   `json:"optional,omitempty"`
}

// actionView is something that can happen in the practice.
type actionView struct {
	Name    string     `json:"name"`
	Summary string     `json:"summary"`
	Roles   []roleView `json:"roles"`
	Events  []string   `json:"eventTypes"`
}

// listActions lists what the clinic can do.
func (h *Handler) listActions(w http.ResponseWriter, r *http.Request) error {
	views := []actionView{}
	for _, a := range fixtures.Actions() {
		v := actionView{Name: a.Name, Summary: a.Summary, Roles: []roleView{}, Events: listed(a.Events)}
		for _, role := range a.Roles {
			v.Roles = append(v.Roles, roleView{Name: role.Name, Kind: role.Kind, Optional: role.Optional})
		}
		views = append(views, v)
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// faultKindView is a row of the table of faults.
type faultKindView struct {
	Fault      string          `json:"fault"` // as it is written, without attributes
	Summary    string          `json:"summary"`
	Attributes []attributeView `json:"attributes"`
}

type attributeView struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Default string `json:"default"`
}

// listFaultKinds lists the faults that there are.
func (h *Handler) listFaultKinds(w http.ResponseWriter, r *http.Request) error {
	views := []faultKindView{}
	for _, info := range fault.All() {
		v := faultKindView{Fault: info.Text(), Summary: info.Summary, Attributes: []attributeView{}}
		for _, a := range info.Attributes {
			v.Attributes = append(v.Attributes, attributeView{Name: a.Name, Summary: a.Summary, Default: a.Default})
		}
		views = append(views, v)
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// listStories lists the scenarios that come with the program.
func (h *Handler) listScenarios(w http.ResponseWriter, r *http.Request) error {
	if h.options.Player == nil {
		return h.respond(w, http.StatusOK, map[string]any{"items": []Scenario{}})
	}
	scenarios, err := h.options.Player.Scenarios()
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": listed(scenarios)})
}

// listRecords lists the clinic's records of a kind.
func (h *Handler) listRecords(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	kind, after := q.text("kind"), q.text("after")
	limit := int(q.number("limit", 100, 1, 1000))
	if err := q.done(); err != nil {
		return err
	}
	ids, err := h.provider.Records(kind)
	if err != nil {
		return asBadQuery(err)
	}
	page, err := following(ids, after, limit)
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": page})
}

// getRecord shows one record.
func (h *Handler) getRecord(w http.ResponseWriter, r *http.Request) error {
	record, err := h.provider.Record(mux.Vars(r)["record"])
	if err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, record)
}

// following returns the ids that follow one of them.
func following(ids []string, after string, limit int) ([]string, error) {
	from := 0
	if after != "" {
		for from < len(ids) && ids[from] != after {
			from++
		}
		if from == len(ids) {
			return nil, problem(http.StatusBadRequest, "query", "there is no record %q of that kind any more", after).about("after")
		}
		from++
	}
	return listed(ids[from:min(from+limit, len(ids))]), nil
}

// asBadQuery says of what a parameter names, and does not exist, that the parameter is wrong and not the path.
func asBadQuery(err error) error {
	p, ok := problemOf(err)
	if !ok || p.Status != http.StatusNotFound {
		return err
	}
	p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
	return p
}
