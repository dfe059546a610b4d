package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

const (
	heartbeat   = 15 * time.Second // how often a silent stream says that it is alive, so that nobody between closes it
	slowReader  = 10 * time.Second // how long a write may take before its reader is dropped
	streamBatch = 100              // records that are read at once
)

// streamed are the kinds of record that a stream tells of, by the API's words for them. Tokens, settings and the
// clinic's own steps are none of them.
var streamed = []struct {
	word string
	kind journal.Kind
}{
	{"event", journal.KindEvent}, {"delivery", journal.KindDelivery}, {"attempt", journal.KindAttempt}, {"transition", journal.KindTransition},
	{"subscription", journal.KindSubscription}, {"fault", journal.KindFault}, {"notice", journal.KindNotice}, {"reset", journal.KindReset},
}

// moveView is a delivery that comes to stand elsewhere without an attempt.
type transitionView struct {
	ID         journal.Seq   `json:"id"`
	At         string        `json:"at"`
	DeliveryID string        `json:"deliveryId"`
	Next       journal.State `json:"next"`
	Due        string        `json:"due,omitempty"`
	Reason     string        `json:"reason"`
}

// viewRecord shows a record of the journal as the stream does: its kind in a word, and what the API shows of it.
func viewRecord(record journal.Record) (word string, view any) {
	switch r := record.(type) {
	case *journal.Event:
		return "event", viewEvent(r)
	case *journal.Delivery:
		return "delivery", viewDelivery(r)
	case *journal.Attempt:
		return "attempt", viewAttempt(r)
	case *journal.Transition:
		return "transition", transitionView{ID: r.Seq, At: stamp(r.At), DeliveryID: r.DeliveryID, Next: r.Next.State, Due: stamp(r.Next.Due), Reason: r.Reason}
	case *journal.Subscription:
		return "subscription", struct {
			subscriptionView
			Reason string `json:"reason"`
		}{viewSubscription(&r.Subscription, false), r.Reason}
	case *journal.Fault:
		return "fault", struct {
			faultView
			Cleared bool `json:"cleared"`
		}{faultView{ID: r.ID, SubscriptionID: r.SubscriptionID, Fault: r.Fault, Next: r.Remaining, Share: r.Share}, r.Cleared}
	case *journal.Notice:
		return "notice", viewNotice(r)
	case *journal.Reset:
		return "reset", map[string]string{"at": stamp(r.At)}
	}
	return "", nil
}

// stream tells of what happens while it happens, as server-sent events. The id of each is its number in the journal, so
// that a client that comes back with its Last-Event-ID misses nothing. Nothing is buffered for a client: each reads the
// journal at his own pace, and who reads nothing at all is dropped.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request) error {
	kinds, after, err := h.readStream(r)
	if err != nil {
		return err
	}
	leave, ok := h.streams.take()
	if !ok {
		return busy("streams", cap(h.streams))
	}
	defer leave()
	if err := mayLast(w); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	ctx, end := h.whileOpen(r)
	defer end()
	if r.Method == http.MethodHead {
		return nil
	}
	s := &eventStream{w: w, control: http.NewResponseController(w), journal: h.provider.Journal(), kinds: kinds, after: after, patience: h.patience}
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		h.log.Info("stream ended", "from", r.RemoteAddr, "error", err)
	}
	return nil
}

// readStream reads what a stream is to tell of, and from where on: after the event that the client saw last, or from now.
func (h *Handler) readStream(r *http.Request) (kinds []journal.Kind, after journal.Seq, err error) {
	q := readQuery(r)
	var known []string
	byWord := map[string]journal.Kind{}
	for _, s := range streamed {
		known = append(known, s.word)
		byWord[s.word] = s.kind
	}
	for _, word := range words(q, "kind", known...) {
		kinds = append(kinds, byWord[word])
	}
	last, _ := h.provider.Journal().Committed()
	after = journal.Seq(q.number("after", int64(last), 0, maxSeq))
	if err := q.done(); err != nil {
		return nil, 0, err
	}
	if text := r.Header.Get("Last-Event-ID"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, 0, problem(http.StatusBadRequest, "last-event-id", "Last-Event-ID is the id of an event of this stream, not %q", text)
		}
		after = journal.Seq(n)
	}
	if after > last { // of a journal that is no more: what this one has is all news
		after = 0
	}
	if kinds == nil {
		for _, s := range streamed {
			kinds = append(kinds, s.kind)
		}
	}
	return kinds, after, nil
}

// eventStream is one client's reading of the journal.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	journal journal.Journal
	kinds   []journal.Kind
	after   journal.Seq

	patience time.Duration
}

// run writes what the journal gets until ctx is done or the client is gone.
func (s *eventStream) run(ctx context.Context) error {
	if err := s.write([]byte(": open\n\n")); err != nil {
		return err
	}
	for ctx.Err() == nil {
		last, more := s.journal.Committed()
		records, err := s.journal.Read(ctx, s.after, streamBatch, s.kinds...)
		if err != nil {
			return fmt.Errorf("reading the journal: %w", err)
		}
		if len(records) == 0 {
			s.after = max(s.after, last) // what came in between is of other kinds
			if err := s.rest(ctx, more); err != nil {
				return err
			}
			continue
		}
		text, err := encodeEvents(records)
		if err != nil {
			return err
		}
		if err := s.write(text); err != nil {
			return err
		}
		s.after = records[len(records)-1].Sequence()
	}
	return nil
}

// rest waits for something new, with a sign of life now and then.
func (s *eventStream) rest(ctx context.Context, more <-chan struct{}) error {
	patience, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	select {
	case <-more:
		if ctx.Err() == nil {
			return nil
		}
		return ctx.Err()
	case <-patience.Done():
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.write([]byte(": alive\n\n"))
	}
}

// write writes and flushes. A client that takes too long is dropped.
func (s *eventStream) write(text []byte) error {
	if err := s.control.SetWriteDeadline(clock.Now().Add(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(text); err != nil {
		return fmt.Errorf("writing to a reader that is gone or slow: %w", err)
	}
	return s.control.Flush()
}

// encodeEvents writes records as server-sent events.
func encodeEvents(records []journal.Record) ([]byte, error) {
	var b bytes.Buffer
	for _, record := range records {
		word, view := viewRecord(record)
		fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: ", record.Sequence(), word)
		e := json.NewEncoder(&b) // ends the line
		e.SetEscapeHTML(false)
		if err := e.Encode(view); err != nil {
			return nil, err
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}
