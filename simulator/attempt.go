package simulator

import (
	"strings"
	"time"

	"semblance/schemas"
)

// Delivery is a change that is owed to one subscription. Its id is the provider's outboxId.
type Delivery struct {
	ID             string
	SubscriptionID string
	Event          schemas.Event
	CreatedAt      time.Time
	EventID        string // set when retries keep the eventId; otherwise each attempt has one of its own
}

// Attempt is one try at a delivery: exactly what was sent, and what came of it.
type Attempt struct {
	DeliveryID     string // outboxId, "" where nothing is owed (a single send)
	SubscriptionID string
	Number         int // from 1, within the delivery
	StartedAt      time.Time
	Request        Request
	Response       Response
}

// Sent is everything that goes out in one attempt: enough to send it again, byte for byte.
type Request struct {
	EventID   string   // "" where the sender cannot know it (a raw body)
	EventType string   // "" likewise
	Method    string   // POST unless a scenario says otherwise
	URL       string   // where it goes
	Proto     string   // "1.1", or "1.0" on request
	Headers   []Header // all of them, in the order and the letter case of the wire
	Body      []byte   // what the receiver is sent; after a fault has spoiled it
	Fault     string   // the fault that spoils it, such as "signature=tampered", or ""
}

// Header returns the value of the first header of that name, letter case apart, or "".
func (s *Request) Header(name string) string { return headerValue(s.Headers, name) }

// Came is what came back, or how nothing did. A failure is a field and not an error: it is what the attempt found out.
type Response struct {
	Status      int      // 0 where no answer came
	Proto       string   // such as "HTTP/1.1"
	Headers     []Header // as they came, in order
	Body        []byte   // an excerpt of at most the sender's bound
	Size        int64    // bytes of the whole answer's body, also of what the excerpt leaves out
	Truncated   bool     // Body is shorter than what came
	Timings     Timings
	Failure     Failure // "" where an answer came whole
	Detail      string  // the failure in one sentence, for people
	RetryAfter  time.Duration
	Counted     Counted // by what the answer counts as success or not, where that is not "any 2xx"
	FinalURL    string  // where the answer came from, if redirects were followed; else ""
	Reconnected bool    // a kept connection closed in that instant, and the same bytes went once more
}

// Header returns the value of the first header of that name, letter case apart, or "".
func (c *Response) Header(name string) string { return headerValue(c.Headers, name) }

// Counted says how a sender counts an answer whose statuses of success are a setting of its own.
type Counted string

// The ways to count an answer.
const (
	CountedByClass Counted = ""        // success is any 2xx, the contract's default; the provider does not publish its own
	CountedSuccess Counted = "success" // by the sender's setting
	CountedFailure Counted = "failure" // likewise
)

// OK reports whether an answer came whole and counts as success: any 2xx, unless the sender has counted it otherwise.
func (c *Response) OK() bool {
	if c.Failure != "" || c.Counted == CountedFailure {
		return false
	}
	return c.Counted == CountedSuccess || c.Status/100 == 2
}

// Timings are durations on the machine's clock, zero where the phase did not happen.
type Timings struct {
	DNS       time.Duration // name to address
	Connect   time.Duration // address to connection
	TLS       time.Duration // handshake
	FirstByte time.Duration // from the first byte sent to the first byte of the answer
	Total     time.Duration // from the first byte sent to the last byte read
}

// Failure is how an attempt went without a whole answer.
type Failure string

// The kinds of failure.
const (
	FailureDNS       Failure = "dns"       // the name has no address
	FailureRefused   Failure = "refused"   // nothing listens there
	FailureConnect   Failure = "connect"   // no connection for another reason (unreachable, forbidden)
	FailureTLS       Failure = "tls"       // no trusted, encrypted connection
	FailureReset     Failure = "reset"     // the receiver cut the connection
	FailureClosed    Failure = "closed"    // the receiver closed the connection without an answer, or within one
	FailureTimeout   Failure = "timeout"   // no whole answer in time
	FailureMalformed Failure = "malformed" // what came is no HTTP answer
	FailureTooLarge  Failure = "too-large" // the answer's body had no end within the sender's bound
	FailureLost      Failure = "lost"      // the fault lost-response threw the answer away
	FailureCut       Failure = "cut"       // a fault of ours cut the connection
	FailureCanceled  Failure = "canceled"  // we were stopped
	FailureBlocked   Failure = "blocked"   // we refused to send (a public address where only private ones are allowed)
)

func headerValue(headers []Header, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
