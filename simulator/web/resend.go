package web

import (
	"semblance/simulator"
	"semblance/simulator/provider"
)

// resendRequest is how to send an attempt again. Without keys, the same bytes are sent.
type resendRequest struct {
	// NewAttempt makes a new attempt: signed now, to the subscription's current URL, with a new eventId unless there is a body.
	NewAttempt bool               `json:"newAttempt,omitempty"`
	Body       *string            `json:"body,omitempty"`    // send exactly this body, signed as before unless newAttempt is set
	Set        map[string]string  `json:"set,omitempty"`     // values of identifiers; the request is signed now
	Omit       []string           `json:"omit,omitempty"`    // identifiers to leave out, or "all" optional ones; the request is signed now
	Invalid    bool               `json:"invalid,omitempty"` // send also a payload that its schema refuses
	Fault      string             `json:"fault,omitempty"`   // inject this fault, such as signature=tampered
	URL        string             `json:"url,omitempty"`     // send to this address; headers and secret stay those of the subscription
	Headers    []simulator.Header `json:"headers,omitempty"` // replace headers of these names, or add them
}

// resend sends an attempt again, at once. The response has the new attempt. With other keys than newAttempt the state of the
// delivery does not change.
func (h *Handler) resend(c *call, in *resendRequest) (v attemptView, err error) {
	seq, err := c.sequence("attempt")
	if err != nil {
		return v, err
	}
	if err := c.liftTimeouts(); err != nil {
		return v, err
	}
	edit := provider.Edit{
		Anew: in.NewAttempt, Set: in.Set, Omit: in.Omit, Invalid: in.Invalid, Fault: in.Fault, URL: in.URL, Headers: in.Headers,
	}
	if in.Body != nil {
		edit.Body = []byte(*in.Body)
	}
	a, err := h.provider.ResendEdited(c.Context(), seq, edit)
	if err != nil {
		return v, err
	}
	return viewFullAttempt(a, false), nil
}
