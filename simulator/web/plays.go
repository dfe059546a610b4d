package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/journal"
)

// Player plays scenarios. Packages of scenarios import this one, so the caller of [New] provides it.
type Player interface {
	// Scenarios returns the scenarios that come with the program.
	Scenarios() ([]Scenario, error)
	// Prepare reads a scenario and returns a function that plays it. The error says everything that is wrong with the
	// scenario.
	Prepare(Play) (func(context.Context) (Played, error), error)
}

// Scenario is a scenario that comes with the program.
type Scenario struct {
	Name        string `json:"name"` // for a play
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Play is a scenario and a receiver to play it against.
type Play struct {
	Scenario string // name of a scenario that comes with the program, or
	Source   string // text of a scenario

	URL            string // of the receiver
	Secret         simulator.Secret
	SubscriptionID string // in payloads; "" for a random one
	Seed           *int64 // nil: the scenario's own

	Observe func(step json.RawMessage) // called for each step that has ended, one at a time, with the step as in the report
}

// Played is the result of a play.
type Played struct {
	Passed bool
	Result json.RawMessage // the JSON report
}

// The limits of plays.
const (
	maxPlays    = 4   // being prepared or running at once
	maxFinished = 100 // running and finished plays to remember
)

// playState is the state of a play.
type playState string

// The states of a play.
const (
	playRunning playState = "running"
	playPassed  playState = "passed"
	playFailed  playState = "failed"
	playStopped playState = "stopped"
	playError   playState = "error" // it could not be played to its end
)

// play is a running or finished play.
type play struct {
	id        int
	scenario  string
	url       string
	startedAt time.Time
	stop      context.CancelFunc
	ended     chan struct{} // closed when the fields below are final

	state  playState
	detail string
	result json.RawMessage

	mu    sync.Mutex
	steps []json.RawMessage // that have ended
	more  chan struct{}     // closed by the next step; nil if nobody waits
}

// observe adds a step.
func (p *play) observe(step json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, step)
	if p.more != nil {
		close(p.more)
		p.more = nil
	}
}

// after returns the steps after the first n, and a channel that the next step closes.
func (p *play) after(n int) ([]json.RawMessage, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.more == nil {
		p.more = make(chan struct{})
	}
	return p.steps[min(n, len(p.steps)):len(p.steps):len(p.steps)], p.more
}

// plays are the remembered plays, oldest first.
type plays struct {
	mu      sync.Mutex
	closed  bool
	last    int
	all     []*play
	running sync.WaitGroup
}

// playView is a running or finished play.
type playView struct {
	ID        int               `json:"id"`
	Scenario  string            `json:"scenario,omitempty"` // name of the scenario, if it comes with the program
	URL       string            `json:"url"`                // of the receiver
	StartedAt timestamp         `json:"startedAt"`
	State     playState         `json:"state"`            // "error" is a play that could not be played to its end
	Detail    string            `json:"detail,omitempty"` // the error
	Steps     []json.RawMessage `json:"steps,omitempty"`  // of a single play: those that have ended, as in the report
	Result    json.RawMessage   `json:"result,omitempty"` // the report, as written by `semblance play --report json=FILE`
}

func viewPlay(p *play, withResult bool) playView {
	v := playView{ID: p.id, Scenario: p.scenario, URL: simulator.RedactURL(p.url), StartedAt: stamp(p.startedAt), State: playRunning}
	if !p.isRunning() {
		v.State, v.Detail = p.state, p.detail
		if withResult {
			v.Result = p.result
		}
	}
	return v
}

func (p *play) isRunning() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// start adds a play and runs it, unless the handler is closed. It forgets the oldest finished play if there are too many.
func (ps *plays) start(p *play, run func()) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return false
	}
	if len(ps.all) >= maxFinished {
		oldest := slices.IndexFunc(ps.all, func(p *play) bool { return !p.isRunning() })
		ps.all = slices.Delete(ps.all, oldest, oldest+1)
	}
	ps.last++
	p.id = ps.last
	ps.all = append(ps.all, p)
	ps.running.Go(run)
	return true
}

// close refuses further plays and waits for the running ones, whose context must have ended.
func (ps *plays) close() {
	ps.mu.Lock()
	ps.closed = true
	ps.mu.Unlock()
	ps.running.Wait()
}

func (ps *plays) find(id string) (*play, error) {
	for _, p := range ps.list() {
		if strconv.Itoa(p.id) == id {
			return p, nil
		}
	}
	return nil, problem(http.StatusNotFound, "not-found", "unknown play %q", id)
}

func (ps *plays) list() []*play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return slices.Clone(ps.all)
}

