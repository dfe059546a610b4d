package simulator

import (
	"strings"
	"time"

	"semblance/schemas"
)

// Delivery is an event to be delivered to one subscription. Its id is the provider's outboxId.
type Delivery struct {
	ID             string
	SubscriptionID string
	Event          schemas.Event
	CreatedAt      time.Time
	EventID        string // set if retries keep the eventId; otherwise each attempt has a new one
}

// Attempt is one attempt to deliver an event: the exact request and the response.
type Attempt struct {
	DeliveryID     string // outboxId; "" for an attempt outside the outbox (`send`)
	SubscriptionID string
	Number         int // from 1, within the delivery
	StartedAt      time.Time
	Request        Request
	Response       Response
}

// Request is one HTTP request, complete enough to be sent again byte for byte.
type Request struct {
	EventID   string   // "" for a raw body
	EventType string   // "" for a raw body
	Method    string   // POST, except in scenarios
	URL       string   // destination
	Proto     string   // "1.1" or "1.0"
	Headers   []Header // all headers, in wire order and letter case
	Body      []byte   // after any fault
	Fault     string   // the injected fault, such as "signature=tampered", or ""
	Kind      Kind     // not part of the JSON form
}

// Kind classifies requests. Public addresses get only events, unless the user allows more.
type Kind string

// The kinds of requests. Their text is for messages.
const (
	KindEvent   Kind = "" // an event as the provider sends it
	KindFault   Kind = "request with a fault"
	KindExact   Kind = "hand-made request"
	KindTraffic Kind = "traffic event"
	KindCheck   Kind = "check"
)

// Header returns the value of the first header of that name, ignoring case, or "".
func (r *Request) Header(name string) string { return headerValue(r.Headers, name) }

// Response is the HTTP response to a request, or the failure to get one. A failure is a field, not a Go error, because it
// is a result of the attempt.
type Response struct {
	Status     int      // 0 without a response
	Proto      string   // such as "HTTP/1.1"
	Headers    []Header // in wire order and letter case
	Body       []byte   // the beginning, up to the sender's limit
	Size       int64    // bytes of the complete body
	Truncated  bool     // Body is shorter than Size
	Timings    Timings
	Failure    Failure // "" if the response is complete
	Detail     string  // the failure in one sentence, for people; printable text
	RetryAfter time.Duration
	CountsAs   CountsAs // the sender's own rule for success, if it has one
	FinalURL   string   // the URL of the response if redirects were followed, else ""
}

// Header returns the value of the first header of that name, ignoring case, or "".
func (r *Response) Header(name string) string { return headerValue(r.Headers, name) }

// CountsAs says whether a response counts as success, if the sender has its own rule (`--success`).
type CountsAs string

// The values of CountsAs.
const (
	CountsByStatus  CountsAs = "" // any 2xx is a success; the provider does not publish its rule
	CountsAsSuccess CountsAs = "success"
	CountsAsFailure CountsAs = "failure"
)

// OK reports whether the response is complete and counts as success.
func (r *Response) OK() bool {
	if r.Failure != "" || r.CountsAs == CountsAsFailure {
		return false
	}
	return r.CountsAs == CountsAsSuccess || r.Status/100 == 2
}

// Timings are the durations of an attempt's phases in machine time. A phase that did not happen is zero.
type Timings struct {
	DNS       time.Duration // name to address
	Connect   time.Duration // address to connection
	TLS       time.Duration // handshake
	FirstByte time.Duration // from the first byte sent to the first byte of the response
	Total     time.Duration // from the first byte sent to the last byte read
}

// Failure says why an attempt has no complete response.
type Failure string

// The kinds of failure.
const (
	FailureDNS       Failure = "dns"        // the host name has no address
	FailureRefused   Failure = "refused"    // nothing listens at the address
	FailureConnect   Failure = "connect"    // any other failure to connect (unreachable, forbidden)
	FailureTLS       Failure = "tls"        // no TLS connection, or an untrusted certificate
	FailureReset     Failure = "reset"      // the receiver reset the connection
	FailureClosed    Failure = "closed"     // the receiver closed the connection before the end of the response
	FailureIdleClose Failure = "idle-close" // the receiver closed a reused connection while the request was written
	FailureTimeout   Failure = "timeout"    // no complete response in time
	FailureMalformed Failure = "malformed"  // the response is not HTTP
	FailureTooLarge  Failure = "too-large"  // the response body is longer than the sender's limit
	FailureLost      Failure = "lost"       // the fault lost-response discarded the response
	FailureCut       Failure = "cut"        // an injected fault cut the connection
	FailureCanceled  Failure = "canceled"   // the sender was stopped
	FailureBlocked   Failure = "blocked"    // the sender refused to send, for example to a public address
)

// NoConnection reports whether no connection was made, so that the failure says nothing about the receiver's code.
func (f Failure) NoConnection() bool {
	return f == FailureDNS || f == FailureRefused || f == FailureConnect || f == FailureTLS
}

func headerValue(headers []Header, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
