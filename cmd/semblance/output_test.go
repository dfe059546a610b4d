package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"semblance/scenarios/report"
)

// JSON on a terminal has no character that the terminal could interpret, and says the same as elsewhere.
func TestJSONOnATerminal(t *testing.T) {
	t.Parallel()
	const foreign = "\u009b31m red \u007f \u202e \U000e0041 ü 日本"
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, foreign) }))
	defer receiver.Close()
	args := []string{"send", "booking.created", "--format", "json", "--to", receiver.URL}
	body := func(got ran) string {
		var line report.LoadAttempt
		if err := json.Unmarshal([]byte(got.stdout), &line); err != nil || got.code != 0 {
			t.Fatalf("exit code %d (%v)\n%s%s", got.code, err, got.stdout, got.stderr)
		}
		return string(line.Response.Body)
	}
	on, off := runWith(t.Context(), nil, true, args...), runHere(t, nil, args...)
	if i := strings.IndexFunc(on.stdout, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("not printable: %q", on.stdout[i:])
	}
	if got := body(on); got != foreign || got != body(off) || !strings.Contains(on.stdout, "ü 日本") {
		t.Errorf("on a terminal the body is %q, elsewhere %q, want %q", got, body(off), foreign)
	}
}

// A connection that the receiver closes while a request is written on it again is counted as idle-close, in text and JSON.
func TestSendCountsIdleCloses(t *testing.T) {
	t.Parallel()
	var closed atomic.Int64
	type requests struct{}
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(requests{}).(*atomic.Int64).Add(1) > 1 { // the connection is reused
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				closed.Add(1)
				c.Close()
			}
		}
	}))
	receiver.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, requests{}, new(atomic.Int64))
	}
	receiver.Start()
	defer receiver.Close()
	send := func(args ...string) (string, int64) {
		closed.Store(0)
		got := runHere(t, nil, append([]string{"send", "booking.created", "--count", "6", "--in-flight", "1", "--quiet", "--to", receiver.URL}, args...)...)
		return got.stdout, closed.Load()
	}
	for round := 1; ; round++ { // a busy machine may see a close late, as the end of a response
		text, closes := send()
		inText := closes > 0 && strings.Contains(text, fmt.Sprintf("idle-close × %d", closes)) && strings.Contains(text, fmt.Sprintf("%d not as expected", closes))
		object, closes := send("--format", "json")
		var summary struct {
			Failed   int64
			Failures map[string]int64
		}
		if err := json.Unmarshal([]byte(object), &summary); err != nil {
			t.Fatal(err)
		}
		if inText && closes > 0 && summary.Failures["idle-close"] == closes && summary.Failed == closes {
			return
		}
		if round == 3 {
			t.Fatalf("%d connections were closed:\n%s\n%s", closes, text, object)
		}
	}
}
