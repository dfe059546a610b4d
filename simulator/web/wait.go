package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// How long a request may wait.
const (
	defaultWait = 10 * time.Second
	maxWait     = 5 * time.Minute
)

var (
	countParameter         = integer("count", "Number of accepted deliveries to wait for; by default 1, or 0 with `until`.", -1, 0, 1_000_000)
	untilFinishedParameter = choice("until", "Wait until no delivery is pending or held, too.", "", "all-finished")
	withinParameter        = duration("within", "How long to wait, such as 500ms or 10s; at most 5m.", defaultWait, maxWait)
)

// waitView is the number of deliveries that meet the condition, and of those that can still change.
type waitView struct {
	Accepted   int `json:"accepted"`   // deliveries that the receiver accepted
	Unfinished int `json:"unfinished"` // pending and held deliveries
}

// wait waits until the receiver has accepted some deliveries, or until none is pending. It responds as soon as the
// condition is met, and with status 504 if it is not met in time.
func (h *Handler) wait(c *call) (waitView, error) {
	all := untilFinishedParameter.of(c) != ""
	count := countParameter.of(c)
	if count < 0 && !all {
		count = 1
	}
	condition := provider.Condition{
		Accepted: int(max(count, 0)), Types: typeParameter.of(c), SubscriptionID: subscriptionParameter.of(c),
		After: journal.Seq(afterParameter.of(c)), AllFinished: all,
	}
	within := withinParameter.of(c)
	open, ctx, end, err := h.longPoll(c, within)
	if err != nil {
		return waitView{}, err
	}
	defer end()
	now, err := h.provider.Wait(ctx, condition)
	switch {
	case err == nil:
		return waitView{Accepted: now.Accepted, Unfinished: now.Unfinished}, nil
	case errors.Is(err, context.DeadlineExceeded) && open.Err() == nil:
		p := problem(http.StatusGatewayTimeout, "not-yet", "within %s %s", within, strings.TrimSuffix(err.Error(), ": "+context.DeadlineExceeded.Error()))
		p.Accepted, p.Unfinished = &now.Accepted, &now.Unfinished
		return waitView{}, p
	}
	return waitView{}, asBadQuery(err)
}

// longPoll reserves one of the slots for waiting requests until end is called. open is done when the client has gone or
// the handler is closed, ctx also after the given time.
func (h *Handler) longPoll(c *call, within time.Duration) (open, ctx context.Context, end func(), err error) {
	release, ok := h.waits.take()
	if !ok {
		return nil, nil, nil, busy("waiting requests", cap(h.waits))
	}
	if err := c.liftTimeouts(); err != nil {
		release()
		return nil, nil, nil, err
	}
	open, closed := h.untilClosed(c.Request)
	ctx, cancel := context.WithTimeout(open, within)
	return open, ctx, func() { cancel(); closed(); release() }, nil
}

// liftTimeouts removes the server's timeouts from a request that may take long.
func (c *call) liftTimeouts() error {
	control := http.NewResponseController(c.w)
	if err := errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("lifting the timeouts of a connection: %w", err)
	}
	return nil
}

// busy returns the error for one request too many.
func busy(what string, most int) error {
	return problem(http.StatusTooManyRequests, "busy", "the limit of %d %s is reached; end one or try again later", most, what)
}
