package delivery

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// follow follows redirects with the same request, except for the Host header and credentials for another host, up to the
// option's limit and within the time of the attempt. *a.response becomes the last response; its total time is that of all
// exchanges. Requests with a fault are not repeated.
func (a *attempt) follow() {
	for range a.sender.options.Redirects {
		next, ok := a.sender.redirected(a.request, a.response)
		if !ok {
			return
		}
		took := a.response.Timings.Total
		*a.response = simulator.Response{}
		a.request = &next
		if f := a.check(); f != nil {
			a.fail(f)
			return
		}
		a.run()
		a.response.FinalURL = next.URL
		a.response.Timings.Total += took
	}
}

// redirected returns the request for a redirect, and whether the response is a redirect that can be followed.
func (s *Sender) redirected(request *simulator.Request, response *simulator.Response) (simulator.Request, bool) {
	switch response.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return simulator.Request{}, false
	}
	base, err := url.Parse(request.URL)
	location := response.Header("Location")
	if err != nil || location == "" || response.Failure != "" || request.Fault != "" {
		return simulator.Request{}, false
	}
	to, err := base.Parse(location)
	if err != nil {
		return simulator.Request{}, false
	}
	next := *request
	next.URL = to.String()
	t, err := s.targets.find(next.URL)
	if err != nil {
		return simulator.Request{}, false
	}
	foreign := base.Scheme != to.Scheme || !strings.EqualFold(base.Host, to.Host)
	next.Headers = make([]simulator.Header, 0, len(request.Headers))
	for _, h := range request.Headers {
		if foreign && !crossesOrigins(h.Name) {
			continue
		}
		if strings.EqualFold(h.Name, "Host") {
			h.Value = t.host
		}
		next.Headers = append(next.Headers, h)
	}
	return next, true
}

// crossesOrigins reports whether a header is sent after a redirect to another scheme, host or port. A subscription's headers
// may be credentials under any name, so only those that Semblance sets are.
func crossesOrigins(name string) bool {
	return slices.ContainsFunc([]string{
		"Host", "User-Agent", "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding",
		signature.TimestampName, signature.HeaderName,
	}, func(own string) bool { return strings.EqualFold(name, own) })
}
