package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"semblance/simulator/journal"
)

// sse is one server-sent event.
type sse struct {
	id          int64
	event, data string
}

// follow opens a stream and returns a function that reads its next event.
func (s *sim) follow(query string, headers ...string) (next func() sse, stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+apiPath+"/stream"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || lines.Text() != ": open" { // from now on everything is streamed
		s.t.Fatalf("the stream starts with %q", lines.Text())
	}
	return func() sse {
		s.t.Helper()
		var e sse
		for lines.Scan() {
			switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
			case "id":
				e.id, _ = strconv.ParseInt(value, 10, 64)
			case "event":
				e.event = value
			case "data":
				e.data = value
			case "":
				if e.data != "" {
					if !json.Valid([]byte(e.data)) {
						s.t.Errorf("not JSON: %s", e.data)
					}
					return e
				}
			}
		}
		s.t.Fatalf("the stream ended: %v", lines.Err())
		return e
	}, func() { cancel(); answer.Body.Close() }
}

// A stream sends records in order, and continues after Last-Event-ID without a gap.
func TestStreamResumes(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.emit(map[string]any{"eventType": "booking.created"}) // before the stream
	s.settle()
	next, stop := s.follow("?kind=event,attempt")
	s.emit(map[string]any{"eventType": "patient.created"})
	s.settle()
	event, attempt := next(), next()
	if event.event != "event" || !strings.Contains(event.data, `"patient.created"`) || attempt.event != "attempt" || !strings.Contains(attempt.data, `"accepted"`) || attempt.id <= event.id {
		t.Errorf("%+v, %+v", event, attempt)
	}
	stop()

	s.emit(map[string]any{"eventType": "booking.updated", "count": 150}) // more than is read at once
	s.settle()
	next, stop = s.follow("?kind=event", "Last-Event-ID: "+strconv.FormatInt(event.id, 10))
	defer stop()
	last := event.id
	for i := range 150 {
		e := next()
		if e.id <= last || !strings.Contains(e.data, `"booking.updated"`) {
			t.Fatalf("event %d is %+v after %d", i, e, last)
		}
		last = e.id
	}
	s.emit(map[string]any{"eventType": "patient.created"})
	if e := next(); !strings.Contains(e.data, `"patient.created"`) {
		t.Errorf("the last event is %+v", e)
	}
}

// Every streamed kind of record has a view, without secrets.
func TestStreamKinds(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	next, stop := s.follow("")
	defer stop()
	here := "/subscriptions/" + s.subscriptionID()
	s.api(http.StatusOK, "POST", here+"/pause", nil)
	s.emit(map[string]any{"eventType": "booking.created"})
	s.api(http.StatusCreated, "POST", here+"/faults", map[string]any{"fault": "transport=reset", "next": 1})
	s.api(http.StatusOK, "POST", here+"/resume", nil)
	s.api(http.StatusOK, "POST", "/clock/advance", map[string]string{"by": "1h"})
	seen := map[string]bool{}
	readUntil := func(kind string) {
		t.Helper()
		for !seen[kind] {
			e := next()
			seen[e.event] = true
			if strings.Contains(e.data, "whsec_test") || strings.Contains(e.data, testToken) {
				t.Errorf("a secret: %+v", e)
			}
		}
	}
	for _, kind := range []string{"subscription", "event", "delivery", "fault", "transition", "attempt"} {
		readUntil(kind)
	}
	s.api(http.StatusNoContent, "POST", "/reset", nil) // removes from the journal what no stream has read yet
	readUntil("reset")
	// So do the kinds that this test does not cause.
	for _, record := range []journal.Record{&journal.Notice{}, &journal.Reset{}, &journal.Transition{}, &journal.Fault{}, &journal.Subscription{}} {
		if View(record) == nil {
			t.Errorf("%T has no view", record)
		}
	}
}

func TestStreamRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.ask("GET", apiPath+"/stream?kind=token", nil).problem(http.StatusBadRequest, "query")
	s.ask("GET", apiPath+"/stream", nil, "Last-Event-ID: yesterday").problem(http.StatusBadRequest, "last-event-id")
	s.handler.streams = make(slots, 1)
	_, stop := s.follow("")
	defer stop()
	if r := s.ask("GET", apiPath+"/stream", nil); r.header.Get("Retry-After") == "" {
		t.Errorf("%v", r.header)
	} else {
		r.problem(http.StatusTooManyRequests, "busy")
	}
}

