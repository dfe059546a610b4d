package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
	"semblance/simulator/journal"
)

// Edit says how a request that is sent again differs from that of the attempt. The zero value changes nothing.
//
// A request with other identifiers, or with a fault that acts before the connection, is signed now. Otherwise the headers
// with the signature are those of the attempt, unless Anew is set.
type Edit struct {
	Anew    bool               // sign now, with the subscription's current URL and headers, and with a new eventId unless there is a Body
	Body    []byte             // send exactly these bytes; nil for the payload of the event
	Set     map[string]string  // values of identifiers
	Omit    []string           // identifiers to leave out, or "all" optional ones
	Invalid bool               // send also a payload that violates its schema
	Fault   string             // inject this fault
	URL     string             // send to this address
	Headers []simulator.Header // replace headers of these names, or add them
}

// changesEvent reports whether the request has other identifiers than the event.
func (e *Edit) changesEvent() bool { return len(e.Set)+len(e.Omit) > 0 }

// changesDelivery reports whether the request is not the delivery of the event any more. Then its response says nothing
// about the delivery.
func (e *Edit) changesDelivery() bool {
	return e.changesEvent() || e.Body != nil || e.Fault != "" || e.URL != "" || len(e.Headers) > 0
}

// editing is an edit and its attempt.
type editing struct {
	Edit
	before *journal.Attempt
	event  schemas.Event
	fault  *fault.Fault // of the edit
	kind   simulator.Kind

	verdict    journal.Verdict
	violations []string
}

// ResendEdited sends the request of an attempt again with changes, at once and in any state of its delivery, and returns the
// new attempt. Retry policy and circuit breaker ignore it. A finished delivery becomes delivered if the receiver accepts an
// attempt that is not changed.
func (p *Provider) ResendEdited(ctx context.Context, attempt journal.Seq, e Edit) (*journal.Attempt, error) {
	before, d, err := p.sent(ctx, attempt)
	if err != nil {
		return nil, err
	}
	x := &editing{Edit: e, before: before, event: d.Event, verdict: before.Verdict, violations: before.Violations}
	if err := p.checkEdit(ctx, x); err != nil {
		return nil, err
	}
	t, running, err := p.beginResend(d)
	if err != nil {
		return nil, err
	}
	a := &journal.Attempt{Attempt: simulator.Attempt{DeliveryID: d.ID, SubscriptionID: d.SubscriptionID, StartedAt: t.startedAt}}
	if x.kind == simulator.KindEvent {
		x.kind = t.kind()
	}
	if a.Request, err = p.edited(x, &t); err != nil { // the fault cannot change this body
		a.Response = simulator.Response{Failure: simulator.FailureBlocked, Detail: err.Error()}
	} else {
		a.Response = p.sender.Send(running, a.Request)
	}
	a.Verdict, a.Violations = x.verdict, x.violations
	if !x.signed() && x.Body == nil && len(x.Headers) == 0 {
		a.ReplayOf = before.Seq
	}
	if err := p.concludeResend(ctx, d, a, e.changesDelivery()); err != nil {
		return nil, fmt.Errorf("resending attempt %d: %w", attempt, err)
	}
	return a, nil
}

// checkEdit checks an edit and completes x, before anything is in flight.
func (p *Provider) checkEdit(ctx context.Context, x *editing) (err error) {
	if x.Body != nil && x.changesEvent() {
		return refuse(CodeSetting, "body", "use either a body or changes of the identifiers")
	}
	if x.Fault != "" {
		if x.fault, err = fault.Parse(x.Fault); err != nil {
			return refuseBecause(CodeFault, "fault", err)
		}
	}
	if x.URL != "" {
		to, err := delivery.CheckURL(x.URL)
		if err != nil {
			return refuse(CodeURL, "url", "the url %q: %v", simulator.RedactURL(x.URL), err)
		}
		x.URL = to
	}
	for _, h := range x.Headers {
		if err := delivery.CheckHeader(h); err != nil {
			return refuseBecause(CodeHeader, "headers", err)
		}
	}
	if x.changesEvent() {
		if x.event, err = x.editEvent(); err != nil {
			return err
		}
	}
	if err := p.validate(x); err != nil {
		return err
	}
	return p.permitEdit(ctx, x)
}

// validate sets the verdict on the edited payload, and refuses one that violates its schema unless that is wanted.
func (p *Provider) validate(x *editing) error {
	const anID = "000000000000000000000000"
	switch {
	case x.Body != nil:
		x.verdict, x.violations = journal.Valid, nil
		for _, v := range validate.PayloadViolations(x.event.Type, x.Body) {
			x.verdict, x.violations = journal.Invalid, append(x.violations, v.String())
		}
	case x.signed():
		x.verdict, x.violations = p.verdicts.of(&x.event, anID, anID)
	}
	if x.verdict == journal.Invalid && !x.Invalid && (x.Body != nil || x.changesEvent()) {
		return refuse(CodeInvalidEvent, "invalid", "the edited %s would not be valid: %s; to send it anyway, allow an invalid event (--invalid; \"invalid\": true in the API)", x.event.Type.Name, x.violations[0])
	}
	return nil
}

