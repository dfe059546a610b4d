package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"semblance/simulator"
	"semblance/simulator/clock"
)

// Player plays scenarios for the API. The rooms of the scenarios stand above this one, so cmd passes one in.
type Player interface {
	// Scenarios returns the scenarios that come with the program.
	Scenarios() ([]Scenario, error)
	// Prepare reads a scenario. Its error says all that is wrong with it; what it returns plays it.
	Prepare(Play) (func(context.Context) (Played, error), error)
}

// Scenario is a scenario that comes with the program.
type Scenario struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Play says which scenario is to be played, and at which receiver.
type Play struct {
	Scenario string // the name of one that comes with the program, or
	Source   string // the text of one

	URL            string // of the receiver
	Secret         simulator.Secret
	SubscriptionID string // what payloads name; "" for one that is drawn
	Seed           *int64 // nil: the scenario's own
}

// Played is what came of it.
type Played struct {
	Passed bool
	Result json.RawMessage // as the report in JSON has it
}

// The bounds of the plays.
const (
	maxPlays = 4   // at once
	maxKept  = 100 // finished ones that can still be read
)

// The states of a play.
const (
	playRunning = "running"
	playPassed  = "passed"
	playFailed  = "failed"
	playStopped = "stopped"
	playBroken  = "broken" // it could not be played to its end
)

// play is a scenario that is being played, or was.
type play struct {
	id       int
	scenario string
	url      string
	began    time.Time
	stop     context.CancelFunc
	ended    chan struct{} // closed at the end; what follows is written before

	state  string
	detail string
	result json.RawMessage
}

// plays are those that were asked for, oldest first.
type plays struct {
	mu      sync.Mutex
	closed  bool
	last    int
	all     []*play
	running sync.WaitGroup
}

// close waits for the plays that run, once their context has ended, and begins no other.
func (ps *plays) close() {
	ps.mu.Lock()
	ps.closed = true
	ps.mu.Unlock()
	ps.running.Wait()
}

