package simulator

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"
)

// The JSON of an attempt is the same wherever one is shown: in the NDJSON of the command line, in a transcript, in the
// control API. A body is a string where it is UTF-8, and base64 under another key where it is not; durations are
// milliseconds.

type requestJSON struct {
	EventID    string   `json:"eventId,omitempty"`
	EventType  string   `json:"eventType,omitempty"`
	Method     string   `json:"method"`
	URL        string   `json:"url"`
	Proto      string   `json:"proto"`
	Headers    []Header `json:"headers"`
	Body       *string  `json:"body,omitempty"`
	BodyBase64 []byte   `json:"bodyBase64,omitempty"`
	Fault      string   `json:"fault,omitempty"`
}

type responseJSON struct {
	Status       int         `json:"status,omitempty"`
	Proto        string      `json:"proto,omitempty"`
	Headers      []Header    `json:"headers,omitempty"`
	Body         *string     `json:"body,omitempty"`
	BodyBase64   []byte      `json:"bodyBase64,omitempty"`
	Size         int64       `json:"size"`
	Truncated    bool        `json:"truncated,omitempty"`
	Timings      timingsJSON `json:"timingsMs"`
	Failure      Failure     `json:"failure,omitempty"`
	Detail       string      `json:"detail,omitempty"`
	RetryAfterMs float64     `json:"retryAfterMs,omitempty"`
	Counted      Counted     `json:"counted,omitempty"`
	FinalURL     string      `json:"followed,omitempty"`
	Reconnected  bool        `json:"reconnected,omitempty"`
}

type timingsJSON struct {
	DNS       float64 `json:"dns,omitempty"`
	Connect   float64 `json:"connect,omitempty"`
	TLS       float64 `json:"tls,omitempty"`
	FirstByte float64 `json:"firstByte,omitempty"`
	Total     float64 `json:"total"`
}

// MarshalJSON writes everything that went out: enough to send it again.
func (s Request) MarshalJSON() ([]byte, error) {
	j := requestJSON{
		EventID: s.EventID, EventType: s.EventType, Method: s.Method, URL: s.URL, Proto: s.Proto, Headers: s.Headers, Fault: s.Fault,
	}
	j.Body, j.BodyBase64 = encodeBody(s.Body)
	return marshalPlain(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Request) UnmarshalJSON(data []byte) error {
	var j requestJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*s = Request{
		EventID: j.EventID, EventType: j.EventType, Method: j.Method, URL: j.URL, Proto: j.Proto, Headers: j.Headers, Fault: j.Fault,
		Body: decodeBody(j.Body, j.BodyBase64),
	}
	return nil
}

// MarshalJSON writes what came back, or how nothing did.
func (c Response) MarshalJSON() ([]byte, error) {
	j := responseJSON{
		Status: c.Status, Proto: c.Proto, Headers: c.Headers, Size: c.Size, Truncated: c.Truncated, Failure: c.Failure,
		Detail: c.Detail, RetryAfterMs: milliseconds(c.RetryAfter), Reconnected: c.Reconnected,
		Counted: c.Counted, FinalURL: c.FinalURL,
		Timings: timingsJSON{
			DNS: milliseconds(c.Timings.DNS), Connect: milliseconds(c.Timings.Connect), TLS: milliseconds(c.Timings.TLS),
			FirstByte: milliseconds(c.Timings.FirstByte), Total: milliseconds(c.Timings.Total),
		},
	}
	if c.Failure == "" || len(c.Body) > 0 {
		j.Body, j.BodyBase64 = encodeBody(c.Body)
	}
	return marshalPlain(j)
}

// UnmarshalJSON reads what MarshalJSON wrote; durations to the microsecond.
func (c *Response) UnmarshalJSON(data []byte) error {
	var j responseJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*c = Response{
		Status: j.Status, Proto: j.Proto, Headers: j.Headers, Body: decodeBody(j.Body, j.BodyBase64), Size: j.Size,
		Truncated: j.Truncated, Failure: j.Failure, Detail: j.Detail, RetryAfter: duration(j.RetryAfterMs), Reconnected: j.Reconnected,
		Counted: j.Counted, FinalURL: j.FinalURL,
		Timings: Timings{
			DNS: duration(j.Timings.DNS), Connect: duration(j.Timings.Connect), TLS: duration(j.Timings.TLS),
			FirstByte: duration(j.Timings.FirstByte), Total: duration(j.Timings.Total),
		},
	}
	return nil
}

func encodeBody(body []byte) (text *string, binary []byte) {
	if utf8.Valid(body) {
		s := string(body)
		return &s, nil
	}
	return nil, body
}

func decodeBody(text *string, binary []byte) []byte {
	if text != nil {
		return []byte(*text)
	}
	return binary
}

// milliseconds is a duration as JSON has it, to the microsecond.
func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

func duration(ms float64) time.Duration { return time.Duration(math.Round(ms*1e3)) * time.Microsecond }

// marshalPlain encodes without writing <, > and & as escapes: bodies are read by people.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
