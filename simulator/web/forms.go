package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/journal"
	"semblance/simulator/signature"
)

var (
	formParameter = choice("as", "Form of the response: `curl` and `command` are commands, `http` is the exchange as on the wire, `body` is the request's body, "+
		"`har` is HAR 1.2, `ndjson` is one line of JSON.", "", "curl", "command", "http", "body", "har", "ndjson")
	fileParameter = choice("as", "Form of the response, with requests and responses: `har` is HAR 1.2, `ndjson` is a line of JSON for each attempt. The header Link has the next page.", "", "har", "ndjson")
)

// contentTypes are the types of the forms that are not plain text.
var contentTypes = map[string]string{"body": "application/octet-stream", "har": "application/har+json", "ndjson": "application/x-ndjson"}

// inForms lets an action respond in a form for other programs if the request wants one.
func inForms(a action, as *parameter[string], write func(h *Handler, c *call, form string) ([]byte, error), types ...string) action {
	asJSON := a.run
	a.also = types
	a.run = func(h *Handler, c *call) (any, error) {
		form := as.of(c)
		if form == "" {
			return asJSON(h, c)
		}
		data, err := write(h, c, form)
		if err != nil {
			return nil, err
		}
		c.w.Header().Set("Content-Type", cmp.Or(contentTypes[form], "text/plain; charset=utf-8"))
		_, _ = c.w.Write(data) // the client may have closed the connection
		return written{}, nil
	}
	return a
}

// defaultPort is the port at which commands look for a provider.
const defaultPort = ":4700"

// attemptIn returns the attempt in the path in a form.
func (h *Handler) attemptIn(c *call, form string) ([]byte, error) {
	a, err := h.attempt(c)
	if err != nil {
		return nil, err
	}
	switch form {
	case "curl":
		return []byte(capture.Curl(&a.Request, c.secrets)), nil
	case "command":
		words := []string{"resend", strconv.FormatInt(int64(a.Seq), 10)}
		if !strings.HasSuffix(c.Host, defaultPort) {
			words = append(words, "--via", c.Host)
		}
		return []byte(capture.Command(words)), nil
	case "http":
		shown := a.Attempt
		if !c.secrets {
			shown = shown.Redacted()
		}
		return capture.HTTP(&shown), nil
	case "body":
		return a.Request.Body, nil
	}
	return attemptsAs(form, []*journal.Attempt{a}, c.secrets)
}

// attemptsIn returns a page of attempts in a form.
func (h *Handler) attemptsIn(c *call, form string) ([]byte, error) {
	page, err := h.attempts(c, true)
	if err != nil {
		return nil, err
	}
	if page.Next != "" {
		next := c.URL.Query()
		next.Set("cursor", page.Next)
		c.w.Header().Set("Link", "<?"+next.Encode()+`>; rel="next"`)
	}
	return attemptsAs(form, page.Items, c.secrets)
}

// attemptsAs returns attempts as har or ndjson.
func attemptsAs(form string, attempts []*journal.Attempt, secrets bool) ([]byte, error) {
	if form == "ndjson" {
		return capture.NDJSON(viewList(attempts, func(a *journal.Attempt) attemptView { return viewFullAttempt(a, secrets) }).Items)
	}
	shown := make([]*simulator.Attempt, len(attempts))
	for i, a := range attempts {
		attempt := a.Attempt
		if !secrets {
			attempt = attempt.Redacted()
		}
		shown[i] = &attempt
	}
	return capture.HAR(shown...)
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