// permitEdit sets the kind of the request and refuses one that a public address must not get.
func (p *Provider) permitEdit(ctx context.Context, x *editing) error {
	switch {
	case x.Body != nil, x.Invalid && x.changesEvent(), len(x.Headers) > 0:
		x.kind = simulator.KindExact
	case x.fault != nil:
		x.kind = simulator.KindFault
	}
	s, known := p.Subscription(x.before.SubscriptionID)
	to := x.URL
	switch {
	case to == "" && x.kind == simulator.KindEvent, !known: // nothing changed, or an error that follows
		return nil
	case to == "" && x.Anew:
		to = s.URL
	case to == "":
		to = x.before.Request.URL
	}
	if err := p.sender.Permits(ctx, to, x.kind, 1); err != nil {
		return refuse(CodePublic, "url", "%v", err)
	}
	return nil
}

// signed reports whether the request is signed now.
func (x *editing) signed() bool {
	return x.Anew || x.changesEvent() || x.fault != nil && !x.fault.OnConnection()
}

// editEvent returns the event with the changes of its identifiers, in the order of the catalogue.
func (x *editing) editEvent() (schemas.Event, error) {
	e, t := x.event, x.event.Type
	values := map[string]string{}
	for _, i := range e.Identifiers {
		values[i.Name] = i.Value
	}
	for _, name := range x.Omit {
		switch {
		case name == fixtures.All:
			for _, optional := range t.Optional {
				delete(values, optional)
			}
		case !t.Allows(name):
			return e, refuse(CodeInvalidEvent, "omit", "%s: %s", t.Name, naming.Unknown("identifier", name, t.Keys()))
		case x.Set[name] != "":
			return e, refuse(CodeInvalidEvent, "omit", "the identifier %s is both set and omitted", name)
		default:
			delete(values, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.Set)) {
		if !t.Allows(name) && !x.Invalid {
			return e, refuse(CodeInvalidEvent, "set", "%s: %s", t.Name, naming.Unknown("identifier", name, t.Keys()))
		}
		values[name] = x.Set[name]
	}
	e.Identifiers = nil
	for _, name := range append(slices.Clone(t.Keys()), slices.Sorted(maps.Keys(values))...) {
		if value, ok := values[name]; ok {
			e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: name, Value: value})
			delete(values, name)
		}
	}
	return e, nil
}

// edited returns the request to send.
func (p *Provider) edited(x *editing, t *task) (simulator.Request, error) {
	if !x.signed() {
		return x.unsigned(), nil
	}
	m := delivery.Message{
		URL: t.subscription.URL, SubscriptionID: t.subscription.ID, Secrets: t.secrets, Headers: replaceHeaders(t.subscription.Headers, x.Headers),
		Event: &x.event, EventID: t.eventID, At: t.signedAt, Fault: x.fault, Kind: x.kind,
	}
	switch {
	case x.Body != nil:
		m.Event, m.Raw, m.EventID = nil, x.Body, eventIDOf(x.Body)
	case !x.Anew:
		m.EventID = x.before.Request.EventID
	}
	if !x.Anew {
		m.URL = x.before.Request.URL
	}
	if x.URL != "" {
		m.URL = x.URL
	}
	request, err := p.sender.Prepare(m)
	if err != nil {
		request = x.before.Request
	}
	request.EventType = x.event.Type.Name
	return request, err
}

// unsigned returns the request of the attempt with its old signature and with the other changes.
func (x *editing) unsigned() simulator.Request {
	r := x.before.Request
	r.Kind = x.kind
	if x.fault != nil {
		r.Fault = x.fault.String()
	}
	var changed []simulator.Header
	if x.Body != nil {
		r.Body, r.EventID = x.Body, eventIDOf(x.Body)
		if r.Header("Content-Length") != "" {
			changed = append(changed, simulator.Header{Name: "Content-Length", Value: strconv.Itoa(len(x.Body))})
		}
	}
	if x.URL != "" {
		r.Headers = withoutUser(r.Headers, r.URL)
		r.URL = x.URL
		if u, err := url.Parse(x.URL); err == nil { // it was checked
			changed = append(changed, simulator.Header{Name: "Host", Value: u.Host})
		}
	}
	r.Headers = replaceHeaders(r.Headers, append(changed, x.Headers...))
	return r
}

// replaceHeaders returns the headers with others in the place of those that have the same name, or at the end.
func replaceHeaders(headers, others []simulator.Header) []simulator.Header {
	if len(others) == 0 {
		return headers
	}
	all := slices.Clone(headers)
	for _, other := range others {
		same := func(h simulator.Header) bool { return strings.EqualFold(h.Name, other.Name) }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Value = other.Value
		} else {
			all = append(all, other)
		}
	}
	return all
}

// withoutUser returns the headers without the authorization that belongs to the user in a URL, which another address must
// not get.
func withoutUser(headers []simulator.Header, from string) []simulator.Header {
	if u, err := url.Parse(from); err != nil || u.User == nil {
		return headers
	}
	return slices.DeleteFunc(slices.Clone(headers), func(h simulator.Header) bool { return strings.EqualFold(h.Name, "Authorization") })
}

// eventIDOf returns the eventId in a body, or "".
func eventIDOf(body []byte) string {
	var payload struct {
		EventID string `json:"eventId"`
	}
	if json.Unmarshal(body, &payload) != nil {
		return ""
	}
	return payload.EventID
}
