package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// longPoll lets a request wait for at most the time given: it takes one of the places for waits, or is refused. open is done
// when nobody waits for the answer any more or the handler is closed, ctx also when the time has passed. end gives the
// place back.
func (h *Handler) longPoll(w http.ResponseWriter, r *http.Request, within time.Duration) (open, ctx context.Context, end func(), err error) {
	leave, ok := h.waits.take()
	if !ok {
		return nil, nil, nil, busy("waits", cap(h.waits))
	}
	if err := mayLast(w); err != nil {
		leave()
		return nil, nil, nil, err
	}
	open, closed := h.whileOpen(r)
	ctx, cancel := context.WithTimeout(open, within)
	return open, ctx, func() { cancel(); closed(); leave() }, nil
}

// mayLast lifts the time-outs of the server from a request that takes as long as it takes.
func mayLast(w http.ResponseWriter) error {
	c := http.NewResponseController(w)
	if err := errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("lifting the time-outs of a connection: %w", err)
	}
	return nil
}

// busy refuses one more of what lasts.
func busy(what string, most int) error {
	return problem(http.StatusTooManyRequests, "busy", "there are %d %s already; end one, or try again later", most, what).with("Retry-After", "1")
}
