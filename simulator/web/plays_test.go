package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// fakePlayer plays a scenario whose text is the outcome, or "wait" to play until it is stopped. To prepare the scenario
// "slow" takes until prepare is closed.
type fakePlayer struct {
	requested chan Play
	prepare   chan struct{}
}

func (*fakePlayer) Scenarios() ([]Scenario, error) { return []Scenario{{Name: "first-visit"}}, nil }

func (p *fakePlayer) Prepare(what Play) (func(context.Context) (Played, error), error) {
	p.requested <- what
	if what.Source == "slow" {
		<-p.prepare
	}
	if what.Source == "wrong" {
		return nil, errors.New("scenario.yaml:1:1: expected a mapping")
	}
	return func(ctx context.Context) (Played, error) {
		result := json.RawMessage(`{"outcome":"` + what.Source + `"}`)
		switch what.Source {
		case "wait":
			<-ctx.Done()
			return Played{Result: result}, nil
		case "broken":
			return Played{}, errors.New("the disk is full")
		}
		return Played{Passed: what.Source == "passes", Result: result}, nil
	}, nil
}

func TestPlays(t *testing.T) {
	t.Parallel()
	player := &fakePlayer{requested: make(chan Play, 100)}
	s := start(t, Options{Player: player})
	begin := func(scenario string) string {
		t.Helper()
		r := s.api(http.StatusAccepted, "POST", "/plays", map[string]any{"source": scenario, "url": s.receiver.URL, "seed": 9})
		return strings.TrimPrefix(r.header.Get("Location"), apiPath)
	}
	for scenario, want := range map[string]playState{"passes": "passed", "fails": "failed", "broken": "error"} {
		var v playView
		s.api(http.StatusOK, "GET", begin(scenario)+"?within=5s", nil).into(&v)
		if v.State != want || (want == playError) != (v.Detail == "the disk is full") || (want != playError) != strings.Contains(string(v.Result), scenario) {
			t.Errorf("%s: %+v", scenario, v)
		}
		if what := <-player.requested; what.URL != s.receiver.URL || *what.Seed != 9 {
			t.Errorf("requested: %+v", what)
		}
	}
	waiting := begin("wait")
	var v playView
	s.api(http.StatusOK, "GET", waiting+"?within=1ms", nil).into(&v)
	if v.State != playRunning || v.Result != nil {
		t.Errorf("%+v", v)
	}
	s.api(http.StatusOK, "DELETE", waiting, nil).into(&v)
	if v.State != playStopped {
		t.Errorf("%+v", v)
	}
	for range maxPlays {
		begin("wait") // Close stops them
	}
	s.ask("POST", apiPath+"/plays", map[string]any{"source": "wait", "url": s.receiver.URL}).problem(http.StatusTooManyRequests, "busy")
	s.ask("GET", apiPath+"/plays/99", nil).problem(http.StatusNotFound, "not-found")
	var list struct{ Items []playView }
	s.api(http.StatusOK, "GET", "/plays", nil).into(&list)
	if len(list.Items) != 4+maxPlays {
		t.Errorf("%+v", list)
	}
}

func TestPlayRequests(t *testing.T) {
	t.Parallel()
	player := &fakePlayer{requested: make(chan Play, 100)}
	s := start(t, Options{Player: player})
	for _, test := range []struct {
		body map[string]any
		kind string
	}{
		{map[string]any{}, "scenario"},
		{map[string]any{"source": "wait", "scenario": "first-visit", "url": "http://127.0.0.1/"}, "scenario"},
		{map[string]any{"source": "wait"}, "url"},
		{map[string]any{"source": "wait", "url": "http://127.0.0.1/", "subscriptionId": s.subscriptionID()}, "url"},
		{map[string]any{"source": "wait", "subscriptionId": s.subscriptionID(), "secret": "x"}, "secret"},
		{map[string]any{"source": "wait", "subscriptionId": "nobody"}, "not-found"},
		{map[string]any{"source": "wrong", "url": "http://127.0.0.1/"}, "scenario"},
	} {
		s.ask("POST", apiPath+"/plays", test.body).problem(http.StatusBadRequest, test.kind)
	}
	<-player.requested
	s.api(http.StatusAccepted, "POST", "/plays", map[string]any{"scenario": "first-visit", "subscriptionId": s.subscriptionID()})
	if what := <-player.requested; what.URL != s.receiver.URL || what.Secret.Reveal() != "whsec_test" || what.SubscriptionID != s.subscriptionID() || what.Scenario != "first-visit" {
		t.Errorf("requested: %+v", what)
	}
	without := start(t, Options{})
	without.ask("POST", apiPath+"/plays", map[string]any{"scenario": "first-visit", "url": "http://127.0.0.1/"}).problem(http.StatusNotImplemented, "no-player")
}

// Plays that are still being prepared count against the limit.
func TestPlaysInPreparation(t *testing.T) {
	t.Parallel()
	player := &fakePlayer{requested: make(chan Play, 100), prepare: make(chan struct{})}
	s := start(t, Options{Player: player})
	slow := map[string]any{"source": "slow", "url": s.receiver.URL}
	responses := make(chan reply, maxPlays)
	for range maxPlays {
		go func() { responses <- s.ask("POST", apiPath+"/plays", slow) }()
	}
	for range maxPlays {
		<-player.requested
	}
	s.ask("POST", apiPath+"/plays", slow).problem(http.StatusTooManyRequests, "busy")
	close(player.prepare)
	for range maxPlays {
		if r := <-responses; r.status != http.StatusAccepted {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	s.ask("POST", apiPath+"/plays", map[string]any{"source": "wrong", "url": s.receiver.URL}).problem(http.StatusBadRequest, "scenario") // releases its slot
	for id := range maxPlays {
		s.api(http.StatusOK, "GET", "/plays/"+strconv.Itoa(id+1)+"?within=5s", nil)
	}
	s.api(http.StatusAccepted, "POST", "/plays", map[string]any{"source": "passes", "url": s.receiver.URL})
}

// Of too many plays, the oldest finished one is forgotten.
func TestPlaysAreForgotten(t *testing.T) {
	t.Parallel()
	var ps plays
	ended := make(chan struct{})
	close(ended)
	first := &play{ended: make(chan struct{})}
	ps.start(first, func() {})
	for range 2 * maxFinished {
		if !ps.start(&play{ended: ended}, func() {}) {
			t.Fatal("a play was refused")
		}
	}
	if all := ps.list(); len(all) != maxFinished || all[0] != first || all[1].id != 2+maxFinished+1 {
		t.Errorf("%d are kept, the second is %d", len(all), all[1].id)
	}
	ps.close()
	if ps.start(&play{ended: ended}, func() {}) {
		t.Error("a play started after close")
	}
}
