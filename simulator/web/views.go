package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// respond answers with a value as JSON.
func (h *Handler) respond(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has gone needs no answer
	return nil
}

// pageView is a part of a list. Next is the cursor of the next part.
type pageView[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func viewPage[T, V any](page journal.Page[T], view func(T) V) pageView[V] {
	v := pageView[V]{Items: make([]V, len(page.Items)), Next: page.Next}
	for i, item := range page.Items {
		v.Items[i] = view(item)
	}
	return v
}

// stamp is a time as the API writes it: UTC, to the millisecond, as the provider's own. "" where there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// pairs is a JSON object that keeps the order of its keys.
type pairs []pair

type pair struct {
	name  string
	value any
}

// MarshalJSON writes the object.
func (p pairs) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, one := range p {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

func viewIdentifiers(c *schemas.Event) pairs {
	p := make(pairs, len(c.Identifiers))
	for i, id := range c.Identifiers {
		p[i] = pair{id.Name, id.Value}
	}
	return p
}

func viewMetadata(c *schemas.Event) pairs {
	p := make(pairs, len(c.Metadata))
	for i, m := range c.Metadata {
		p[i] = pair{m.Name, m.Value}
	}
	return p
}

// eventView is something that happened.
type eventView struct {
	ID          journal.Seq `json:"id"`
	At          string      `json:"at"`
	EventType   string      `json:"eventType"`
	Identifiers pairs       `json:"identifiers"`
	Metadata    pairs       `json:"metadata,omitempty"`
	Origin      string      `json:"origin"`
}

func viewEvent(c *journal.Event) eventView {
	return eventView{
		ID: c.Seq, At: stamp(c.At), EventType: c.Type.Name, Identifiers: viewIdentifiers(&c.Event), Metadata: viewMetadata(&c.Event), Origin: c.Origin,
	}
}

// deliveryView is an event that is owed to one subscription, or was.
type deliveryView struct {
	ID             string            `json:"id"`
	Seq            journal.Seq       `json:"seq"`
	Event          journal.Seq       `json:"event"`
	EventType      string            `json:"eventType"`
	Identifiers    pairs             `json:"identifiers"`
	SubscriptionID string            `json:"subscriptionId"`
	CreatedAt      string            `json:"createdAt"`
	State          journal.State     `json:"state"`
	Due            string            `json:"due,omitempty"`
	Attempts       int               `json:"attempts"`
	LastAttemptAt  string            `json:"lastAttemptAt,omitempty"`
	LastStatus     int               `json:"lastStatus,omitempty"`
	LastFailure    simulator.Failure `json:"lastFailure,omitempty"`
}

func viewDelivery(d *journal.Delivery) deliveryView {
	return deliveryView{
		ID: d.ID, Seq: d.Seq, Event: d.EventSeq, EventType: d.Event.Type.Name, Identifiers: viewIdentifiers(&d.Event),
		SubscriptionID: d.SubscriptionID, CreatedAt: stamp(d.CreatedAt), State: d.State, Due: stamp(d.Due), Attempts: d.Attempts,
		LastAttemptAt: stamp(d.LastAt), LastStatus: d.Status, LastFailure: d.Failure,
	}
}

// attemptView is one try at a delivery. Sent and Came are there where the attempt is shown in full.
type attemptView struct {
	ID             journal.Seq       `json:"id"`
	DeliveryID     string            `json:"deliveryId"`
	SubscriptionID string            `json:"subscriptionId"`
	Number         int               `json:"number"`
	StartedAt      string            `json:"startedAt"`
	EventID        string            `json:"eventId"`
	EventType      string            `json:"eventType"`
	URL            string            `json:"url"`
	Fault          string            `json:"fault,omitempty"`
	Outcome        journal.Outcome   `json:"outcome"`
	Status         int               `json:"status,omitempty"`
	Failure        simulator.Failure `json:"failure,omitempty"`
	Detail         string            `json:"detail,omitempty"`
	TookMs         float64           `json:"tookMs"`
	Next           journal.State     `json:"next,omitempty"`
	Due            string            `json:"due,omitempty"`
	Verdict        journal.Verdict   `json:"verdict,omitempty"`
	Violations     []string          `json:"violations,omitempty"`
	ReplayOf       journal.Seq       `json:"replayOf,omitempty"`

	Request  *simulator.Request  `json:"request,omitempty"`
	Response *simulator.Response `json:"response,omitempty"`
}

func viewAttempt(a *journal.Attempt) attemptView {
	return attemptView{
		ID: a.Seq, DeliveryID: a.DeliveryID, SubscriptionID: a.SubscriptionID, Number: a.Number, StartedAt: stamp(a.StartedAt),
		EventID: a.Request.EventID, EventType: a.Request.EventType, URL: a.Request.URL, Fault: a.Request.Fault,
		Outcome: a.Outcome(), Status: a.Response.Status, Failure: a.Response.Failure, Detail: a.Response.Detail,
		TookMs: float64(a.Response.Timings.Total.Microseconds()) / 1e3, Next: a.Next.State, Due: stamp(a.Next.Due),
		Verdict: a.Verdict, Violations: a.Violations, ReplayOf: a.ReplayOf,
	}
}

// viewWholeAttempt shows an attempt in full; secrets among its headers only if they may be shown.
func viewWholeAttempt(a *journal.Attempt, secrets bool) attemptView {
	v := viewAttempt(a)
	request, response := a.Request, a.Response
	if !secrets {
		request.Headers, response.Headers = redact(request.Headers), redact(response.Headers)
	}
	v.Request, v.Response = &request, &response
	return v
}

// redact hides the values of headers that give access to something.
func redact(headers []simulator.Header) []simulator.Header {
	shown := slices.Clone(headers)
	for i := range shown {
		if givesAccess(shown[i].Name) {
			shown[i].Value = simulator.Secret(shown[i].Value).String()
		}
	}
	return shown
}

// givesAccess reports whether a header of that name holds a password of some kind.
func givesAccess(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"authorization", "cookie", "token", "secret", "password", "key"}, func(part string) bool {
		return strings.Contains(name, part)
	})
}