// A stream of the newest records passes over attempts, says so, and continues without a gap.
func TestStreamOfTheNewest(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.emit(map[string]any{"eventType": "booking.created", "count": 50})
	s.settle()
	last := int64(s.committed())
	next, stop := s.follow("?newest=20&after=0&kind=attempt,subscription")
	e := next()
	for ; e.event == "subscription"; e = next() {
	}
	if upTo := last - 20; e.event != "skipped" || e.id != upTo || e.data != fmt.Sprintf(`{"records":%d}`, upTo) {
		t.Errorf("%+v, want all up to %d skipped", e, upTo)
	}
	if e = next(); e.event != "attempt" || e.id <= last-20 {
		t.Errorf("%+v", e)
	}
	stop()
	next, stop = s.follow("?newest=20&kind=attempt", fmt.Sprintf("Last-Event-ID: %d", last))
	defer stop()
	s.emit(map[string]any{"eventType": "patient.created", "count": 2})
	for range 2 {
		if e := next(); !strings.Contains(e.data, "patient.created") {
			t.Errorf("%+v", e)
		}
	}
	s.ask("GET", apiPath+"/stream?newest=0", nil).problem(http.StatusBadRequest, "query")
}

// A stream that starts long after the last one ended sends the next record at once.
func TestStreamAfterAPause(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	next, stop := s.follow("?kind=attempt")
	s.emit(map[string]any{"eventType": "booking.created"})
	next()
	stop()
	for range 2 { // so many that heartbeats would not catch up in time
		s.emit(map[string]any{"eventType": "booking.updated", "count": maxEmit})
	}
	s.settle()
	next, stop = s.follow("?kind=attempt")
	defer stop()
	s.emit(map[string]any{"eventType": "patient.created"})
	if e := next(); !strings.Contains(e.data, "patient.created") {
		t.Errorf("%+v", e)
	}
}

// A Last-Event-ID of another journal starts the stream at the beginning.
func TestStreamOfAnotherJournal(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	e := s.emit(map[string]any{"eventType": "booking.created"})
	next, stop := s.follow("?kind=event", "Last-Event-ID: 1000000")
	defer stop()
	if first := next(); first.id != int64(e.Events[0].ID) {
		t.Errorf("%+v", first)
	}
}

// Streams and waiting requests outlive the timeouts of the server.
func TestTimeouts(t *testing.T) { // not parallel: its server has timeouts of 100 ms
	s := start(t, Options{})
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	defer server.Close()
	s.url = server.URL
	next, stop := s.follow("?kind=event")
	defer stop()
	s.ask("GET", apiPath+"/attempts/wait?within=300ms", nil).problem(http.StatusGatewayTimeout, "not-yet")
	s.emit(map[string]any{"eventType": "patient.created"})
	if e := next(); !strings.Contains(e.data, "patient.created") {
		t.Errorf("%+v", e)
	}
}

// A client that does not read is disconnected.
func TestStreamSlowReader(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.handler.patience = 50 * time.Millisecond
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /api/v1/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for len(s.handler.streams) == 0 { // the first byte shows that it is open
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 { // more than the buffers of both ends hold
		s.emit(map[string]any{"eventType": "patient.created", "count": maxEmit})
		if len(s.handler.streams) == 0 {
			return
		}
	}
	t.Error("a client that does not read was not disconnected")
}

// Close ends streams and waiting requests.
func TestClose(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	_, stop := s.follow("")
	defer stop()
	answered := make(chan reply, 1)
	go func() { answered <- s.ask("GET", apiPath+"/attempts/wait?count=1&within=1m", nil) }()
	for len(s.handler.waits) == 0 {
		s.api(http.StatusOK, "GET", "/health", nil)
	}
	s.handler.Close()
	(<-answered).problem(http.StatusServiceUnavailable, "closed")
	for len(s.handler.streams) > 0 {
		s.api(http.StatusOK, "GET", "/health", nil)
	}
}

// A waiting request gets a response as soon as the condition is met. The number of waiting requests is limited.
func TestWait(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	answered := make(chan reply, 1)
	go func() { answered <- s.ask("GET", apiPath+"/attempts/wait?count=2&type=booking.*&within=1m", nil) }()
	for len(s.handler.waits) == 0 {
		s.api(http.StatusOK, "GET", "/health", nil)
	}
	s.emit(map[string]any{"eventType": "booking.created", "count": 2})
	if r := <-answered; r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	after := s.committed()
	s.ask("GET", apiPath+"/attempts/wait?within=0s&after="+strconv.Itoa(int(after)), nil).problem(http.StatusGatewayTimeout, "not-yet")
	s.emit(map[string]any{"eventType": "booking.created"})
	s.api(http.StatusOK, "GET", "/attempts/wait?after="+strconv.Itoa(int(after)), nil)
	s.api(http.StatusOK, "GET", "/attempts/wait?until=all-finished", nil)
	s.ask("GET", apiPath+"/attempts/wait?subscription=nobody", nil).problem(http.StatusBadRequest, "not-found")
	s.ask("GET", apiPath+"/attempts/wait?within=1h", nil).problem(http.StatusBadRequest, "query")
	s.handler.waits = make(slots)
	s.ask("GET", apiPath+"/attempts/wait", nil).problem(http.StatusTooManyRequests, "busy")
}
