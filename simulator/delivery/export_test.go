package delivery

import (
	"semblance/simulator"
	"semblance/simulator/fault"
)

// AppendRequest appends the bytes of a request to dst as [Sender.Send] writes them to the connection. A fault that acts on
// the connection writes fewer of them, or more slowly.
func AppendRequest(dst []byte, sent *simulator.Sent) ([]byte, error) {
	t, err := parseTarget(sent.URL)
	if err != nil {
		return dst, err
	}
	var f *fault.Fault
	if sent.Fault != "" {
		if f, err = fault.Parse(sent.Fault); err != nil {
			return dst, err
		}
	}
	if err := checkRequest(sent); err != nil {
		return dst, err
	}
	return appendBody(appendHead(dst, sent, t), sent, f), nil
}
