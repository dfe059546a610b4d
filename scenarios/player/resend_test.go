package player_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"semblance/scenarios/player"
	"semblance/simulator/signature"
)

// A copy that is signed again has the same eventId and another signature, also when all are sent at once.
func TestResigned(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	result := play(t, player.Options{Target: app.URL}, `
name: Once more
steps:
  - {name: first, send: booking.created, again: {copies: 2, as: resigned}}
  - {send: booking.created, again: {copies: 9, as: resigned, together: true}}
  - {resend: first}
  - {resend: first, as: replay}
  - {resend: first, as: retry}
`)
	wantOutcomes(t, result, "1 passed\n2 passed\n3 passed\n4 passed\n5 passed")
	steps := result.Scenarios[0].Steps
	count := func(step int) (ids, signatures map[string]bool) {
		ids, signatures = map[string]bool{}, map[string]bool{}
		for _, e := range steps[step].Evidence {
			ids[e.Attempt.Request.EventID] = true
			signatures[e.Attempt.Request.Header(signature.HeaderName)] = true
		}
		return ids, signatures
	}
	for step, want := range map[int]int{0: 3, 1: 10} {
		if ids, signatures := count(step); len(ids) != 1 || len(signatures) != want {
			t.Errorf("step %d: %d ids and %d signatures, want 1 and %d", step+1, len(ids), len(signatures), want)
		}
	}
	first := &steps[0].Evidence[0].Attempt.Request
	again, replayed, retried := &steps[2].Evidence[0].Attempt.Request, &steps[3].Evidence[0].Attempt.Request, &steps[4].Evidence[0].Attempt.Request
	if again.EventID != first.EventID || again.Header(signature.HeaderName) == first.Header(signature.HeaderName) || string(again.Body) != string(first.Body) {
		t.Errorf("resigned: %+v", again)
	}
	if headersOf(replayed) != headersOf(first) || string(replayed.Body) != string(first.Body) {
		t.Errorf("replayed: %+v", replayed)
	}
	if retried.EventID == first.EventID || len(retried.Body) != len(first.Body) {
		t.Errorf("retried: %+v", retried)
	}
}

// The step whose event is sent again was not played.
func TestResendOfNothing(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, `
name: Nothing to send again
steps:
  - {name: first, send: booking.created, needs: reference-receiver}
  - {resend: first}
`), "1 skipped (only the reference receiver (semblance listen) supports this)\n2 skipped (no event was sent before this step)")
}

// Steps that name a connection share it, and no other step uses it.
func TestSharedConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	opened := map[string]bool{} // by the address of the client
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		opened[r.RemoteAddr] = true
	}))
	defer server.Close()
	wantOutcomes(t, play(t, player.Options{Target: server.URL}, `
name: Connections
steps:
  - {send: booking.created, wire: {connection: one}}
  - {send: booking.created, wire: {connection: two}}
  - {send: booking.created, wire: {connection: one}}
  - {send: booking.created, wire: {connection: one}, headers: {Connection: close}}
  - {send: booking.created, wire: {connection: one}}
`), "1 passed\n2 passed\n3 passed\n4 passed\n5 passed")
	mu.Lock()
	defer mu.Unlock()
	if len(opened) != 3 {
		t.Errorf("%d connections; want one for each name, and one more after Connection: close", len(opened))
	}
}

// A responses step finds what no response may contain, and shows no secret.
func TestResponses(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.respond = func(w http.ResponseWriter, n int) bool {
		w.Header().Set("X-Powered-By", "Express")
		w.WriteHeader([]int{500, 200}[(n-1)%2])
		w.Write([]byte("debug: key is whsec_semblance_local_only\nat /srv/node_modules/x.js\n" + strings.Repeat("x", 2000)))
		return true
	}
	result := play(t, player.Options{Target: app.URL}, `
name: Leaks
steps:
  - {send: booking.created, expect: {status: any}}
  - {request: {raw: "{}"}, must: refused}
  - {send: booking.created, alter: {append: x}, must: refused}
  - responses: all
    must: {lack: ["${secret}", "${secret.hex}", /node_modules/], at-most: 1KiB}
    should: {alike: refusals}
    may: {lack: ["X-Powered-By: *", "Server: *"]}
  - responses: refusals
    must: {lack: [debug, "${right.v1}"]}
  - responses: html
    must: {lack: [debug]}
`)
	wantOutcomes(t, result, `
1 passed
2 passed
3 passed
4 failed [response: expected no ${secret} in any response, got status 500 to step 1 contains it in its body] [response: expected no "/node_modules/" in any response, got status 500 to step 1 contains "at /srv/node_modules/x.js"] [body: expected at most 1 KiB, got status 500 to step 1 has 2 KiB]
5 passed
6 passed`)
	verdict := result.Scenarios[0].Steps[3].Evidence[0].Verdict
	if len(verdict.Warnings) != 1 || len(verdict.Remarks) != 1 || !strings.Contains(verdict.Remarks[0].Got, "X-Powered-By: Express") {
		t.Errorf("warnings %v, remarks %v", verdict.Warnings, verdict.Remarks)
	}
}

// A response that contains the signature that was expected is found, unless the request carried it.
func TestRightSignature(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		body := make([]byte, r.ContentLength)
		r.Body.Read(body)
		mac, err := signature.MAC("sha256", "whsec_semblance_local_only", append([]byte(r.Header.Get(signature.TimestampName)+"."), body...))
		if err != nil {
			t.Error(err)
		}
		for _, c := range mac {
			const digits = "0123456789abcdef"
			w.Write([]byte{digits[c>>4], digits[c&15]})
		}
	}))
	defer app.Close()
	const examine = "  - {responses: all, must: {lack: [\"${right.v1}\"]}}\n"
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, "name: Right\nsteps:\n  - {send: booking.created, expect: {status: any}}\n"+examine), "1 passed\n2 passed")
	wantOutcomes(t, play(t, player.Options{Target: app.URL}, "name: Wrong\nsteps:\n  - {send: booking.created, sign: {secret: x}, must: refused}\n"+examine),
		"1 passed\n2 failed [response: expected no correct signature of the request in any response, got status 401 to step 1 contains it in its body]")
}
