package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"semblance/schemas/human"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/web/internal/openapi"
)

// The timing of streams.
const (
	heartbeat      = 15 * time.Second       // time between comments on an idle stream, so that no proxy closes it
	streamPatience = 10 * time.Second       // for one write; a slower client is disconnected
	streamBatch    = 250                    // records to read at once
	streamPause    = 25 * time.Millisecond  // after records, so that at a high rate a stream is woken 40 times a second and not at each commit
	newestPause    = 100 * time.Millisecond // the same for a stream of the newest records
)

// streamedKinds are the kinds of journal records in a stream. Tokens, settings and the state of the clinic are left out.
var streamedKinds = []journal.Kind{
	journal.KindEvent, journal.KindDelivery, journal.KindAttempt, journal.KindTransition,
	journal.KindSubscription, journal.KindFault, journal.KindNotice, journal.KindReset,
	journal.KindAPIRequest,
}

// frequentKinds are the kinds of records that a stream of the newest records passes over.
var frequentKinds = []journal.Kind{journal.KindEvent, journal.KindDelivery, journal.KindAttempt, journal.KindTransition, journal.KindAPIRequest}

var (
	streamedParameter    = choices("kind", "Only these kinds.", streamedKinds...)
	streamAfterParameter = integer("after", "Start after this number in the journal; by default after the newest.", -1, 0, maxSeq)
	newestParameter      = integer("newest", "For a display: send at most ten times a second, and when more than this many records of the journal wait, pass over all but the newest. "+
		"`skipped` says so; subscriptions, faults, notices and resets are never passed over.", 0, 1, maxFed)
	lastEventIDParameter = &parameter[string]{Parameter: openapi.Parameter{
		Name: "Last-Event-ID", In: "header", Description: "Id of the last event that the client got; the stream continues after it.", Schema: openapi.Schema{"type": "string"},
	}}
)

// transitionView is a change of a delivery's state without an attempt.
type transitionView struct {
	ID         journal.Seq   `json:"id"`
	At         timestamp     `json:"at"`
	DeliveryID string        `json:"deliveryId"`
	NextState  journal.State `json:"nextState"`
	Due        timestamp     `json:"due,omitempty"`
	Reason     string        `json:"reason"`
}

// skippedView stands for records that a stream of the newest records has passed over.
type skippedView struct {
	Records int64 `json:"records"` // numbers of the journal, of all kinds
}

// View returns a record as the stream of this API shows it, for JSON, or nil for a kind that the stream leaves out.
func View(record journal.Record) any {
	switch r := record.(type) {
	case *journal.Event:
		return viewEvent(r)
	case *journal.Delivery:
		return viewDelivery(r)
	case *journal.Attempt:
		return viewAttempt(r)
	case *journal.Notice:
		return viewNotice(r)
	case *journal.APIRequest:
		return viewAPIRequest(r)
	}
	if damage := record.Damage(); damage != "" {
		return map[string]any{"id": record.Sequence(), "unreadable": damage}
	}
	switch r := record.(type) {
	case *journal.Transition:
		return transitionView{ID: r.Seq, At: stamp(r.At), DeliveryID: r.DeliveryID, NextState: r.Next.State, Due: stamp(r.Next.Due), Reason: r.Reason}
	case *journal.Subscription:
		return struct {
			subscriptionView
			Reason string `json:"reason"`
		}{viewSubscription(&r.Subscription, false), r.Reason}
	case *journal.Fault:
		return struct {
			faultView
			Cleared bool `json:"cleared"`
		}{faultView{ID: r.ID, SubscriptionID: r.SubscriptionID, Fault: r.Fault, Remaining: r.Remaining, Share: r.Share}, r.Cleared}
	case *journal.Reset:
		return map[string]timestamp{"at": stamp(r.At)}
	}
	return nil
}

// stream sends records of the journal as server-sent events. The name of an event is its kind, its id the number in the journal, and
// its data an object as elsewhere in this API. A transition is a change of a delivery's state without an attempt. A client
// that reconnects with Last-Event-ID misses nothing, unless a reset removed it. Each client reads at its own pace; a stalled
// client is disconnected. A display that follows with newest costs the same at every rate: when it gets `skipped`, with the
// number of `records` that were passed over, it reads the list again.
func (h *Handler) stream(c *call) (written, error) {
	kinds, after, err := h.startOfStream(c)
	if err != nil {
		return written{}, err
	}
	release, ok := h.streams.take()
	if !ok {
		return written{}, busy("streams", cap(h.streams))
	}
	defer release()
	if err := c.liftTimeouts(); err != nil {
		return written{}, err
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	ctx, end := h.untilClosed(c.Request)
	defer end()
	if c.Method == http.MethodHead {
		return written{}, nil
	}
	s := &eventStream{w: c.w, control: http.NewResponseController(c.w), journal: h.provider.Journal(), feed: &h.feed, kinds: kinds, after: after, newest: journal.Seq(newestParameter.of(c)), patience: h.patience}
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		h.log.Info("stream ended", "from", c.RemoteAddr, "error", err)
	}
	return written{}, nil
}

