package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/validate"
	"semblance/simulator/capture"
	"semblance/simulator/journal"
	"semblance/simulator/signature"
)

var asParameter = choice("as", "Form of the response: `curl` and `command` are commands, `http` is the exchange as on the wire, `har` is HAR 1.2.", "", "curl", "command", "http", "har")

// oneAttempt is the action that returns one attempt, in a form if the request wants one.
func oneAttempt() action {
	a := noBody((*Handler).getAttempt)
	asJSON := a.run
	a.also = []string{"text/plain", "application/har+json"}
	a.run = func(h *Handler, c *call) (any, error) {
		form := asParameter.of(c)
		if form == "" {
			return asJSON(h, c)
		}
		recorded, err := h.attempt(c)
		if err != nil {
			return nil, err
		}
		return h.writeForm(c, recorded, form)
	}
	return a
}

// defaultPort is the port at which commands look for a provider.
const defaultPort = ":4700"

// writeForm writes an attempt in a form for other programs.
func (h *Handler) writeForm(c *call, a *journal.Attempt, form string) (written, error) {
	shown := a.Attempt
	if !c.secrets {
		shown = shown.Redacted()
	}
	contentType, data := "text/plain; charset=utf-8", []byte(nil)
	switch form {
	case "curl":
		data = []byte(capture.Curl(&a.Request, c.secrets))
	case "command":
		words := []string{"resend", strconv.FormatInt(int64(a.Seq), 10)}
		if !strings.HasSuffix(c.Host, defaultPort) {
			words = append(words, "--via", c.Host)
		}
		data = []byte(capture.Command(words))
	case "http":
		data = capture.HTTP(&shown)
	case "har":
		var err error
		if data, err = capture.HAR(&shown); err != nil {
			return written{}, err
		}
		contentType = "application/har+json"
	}
	c.w.Header().Set("Content-Type", contentType)
	_, _ = c.w.Write(data) // the client may have closed the connection
	return written{}, nil
}

// signatureView describes the signature of a request.
type signatureView struct {
	SignedAt timestamp `json:"signedAt,omitempty"` // its time; absent if it cannot be read
	Valid    bool      `json:"valid"`              // with the subscription's present secret, at the time of the request
	Detail   string    `json:"detail"`             // the result in a sentence
}

// viewSignature examines the signature of an attempt, or returns nil if it has none.
func (h *Handler) viewSignature(a *journal.Attempt) *signatureView {
	header := a.Request.Header(signature.HeaderName)
	s, known := h.provider.Subscription(a.SubscriptionID)
	if header == "" || !known {
		return nil
	}
	d := signature.Explain(signature.Case{
		Body: a.Request.Body, Header: header, TimestampHeader: a.Request.Header(signature.TimestampName), Secret: s.Secret.Reveal(), Now: a.StartedAt,
	})
	v := &signatureView{Valid: d.Valid, Detail: d.Sentence}
	if parsed, err := signature.Parse(header); err == nil {
		v.SignedAt = stamp(time.Unix(parsed.T, 0))
	}
	return v
}

// payloadRequest is the body of a request to check.
type payloadRequest struct {
	Body string `json:"body"`
}

// payloadView is where a payload does not match its schema.
type payloadView struct {
	Violations []string `json:"violations"` // empty if the payload is valid
}

// checkPayload checks a payload against the schema of an event type.
func (h *Handler) checkPayload(c *call, in *payloadRequest) (v payloadView, err error) {
	t, err := c.eventType()
	if err != nil {
		return v, err
	}
	if in.Body == "" {
		return v, problem(http.StatusBadRequest, "body", "the payload to check is required").about("body")
	}
	v.Violations = []string{}
	for _, violation := range validate.PayloadViolations(t, []byte(in.Body)) {
		v.Violations = append(v.Violations, violation.String())
	}
	return v, nil
}
