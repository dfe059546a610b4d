package web

import (
	"strconv"

	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/hint"
	"semblance/simulator/journal"
	"semblance/simulator/signature"
)

var (
	deliveryParameter = text("delivery", "Only attempts of the delivery with this id.")
	outcomeParameter  = choices("outcome", "Only attempts with these outcomes.", journal.Accepted, journal.Refused, journal.Unanswered)
	fullParameter     = boolean("full", "Include requests and responses; such a page may be shorter.")
)

// attemptView is one attempt at a delivery.
type attemptView struct {
	ID             journal.Seq       `json:"id"`                      // number in the journal
	DeliveryID     string            `json:"deliveryId" api:"id"`     // the delivery that it belongs to
	SubscriptionID string            `json:"subscriptionId" api:"id"` // the subscription that receives it
	Number         int               `json:"number"`                  // from 1, within the delivery
	StartedAt      timestamp         `json:"startedAt"`
	EventID        string            `json:"eventId"`
	EventType      string            `json:"eventType"`
	Identifiers    identifiers       `json:"identifiers"` // those of the event
	URL            string            `json:"url"`
	Fault          string            `json:"fault,omitempty"`      // injected fault, such as signature=tampered
	Outcome        journal.Outcome   `json:"outcome,omitempty"`    // absent if unreadable
	Status         int               `json:"status,omitempty"`     // HTTP status of the response
	Failure        simulator.Failure `json:"failure,omitempty"`    // reason for a missing response
	Detail         string            `json:"detail,omitempty"`     // the failure in a sentence
	TookMs         float64           `json:"tookMs"`               // duration in milliseconds
	NextState      journal.State     `json:"nextState,omitempty"`  // state of the delivery after it
	Due            timestamp         `json:"due,omitempty"`        // time of the next attempt
	Verdict        journal.Verdict   `json:"verdict,omitempty"`    // whether the payload matches its schema
	Violations     []string          `json:"violations,omitempty"` // where the payload does not match its schema
	ReplayOf       journal.Seq       `json:"replayOf,omitempty"`   // the attempt whose bytes were sent again
	Unreadable     string            `json:"unreadable,omitempty"` // why the record cannot be decoded, as in a damaged journal; most fields are then empty

	Request  *simulator.Request  `json:"request,omitempty"`
	Response *simulator.Response `json:"response,omitempty"`

	Signature *signatureView `json:"signature,omitempty"` // only of a single attempt; absent if the request is not signed

	Hint        string `json:"hint,omitempty"`        // what to change, if the attempt was not accepted; not in the stream
	HintCommand string `json:"hintCommand,omitempty"` // a command that finds the mistake; with the request and the response alone
}

// viewAttempt returns an attempt without its request and response, in whose URL credentials are hidden.
func viewAttempt(a *journal.Attempt) attemptView {
	return attemptView{
		ID: a.Seq, DeliveryID: a.DeliveryID, SubscriptionID: a.SubscriptionID, Number: a.Number, StartedAt: stamp(a.StartedAt),
		EventID: a.Request.EventID, EventType: a.Request.EventType, Identifiers: identifiers(a.Identifiers), URL: simulator.RedactURL(a.Request.URL), Fault: a.Request.Fault,
		Outcome: a.Outcome(), Status: a.Response.Status, Failure: a.Response.Failure, Detail: a.Response.Detail,
		TookMs: float64(a.Response.Timings.Total.Microseconds()) / 1e3, NextState: a.Next.State, Due: stamp(a.Next.Due),
		Verdict: a.Verdict, Violations: a.Violations, ReplayOf: a.ReplayOf, Unreadable: a.Unreadable,
	}
}

// viewFullAttempt returns an attempt with its request and response, in which credentials are hidden unless secrets is set.
func viewFullAttempt(a *journal.Attempt, secrets bool) attemptView {
	v := viewAttempt(a)
	if a.Unreadable != "" {
		return v
	}
	why := whyNot(a)
	v.Hint = why.Fix
	if header := a.Request.Header(signature.HeaderName); why.Name == hint.Signature && header != "" {
		v.HintCommand = capture.Command([]string{"verify", "body.json", "--signature", header, "--at", strconv.FormatInt(a.StartedAt.Unix(), 10)})
	}
	request, response := a.Request, a.Response
	if secrets {
		v.URL = request.URL
	} else {
		request, response = request.Redacted(), response.Redacted()
	}
	v.Request, v.Response = &request, &response
	return v
}

// listAttempts lists attempts.
func (h *Handler) listAttempts(c *call) (pageView[attemptView], error) {
	full := fullParameter.of(c)
	page, err := h.attempts(c, full)
	return viewPage(page, func(a *journal.Attempt) attemptView {
		if full {
			return viewFullAttempt(a, c.secrets)
		}
		v := viewAttempt(a)
		if v.Outcome != journal.Accepted {
			if full, err := h.provider.Journal().Attempt(c.Context(), a.Seq); err == nil { // it may be pruned by now
				v.Hint = whyNot(full).Fix
			}
		}
		return v
	}), err
}

// whyNot returns the hint for an attempt, which has its request and response. It is empty if the attempt was accepted.
func whyNot(a *journal.Attempt) hint.Hint {
	if a.Outcome() == journal.Accepted || a.Unreadable != "" {
		return hint.Hint{}
	}
	return hint.For(&a.Attempt)
}

// attempts returns a page of attempts, with requests and responses if full is set.
func (h *Handler) attempts(c *call, full bool) (journal.Page[*journal.Attempt], error) {
	q := c.page()
	q.Types, q.RecordID, q.SubscriptionID = typeParameter.of(c), recordParameter.of(c), subscriptionParameter.of(c)
	q.DeliveryID, q.Outcomes, q.Full = deliveryParameter.of(c), outcomeParameter.of(c), full
	return h.provider.Journal().Attempts(c.Context(), q)
}

// getAttempt returns one attempt with its request and response.
func (h *Handler) getAttempt(c *call) (v attemptView, err error) {
	a, err := h.attempt(c)
	if err != nil {
		return v, err
	}
	v = viewFullAttempt(a, c.secrets)
	v.Signature = h.viewSignature(a)
	return v, nil
}

// attempt returns the attempt in the path.
func (h *Handler) attempt(c *call) (*journal.Attempt, error) {
	seq, err := c.sequence("attempt")
	if err != nil {
		return nil, err
	}
	a, err := h.provider.Journal().Attempt(c.Context(), seq)
	return a, unknownID(err, "attempt", seq)
}
