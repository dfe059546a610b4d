package simulator

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"
)

// An attempt has one JSON form, used by NDJSON output, transcripts and the control API. A body is a string if it is UTF-8,
// else base64 under another key; durations are milliseconds.

type requestJSON struct {
	EventID    string   `json:"eventId,omitempty"`
	EventType  string   `json:"eventType,omitempty"`
	Method     string   `json:"method"`
	URL        string   `json:"url"`
	Proto      string   `json:"proto"`
	Headers    []Header `json:"headers"`
	Body       *string  `json:"body,omitempty"`
	BodyBase64 []byte   `json:"bodyBase64,omitempty"` // the body, if it is not UTF-8
	Fault      string   `json:"fault,omitempty"`
}

type responseJSON struct {
	Status       int         `json:"status,omitempty"`
	Proto        string      `json:"proto,omitempty"`
	Headers      []Header    `json:"headers,omitempty"`
	Body         *string     `json:"body,omitempty"`
	BodyBase64   []byte      `json:"bodyBase64,omitempty"` // the body, if it is not UTF-8
	Size         int64       `json:"size"`
	Truncated    bool        `json:"truncated,omitempty"`
	Timings      timingsJSON `json:"timingsMs"` // in milliseconds
	Failure      Failure     `json:"failure,omitempty"`
	Detail       string      `json:"detail,omitempty"`
	RetryAfterMs float64     `json:"retryAfterMs,omitempty"`
	CountsAs     CountsAs    `json:"countsAs,omitempty"`
	FinalURL     string      `json:"finalUrl,omitempty"`
}

type timingsJSON struct {
	DNS       float64 `json:"dns,omitempty"`
	Connect   float64 `json:"connect,omitempty"`
	TLS       float64 `json:"tls,omitempty"`
	FirstByte float64 `json:"firstByte,omitempty"`
	Total     float64 `json:"total"`
}

// MarshalJSON writes the complete request: a reader can send it again.
func (r Request) MarshalJSON() ([]byte, error) {
	j := requestJSON{
		EventID: r.EventID, EventType: r.EventType, Method: r.Method, URL: r.URL, Proto: r.Proto, Headers: r.Headers, Fault: r.Fault,
	}
	j.Body, j.BodyBase64 = encodeBody(r.Body)
	return marshalPlain(j)
}

// JSONForm returns a value of the type that MarshalJSON encodes, for generators of schemas.
func (r Request) JSONForm() any { return requestJSON{} }

// UnmarshalJSON reads the output of MarshalJSON.
func (r *Request) UnmarshalJSON(data []byte) error {
	var j requestJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*r = Request{
		EventID: j.EventID, EventType: j.EventType, Method: j.Method, URL: j.URL, Proto: j.Proto, Headers: j.Headers, Fault: j.Fault,
		Body: decodeBody(j.Body, j.BodyBase64),
	}
	return nil
}

// MarshalJSON writes the response, or the failure to get one.
func (r Response) MarshalJSON() ([]byte, error) {
	j := responseJSON{
		Status: r.Status, Proto: r.Proto, Headers: r.Headers, Size: r.Size, Truncated: r.Truncated, Failure: r.Failure,
		Detail: r.Detail, RetryAfterMs: milliseconds(r.RetryAfter),
		CountsAs: r.CountsAs, FinalURL: r.FinalURL,
		Timings: timingsJSON{
			DNS: milliseconds(r.Timings.DNS), Connect: milliseconds(r.Timings.Connect), TLS: milliseconds(r.Timings.TLS),
			FirstByte: milliseconds(r.Timings.FirstByte), Total: milliseconds(r.Timings.Total),
		},
	}
	if r.Failure == "" || len(r.Body) > 0 {
		j.Body, j.BodyBase64 = encodeBody(r.Body)
	}
	return marshalPlain(j)
}

// JSONForm returns a value of the type that MarshalJSON encodes, for generators of schemas.
func (r Response) JSONForm() any { return responseJSON{} }

// UnmarshalJSON reads the output of MarshalJSON, with durations to the microsecond.
func (r *Response) UnmarshalJSON(data []byte) error {
	var j responseJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*r = Response{
		Status: j.Status, Proto: j.Proto, Headers: j.Headers, Body: decodeBody(j.Body, j.BodyBase64), Size: j.Size,
		Truncated: j.Truncated, Failure: j.Failure, Detail: j.Detail, RetryAfter: duration(j.RetryAfterMs),
		CountsAs: j.CountsAs, FinalURL: j.FinalURL,
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

// milliseconds converts a duration for JSON, to the microsecond.
func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

func duration(ms float64) time.Duration { return time.Duration(math.Round(ms*1e3)) * time.Microsecond }

// marshalPlain encodes v without escaping <, > and &, because people read bodies.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
