package fault

import (
	"strings"
	"time"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// Draft is an attempt while it is prepared: what a fault may spoil.
type Draft struct {
	Secrets []string           // what signs it; one v1 each
	Time    time.Time          // what the signature says
	Body    []byte             // the draft's own: a fault may write to it
	Headers []simulator.Header // the signature's two, once it is signed, and those that the fault adds
	Chunked bool               // the body is framed in chunks instead of by a Content-Length
}

// Sign adds the two headers of the signature: value is the second's, and begins with the t of the first.
func (d *Draft) Sign(value string) {
	timestamp, _, _ := strings.Cut(strings.TrimPrefix(value, "t="), ",")
	d.Headers = append(d.Headers,
		simulator.Header{Name: signature.TimestampName, Value: timestamp},
		simulator.Header{Name: signature.HeaderName, Value: value})
}

// signature returns the value of the signature's header.
func (d *Draft) signature() string {
	for _, h := range d.Headers {
		if h.Name == signature.HeaderName {
			return h.Value
		}
	}
	return ""
}

// setSignature replaces the value of the signature's header.
func (d *Draft) setSignature(value string) {
	for i := range d.Headers {
		if d.Headers[i].Name == signature.HeaderName {
			d.Headers[i].Value = value
		}
	}
}
