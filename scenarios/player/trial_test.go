package player_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

func try(t *testing.T, p *player.Player, o player.TrialOptions, text string) *player.Trial {
	t.Helper()
	trial, err := p.Try(t.Context(), parse(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

func newPlayer(t *testing.T, o player.Options) *player.Player {
	t.Helper()
	p, err := player.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

const forgery = `
name: A forgery
cast: {visit: {kind: booking}}
steps:
  - {send: booking.created, about: visit, must: accepted}
  - {send: booking.updated, about: visit, must: accepted, effect: present}
  - {send: booking.created, fault: {signature: wrong-secret}, must: refused}
  - {request: {raw: "{}"}, must: refused}
  - {send: patient.created, must: accepted}
  - {send: booking.created, must: accepted, needs: hook}
`

// A trial has every request with its response; a request that was refused as required is followed by its twin.
func TestTry(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	counted := map[string]int{}
	p := newPlayer(t, player.Options{Target: app.URL, Effects: player.CountWith(func(_ context.Context, id string) (int, error) { counted[id]++; return 1, nil })})
	bookings, err := schemas.MatchAny([]string{"booking.*"})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	trial := try(t, p, player.TrialOptions{
		Subscribed: bookings,
		Sent:       func(*simulator.Attempt) { sent++ },
	}, forgery)
	var got []string
	for _, step := range trial.Steps {
		line := step.Info.Title + ":"
		for _, x := range step.Exchanges {
			line += " " + http.StatusText(x.Attempt.Response.Status)
			if x.Twin != nil {
				line += ", twin " + x.Twin.Request.EventType + " " + http.StatusText(x.Twin.Response.Status)
			}
			if x.Effects != nil {
				line += ", took effect"
			}
		}
		got = append(got, line+step.Skipped+step.Failed)
	}
	want := `send booking.created about visit: Accepted
send booking.updated about visit: Accepted, took effect
send booking.created with signature=wrong-secret: Unauthorized, twin booking.created Accepted
request: POST: Unauthorized, twin booking.created Accepted
send patient.created:not subscribed to patient.created
send booking.created:only a run of checks with hook supports this`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if err := trial.Recount(t.Context()); err != nil {
		t.Error(err)
	}
	first, second := trial.Steps[0].Exchanges[0], trial.Steps[1].Exchanges[0]
	if first.RecordID != second.RecordID || counted[second.RecordID] != 2 || len(counted) != 1 {
		t.Errorf("records %s and %s, counted %v", first.RecordID, second.RecordID, counted)
	}
	if sent != 6 {
		t.Errorf("%d requests, want 4 and 2 twins", sent)
	}
}

// If the twin is refused, each refused request is sent again, with a twin of its own.
func TestTwinIsRefused(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	app.respond = func(w http.ResponseWriter, n int) bool {
		if n == 1 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		return n == 1
	}
	trial := try(t, newPlayer(t, player.Options{Target: app.URL}), player.TrialOptions{}, `
name: Forgeries
steps:
  - {send: booking.created, fault: {signature: wrong-secret}, again: {as: retry}, must: refused}
`)
	seen := map[string]bool{}
	for _, x := range trial.Steps[0].Exchanges {
		if x.Attempt.Response.Status != http.StatusUnauthorized || !x.Twin.Response.OK() {
			t.Errorf("response %d, twin %d", x.Attempt.Response.Status, x.Twin.Response.Status)
		}
		seen[x.Attempt.Request.EventID] = true
		seen[x.Twin.Request.EventID] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d distinct ids in %d exchanges with a twin each", len(seen), len(trial.Steps[0].Exchanges))
	}
}

// Several trials of a player run at once. All their ids differ and share five bytes.
func TestTrialsAtOnce(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL})
	var mu sync.Mutex
	seen := map[string]int{}
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			trial, err := p.Try(t.Context(), parse(t, "name: One\nsteps:\n  - repeat: {times: 5, steps: [{send: booking.created, must: accepted}]}\n"), player.TrialOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, x := range trial.Steps[0].Exchanges {
				var body struct {
					EventID     string
					Identifiers map[string]string
				}
				if err := json.Unmarshal(x.Attempt.Request.Body, &body); err != nil {
					t.Error(err)
				}
				seen[body.EventID]++
				for _, id := range body.Identifiers {
					seen[id]++
				}
			}
		})
	}
	running.Wait()
	if len(seen) < 8*5*2 {
		t.Errorf("only %d ids", len(seen))
	}
	for id, n := range seen {
		if n != 1 || !strings.Contains(id[8:], p.IDBytes()) {
			t.Errorf("the id %s occurs %d times; want once, with the bytes %s", id, n, p.IDBytes())
		}
	}
}

// An error of Pace ends a trial, and so does its context.
func TestTrialEnds(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL})
	limit := errors.New("the time is up")
	requests := 0
	trial, err := p.Try(t.Context(), parse(t, forgery), player.TrialOptions{Pace: func(context.Context) error {
		if requests++; requests > 1 {
			return limit
		}
		return nil
	}})
	if !errors.Is(err, limit) || len(trial.Steps[0].Exchanges) != 1 || len(app.received()) != 1 {
		t.Errorf("err %v, %d exchanges, %d events", err, len(trial.Steps[0].Exchanges), len(app.received()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Try(ctx, parse(t, forgery), player.TrialOptions{Offers: []script.Need{script.NeedHook}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a trial with a context that is done: %v", err)
	}
}

// A public address gets no request of a check.
func TestTrialAtPublicAddress(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, player.Options{Target: "http://receiver.test/webhooks", Delivery: delivery.Options{
		Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
		},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("the player connects")
			return nil, errors.New("no network")
		},
	}})
	_, err := p.Try(t.Context(), parse(t, "name: Valid\nsteps:\n  - {send: booking.created, must: accepted}\n"), player.TrialOptions{})
	if err == nil || !strings.Contains(err.Error(), "public address") {
		t.Errorf("err %v", err)
	}
}

// A step with a hook tells the receiver which record is concerned before it sends the event.
func TestHook(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL})
	const text = `
name: Hooks
steps:
  - {send: booking.created, hook: fail, must: accepted}
  - {send: booking.created, hook: 15s, must: accepted}
`
	var set []string
	trial := try(t, p, player.TrialOptions{Offers: []script.Need{script.NeedHook}, Hook: func(_ context.Context, id string, fail bool, delay time.Duration) error {
		set = append(set, fmt.Sprint(id, fail, delay, len(app.received())))
		return nil
	}}, text)
	want := []string{trial.Steps[0].Exchanges[0].RecordID + "true 0s 0", trial.Steps[1].Exchanges[0].RecordID + "false 15s 1"}
	if fmt.Sprint(set) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", set, want)
	}
	for _, step := range try(t, p, player.TrialOptions{}, text).Steps {
		if step.Skipped == "" || len(step.Exchanges) > 0 {
			t.Errorf("without a hook: %+v", step)
		}
	}
}
