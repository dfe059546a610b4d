package web

import (
	"net/http"
	"slices"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

var (
	matchParameter  = list("match", "Patterns of event types, separated by commas.")
	sampleParameter = text("subscription", "Id of the subscription to sign for; by default the published secret signs.")
)

// listEventTypes lists the event types of the catalogue.
func (h *Handler) listEventTypes(c *call) (v listView[schemas.Description], err error) {
	types := schemas.All()
	if patterns := matchParameter.of(c); len(patterns) > 0 {
		if types, err = schemas.MatchAny(patterns); err != nil {
			return v, problem(http.StatusBadRequest, "event-type", "%s", err).about("match")
		}
	}
	return viewList(types, (*schemas.EventType).Description), nil
}

// eventType returns the event type in the path.
func (c *call) eventType() (*schemas.EventType, error) {
	t, err := schemas.Lookup(c.variable("type"))
	if err != nil {
		return nil, problem(http.StatusNotFound, "event-type", "%s", err)
	}
	return t, nil
}

// getEventType returns one event type with the schema of its payload and an example.
func (h *Handler) getEventType(c *call) (v eventTypeView, err error) {
	t, err := c.eventType()
	if err != nil {
		return v, err
	}
	sample, err := h.provider.Sample(t.Name, "")
	if err != nil {
		return v, err
	}
	v = eventTypeView{t.Description(), viewRoles(fixtures.Subject(t))}
	v.Schema, v.Example = t.PayloadSchema(), sample.Body
	return v, nil
}

// eventTypeView is an event type with the records that it is about.
type eventTypeView struct {
	schemas.Description
	Roles []roleView `json:"roles"` // for the key about of POST /events
}

// getSample returns a signed request for an event type, without sending it.
func (h *Handler) getSample(c *call) (v simulator.Request, err error) {
	t, err := c.eventType()
	if err != nil {
		return v, err
	}
	sample, err := h.provider.Sample(t.Name, sampleParameter.of(c))
	if err != nil {
		return v, err
	}
	if !c.secrets {
		sample = sample.Redacted()
	}
	return sample, nil
}

// actionView is something that can happen in the practice.
type actionView struct {
	Name       string     `json:"name"`
	Summary    string     `json:"summary"`
	Roles      []roleView `json:"roles"`
	EventTypes []string   `json:"eventTypes"` // event types that it may cause
}

// roleView is a record that an action concerns.
type roleView struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // kind of record
	Optional bool   `json:"optional,omitempty"`
}

func viewRoles(roles []fixtures.Role) []roleView {
	return viewList(roles, func(r fixtures.Role) roleView { return roleView{Name: r.Name, Kind: r.Kind, Optional: r.Optional} }).Items
}

// listActions lists the actions of the clinic.
func (h *Handler) listActions(*call) (listView[actionView], error) {
	return viewList(fixtures.Actions(), func(a fixtures.Action) actionView {
		return actionView{Name: a.Name, Summary: a.Summary, Roles: viewRoles(a.Roles), EventTypes: notNil(a.Events)}
	}), nil
}

// faultTypeView is a fault that can be injected.
type faultTypeView struct {
	Fault      string          `json:"fault"` // as in a fault setting, without attributes
	Summary    string          `json:"summary"`
	Resend     bool            `json:"resend"` // whether a single attempt can have it, and so a resend
	Attributes []attributeView `json:"attributes"`
}

// attributeView is an attribute of a fault.
type attributeView struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Default string `json:"default"`
}

// listFaultTypes lists the faults that can be injected into the attempts to a subscription. Those of the family delivery
// change when, and how often, an event is delivered.
func (h *Handler) listFaultTypes(*call) (listView[faultTypeView], error) {
	return viewList(slices.Concat(fault.All(), fault.Deliveries()), func(f fault.Info) faultTypeView {
		attributes := viewList(f.Attributes, func(a fault.Attribute) attributeView {
			return attributeView{Name: a.Name, Summary: a.Summary, Default: a.Default}
		})
		_, err := fault.Parse(f.Text())
		return faultTypeView{Fault: f.Text(), Summary: f.Summary, Resend: err == nil, Attributes: attributes.Items}
	}), nil
}

// listVerifiers lists verifiers of signatures in several languages, for receivers to copy.
func (h *Handler) listVerifiers(*call) (v listView[signature.Source], err error) {
	return listView[signature.Source]{signature.Sources()}, nil
}

// listScenarios lists the scenarios that come with the program.
func (h *Handler) listScenarios(*call) (v listView[Scenario], err error) {
	if h.options.Player != nil {
		v.Items, err = h.options.Player.Scenarios()
	}
	v.Items = notNil(v.Items)
	return v, err
}
