package delivery

import (
	"semblance/simulator"
	"semblance/simulator/fault"
)

// AppendRequest appends the bytes of a request to dst as [Sender.Send] writes them to the connection. A fault that acts on
// the connection writes fewer of them, or more slowly.
func AppendRequest(dst []byte, request *simulator.Request) ([]byte, error) {
	t, err := parseTarget(request.URL)
	if err != nil {
		return dst, err
	}
	var f *fault.Fault
	if request.Fault != "" {
		if f, err = fault.Parse(request.Fault); err != nil {
			return dst, err
		}
	}
	if err := checkRequest(request); err != nil {
		return dst, err
	}
	return appendBody(appendHead(dst, request, t), request, f), nil
}