// playView is how a play stands.
type playView struct {
	ID       int             `json:"id"`
	Scenario string          `json:"scenario,omitempty"`
	URL      string          `json:"url"`
	Began    string          `json:"began"`
	State    string          `json:"state"`
	Detail   string          `json:"detail,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
}

func viewPlay(p *play, whole bool) playView {
	v := playView{ID: p.id, Scenario: p.scenario, URL: p.url, Began: stamp(p.began), State: playRunning}
	select {
	case <-p.ended:
		v.State, v.Detail = p.state, p.detail
		if whole {
			v.Result = p.result
		}
	default:
	}
	return v
}

func (p *play) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// begin adds a play and runs it, if there is a place for it, and lets go of the oldest that has ended.
func (ps *plays) begin(p *play, run func()) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	running := 0
	for _, other := range ps.all {
		if other.running() {
			running++
		}
	}
	if ps.closed || running >= maxPlays {
		return false
	}
	if len(ps.all) >= maxKept {
		oldest := slices.IndexFunc(ps.all, func(p *play) bool { return !p.running() })
		ps.all = slices.Delete(ps.all, oldest, oldest+1)
	}
	ps.last++
	p.id = ps.last
	ps.all = append(ps.all, p)
	ps.running.Go(run)
	return true
}

func (ps *plays) find(r *http.Request) (*play, error) {
	text := mux.Vars(r)["play"]
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		if strconv.Itoa(p.id) == text {
			return p, nil
		}
	}
	return nil, problem(http.StatusNotFound, "not-found", "there is no play %q", text)
}

func (ps *plays) list() []*play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return slices.Clone(ps.all)
}

// playRequest asks for a play: a scenario or the text of a scenario, at a subscription's receiver or at a URL.
type playRequest struct {
	Scenario     string `json:"scenario"`
	Source       string `json:"source"`
	URL          string `json:"url"`
	Secret       string `json:"secret"`
	Subscription string `json:"subscriptionId"`
	Seed         *int64 `json:"seed"`
}

// startPlay begins to play a scenario. It goes on after the answer, which says where its result will be.
func (h *Handler) startPlay(w http.ResponseWriter, r *http.Request) error {
	var ask playRequest
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	what, err := h.whatToPlay(&ask)
	if err != nil {
		return err
	}
	if h.options.Player == nil {
		return problem(http.StatusNotImplemented, "no-player", "this provider was started without a player of scenarios")
	}
	run, err := h.options.Player.Prepare(what)
	if err != nil {
		return problem(http.StatusBadRequest, "scenario", "%s", err).about("scenario")
	}
	ctx, stop := context.WithCancel(h.ending)
	p := &play{scenario: ask.Scenario, url: what.URL, began: clock.Now(), stop: stop, ended: make(chan struct{})}
	if !h.plays.begin(p, func() { p.run(ctx, run) }) {
		stop()
		return busy("plays", maxPlays)
	}
	w.Header().Set("Location", apiPath+"/plays/"+strconv.Itoa(p.id))
	return h.respond(w, http.StatusAccepted, viewPlay(p, false))
}

// whatToPlay checks a request for a play, and finds the receiver.
func (h *Handler) whatToPlay(ask *playRequest) (Play, error) {
	what := Play{Scenario: ask.Scenario, Source: ask.Source, URL: ask.URL, Secret: simulator.Secret(ask.Secret), Seed: ask.Seed}
	switch {
	case (ask.Scenario == "") == (ask.Source == ""):
		return what, problem(http.StatusBadRequest, "scenario", "give the name of a scenario, or the text of a scenario").about("scenario")
	case (ask.URL == "") == (ask.Subscription == ""):
		return what, problem(http.StatusBadRequest, "url", "give the url of a receiver, or the id of the subscription whose receiver is meant").about("url")
	case ask.Subscription == "":
		return what, nil
	case ask.Secret != "":
		return what, problem(http.StatusBadRequest, "secret", "a subscription has a secret of its own").about("secret")
	}
	s, ok := h.provider.Subscription(ask.Subscription)
	if !ok {
		return what, problem(http.StatusBadRequest, "not-found", "there is no subscription %q", ask.Subscription).about("subscriptionId")
	}
	what.URL, what.Secret, what.SubscriptionID = s.URL, s.Secret, s.ID
	return what, nil
}

// run plays to the end.
func (p *play) run(ctx context.Context, run func(context.Context) (Played, error)) {
	defer p.stop()
	defer close(p.ended)
	played, err := run(ctx)
	p.result = played.Result
	switch {
	case ctx.Err() != nil:
		p.state = playStopped
	case err != nil:
		p.state, p.detail = playBroken, err.Error()
	case played.Passed:
		p.state = playPassed
	default:
		p.state = playFailed
	}
}

// listPlays lists the plays, oldest first, without their results.
func (h *Handler) listPlays(w http.ResponseWriter, r *http.Request) error {
	views := []playView{}
	for _, p := range h.plays.list() {
		views = append(views, viewPlay(p, false))
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// getPlay shows a play, with its result when it has ended; within says how long to wait for that.
func (h *Handler) getPlay(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	within := q.duration("within", 0, maxWait)
	if err := q.done(); err != nil {
		return err
	}
	p, err := h.plays.find(r)
	if err != nil {
		return err
	}
	if within > 0 {
		if err := h.awaitEnd(w, r, p, within); err != nil {
			return err
		}
	}
	return h.respond(w, http.StatusOK, viewPlay(p, true))
}

// awaitEnd returns when the play has ended or the time has passed.
func (h *Handler) awaitEnd(w http.ResponseWriter, r *http.Request, p *play, within time.Duration) error {
	_, ctx, end, err := h.longPoll(w, r, within)
	if err != nil {
		return err
	}
	defer end()
	select {
	case <-p.ended:
	case <-ctx.Done():
	}
	return nil
}

// stopPlay stops a play and answers what came of it until then.
func (h *Handler) stopPlay(w http.ResponseWriter, r *http.Request) error {
	p, err := h.plays.find(r)
	if err != nil {
		return err
	}
	p.stop()
	select {
	case <-p.ended:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	return h.respond(w, http.StatusOK, viewPlay(p, true))
}
