package receiver

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"semblance/simulator/clock"
)

// patience is the time for one write to a stream; a slower client is disconnected.
const patience = 10 * time.Second

// sseWriter writes server-sent events until the first error.
type sseWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *sseWriter) event(d *Delivery) {
	var data bytes.Buffer
	writeJSON(&data, d)
	s.write(fmt.Sprintf("id: %d\nevent: delivery\ndata: %s\n", d.ID, data.Bytes()))
}

func (s *sseWriter) write(text string) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(clock.Now().Add(patience)) // a ResponseWriter of a test has none
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.control.Flush()
	}
}

// wait returns when there is more, when the client is gone, or after a comment that keeps the connection open.
func (s *sseWriter) wait(ctx context.Context, more <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	select {
	case <-more:
	case <-ctx.Done():
		if ctx.Err() == context.DeadlineExceeded {
			s.write(": alive\n\n")
		} else {
			s.err = ctx.Err()
		}
	}
}