// playRequest is a scenario and a receiver: scenario or source, and url or subscriptionId.
type playRequest struct {
	Scenario       string `json:"scenario,omitempty"`       // name of a scenario that comes with the program
	Source         string `json:"source,omitempty"`         // text of a scenario in YAML or JSON; it can play scenarios that come with the program, but reads no file
	URL            string `json:"url,omitempty"`            // of the receiver
	Secret         string `json:"secret,omitempty"`         // with url; by default the published secret
	SubscriptionID string `json:"subscriptionId,omitempty"` // the subscription whose receiver and secret to use
	Seed           *int64 `json:"seed,omitempty"`           // instead of the scenario's own
}

// startPlay plays a scenario. The response is sent before the play ends; its Location header is the path of the result.
func (h *Handler) startPlay(c *call, in *playRequest) (v playView, err error) {
	what, err := h.requestedPlay(in)
	if err != nil {
		return v, err
	}
	if h.options.Player == nil {
		return v, problem(http.StatusNotImplemented, "no-player", "this server cannot play scenarios")
	}
	release, ok := h.playing.take()
	if !ok {
		return v, busy("plays", maxPlays)
	}
	p := &play{scenario: in.Scenario, url: what.URL, startedAt: clock.Now(), ended: make(chan struct{})}
	what.Observe = p.observe
	run, err := h.options.Player.Prepare(what)
	if err != nil {
		release()
		return v, problem(http.StatusBadRequest, "scenario", "%s", err).about("scenario")
	}
	ctx, stop := context.WithCancel(h.closing)
	p.stop = stop
	if !h.plays.start(p, func() { p.run(ctx, run, release) }) {
		stop()
		release()
		return v, journal.ErrClosed
	}
	return viewPlay(p, false), c.created("plays", strconv.Itoa(p.id))
}

// requestedPlay checks a request for a play and finds the receiver.
func (h *Handler) requestedPlay(in *playRequest) (Play, error) {
	what := Play{Scenario: in.Scenario, Source: in.Source, URL: in.URL, Secret: simulator.Secret(in.Secret), Seed: in.Seed}
	switch {
	case (in.Scenario == "") == (in.Source == ""):
		return what, problem(http.StatusBadRequest, "scenario", "give either scenario, a name, or source, the text of a scenario").about("scenario")
	case (in.URL == "") == (in.SubscriptionID == ""):
		return what, problem(http.StatusBadRequest, "url", "give either url, of a receiver, or subscriptionId").about("url")
	case in.SubscriptionID == "":
		return what, nil
	case in.Secret != "":
		return what, problem(http.StatusBadRequest, "secret", "a subscription has its own secret; leave this one out").about("secret")
	}
	s, ok := h.provider.Subscription(in.SubscriptionID)
	if !ok {
		return what, problem(http.StatusBadRequest, "not-found", "unknown subscription %q", in.SubscriptionID).about("subscriptionId")
	}
	what.URL, what.Secret, what.SubscriptionID = s.URL, s.Secret, s.ID
	return what, nil
}

// run plays to the end, then releases its slot.
func (p *play) run(ctx context.Context, run func(context.Context) (Played, error), release func()) {
	defer close(p.ended)
	defer release()
	defer p.stop()
	played, err := run(ctx)
	p.result = played.Result
	switch {
	case ctx.Err() != nil:
		p.state = playStopped
	case err != nil:
		p.state, p.detail = playError, err.Error()
	case played.Passed:
		p.state = playPassed
	default:
		p.state = playFailed
	}
}

// listPlays lists the plays without their results, oldest first.
func (h *Handler) listPlays(*call) (listView[playView], error) {
	return viewList(h.plays.list(), func(p *play) playView { return viewPlay(p, false) }), nil
}

var (
	playWithinParameter = duration("within", "How long to wait for the end of the play, or for a further step, such as 30s; at most 5m.", 0, maxWait)
	stepsParameter      = integer("steps", "Number of steps that the client has; the response has the further ones, and `within` waits for one.", -1, 0, maxSeq)
)

// getPlay returns a play, with the steps that have ended, and its result if all have.
func (h *Handler) getPlay(c *call) (v playView, err error) {
	p, err := h.plays.find(c.variable("play"))
	if err != nil {
		return v, err
	}
	known := stepsParameter.of(c)
	steps, more := p.after(int(max(0, known)))
	if known < 0 || len(steps) > 0 {
		more = nil // only the end is of interest, or there are further steps already
	}
	if within := playWithinParameter.of(c); within > 0 && (known < 0 || len(steps) == 0) {
		_, ctx, end, err := h.longPoll(c, within)
		if err != nil {
			return v, err
		}
		defer end()
		select {
		case <-p.ended:
		case <-more:
		case <-ctx.Done():
		}
	}
	v = viewPlay(p, true)
	v.Steps, _ = p.after(int(max(0, known)))
	return v, nil
}

// stopPlay stops a play. The response has the result up to then.
func (h *Handler) stopPlay(c *call) (v playView, err error) {
	p, err := h.plays.find(c.variable("play"))
	if err != nil {
		return v, err
	}
	p.stop()
	select {
	case <-p.ended:
	case <-c.Context().Done():
		return v, c.Context().Err()
	}
	return viewPlay(p, true), nil
}
