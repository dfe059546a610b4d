package delivery

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"semblance/simulator"
)

// follow goes where a redirect points, with the same bytes but for the Host header, as often as the setting allows and
// within the time of the one attempt. came is then what came in the end; its total time is that of all exchanges. What a
// fault spoils is not repeated.
func (s *Sender) follow(ctx context.Context, sent *simulator.Sent, came *simulator.Came, deadline time.Time) {
	for range s.options.Redirects {
		next, ok := s.redirected(sent, came)
		if !ok {
			return
		}
		took := came.Timings.Total
		*came = simulator.Came{}
		s.send(ctx, &next, came, deadline)
		came.Followed = next.URL
		came.Timings.Total += took
		sent = &next
	}
}

// redirected returns the request that a redirect asks for, and whether the answer is one that can be followed.
func (s *Sender) redirected(sent *simulator.Sent, came *simulator.Came) (simulator.Sent, bool) {
	switch came.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return simulator.Sent{}, false
	}
	base, err := url.Parse(sent.URL)
	location := came.Header("Location")
	if err != nil || location == "" || came.Failure != "" || sent.Fault != "" {
		return simulator.Sent{}, false
	}
	to, err := base.Parse(location)
	if err != nil {
		return simulator.Sent{}, false
	}
	next := *sent
	next.URL = to.String()
	t, err := s.targets.find(next.URL)
	if err != nil {
		return simulator.Sent{}, false
	}
	next.Headers = slices.Clone(sent.Headers)
	for i := range next.Headers {
		if strings.EqualFold(next.Headers[i].Name, "Host") {
			next.Headers[i].Value = t.host
		}
	}
	return next, true
}
