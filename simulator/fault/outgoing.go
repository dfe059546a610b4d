package fault

import (
	"strings"
	"time"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// Outgoing is a request while it is prepared: the parts that a fault may change.
type Outgoing struct {
	Secrets []string           // one v1 signature for each
	Time    time.Time          // the time in the signature
	Body    []byte             // owned by Outgoing; a fault may write to it
	Headers []simulator.Header // the two signature headers, once signed, and any that the fault adds
	Chunked bool               // send the body in chunks, without Content-Length
}

// Sign adds the two signature headers. value is that of the second; the first is the t in it.
func (o *Outgoing) Sign(value string) {
	timestamp, _, _ := strings.Cut(strings.TrimPrefix(value, "t="), ",")
	o.Headers = append(o.Headers,
		simulator.Header{Name: signature.TimestampName, Value: timestamp},
		simulator.Header{Name: signature.HeaderName, Value: value})
}

// signature returns the value of the signature header.
func (o *Outgoing) signature() string {
	for _, h := range o.Headers {
		if h.Name == signature.HeaderName {
			return h.Value
		}
	}
	return ""
}

// setSignature replaces the value of the signature header.
func (o *Outgoing) setSignature(value string) {
	for i := range o.Headers {
		if o.Headers[i].Name == signature.HeaderName {
			o.Headers[i].Value = value
		}
	}
}