// startOfStream returns the kinds to stream, and the record to start after.
func (h *Handler) startOfStream(c *call) (kinds []journal.Kind, after journal.Seq, err error) {
	if kinds = streamedParameter.of(c); kinds == nil {
		kinds = streamedKinds
	}
	last, _ := h.provider.Journal().Committed()
	after = journal.Seq(streamAfterParameter.of(c))
	if text := c.Header.Get("Last-Event-ID"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, 0, problem(http.StatusBadRequest, "last-event-id", "Last-Event-ID must be the id of an event of this stream, not %s", human.Quoted(text))
		}
		after = journal.Seq(n)
	}
	switch {
	case after < 0:
		after = last
	case after > last: // the client saw another journal, so everything in this one is new to it
		after = 0
	}
	return kinds, after, nil
}

// eventStream sends the journal to one client.
type eventStream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	journal  journal.Journal
	feed     *feed // of all streams
	kinds    []journal.Kind
	after    journal.Seq
	newest   journal.Seq // the largest number of records to send at a time; 0 sends all
	patience time.Duration
}

// run sends records until ctx is done or the client is gone.
func (s *eventStream) run(ctx context.Context) error {
	if err := s.write([]byte(": open\n\n")); err != nil {
		return err
	}
	for ctx.Err() == nil {
		last, more := s.journal.Committed()
		text, err := s.passOver(ctx, last)
		if err != nil {
			return err
		}
		records, upTo, err := s.feed.read(ctx, s.journal, s.after, s.kinds)
		if err != nil {
			return err
		}
		s.after = max(s.after, upTo)
		for i := range records {
			text = append(text, records[i].text...)
		}
		if len(text) == 0 {
			if err := s.idle(ctx, more); err != nil {
				return err
			}
			continue
		}
		if err := s.write(text); err != nil {
			return err
		}
		if s.newest > 0 || len(records) < streamBatch {
			if err := clock.Sleep(ctx, s.pause()); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause returns the time to the next write. Streams of the newest records write at the same moments, so that the feed
// encodes what they send once.
func (s *eventStream) pause() time.Duration {
	if s.newest == 0 {
		return streamPause
	}
	now := clock.Now()
	return now.Truncate(newestPause).Add(newestPause).Sub(now)
}

// passOver passes over the records that exceed newest. It returns the event that says so, after those that are always sent.
func (s *eventStream) passOver(ctx context.Context, last journal.Seq) (text []byte, err error) {
	upTo := last - s.newest
	if s.newest == 0 || s.after >= upTo {
		return nil, nil
	}
	var kept []fedRecord
	rare := slices.DeleteFunc(slices.Clone(s.kinds), func(k journal.Kind) bool { return slices.Contains(frequentKinds, k) })
	if len(rare) > 0 {
		if kept, err = readRecords(ctx, s.journal, s.after, rare); err != nil {
			return nil, err
		}
	}
	if len(kept) == streamBatch { // there may be more before upTo
		upTo = min(upTo, kept[streamBatch-1].seq)
	}
	for _, r := range kept {
		if r.seq <= upTo {
			text = append(text, r.text...)
		}
	}
	skipped, err := sseText(upTo, "skipped", skippedView{int64(upTo - s.after)})
	s.after = upTo
	return append(text, skipped...), err
}

// idle waits for new records, and sends a comment if there are none for a while.
func (s *eventStream) idle(ctx context.Context, more <-chan struct{}) error {
	wait, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	select {
	case <-more:
		return ctx.Err()
	case <-wait.Done():
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.write([]byte(": alive\n\n"))
	}
}

// write writes and flushes. It fails if the client takes too long.
func (s *eventStream) write(text []byte) error {
	if err := s.control.SetWriteDeadline(clock.Now().Add(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(text); err != nil {
		return fmt.Errorf("writing to a client that is slow or gone: %w", err)
	}
	return s.control.Flush()
}
