// Package player plays scenarios: it walks the tree that package script has read, lets the clinic act, sends what it
// gives, and hands every outcome to scenarios.Judge.
//
//	p, err := player.New(player.Options{Target: "http://127.0.0.1:3000/webhooks", Secret: secret})
//	defer p.Close()
//	err = p.Play(ctx, scenario)          // once for each scenario; what fails is in the result and no error
//	result := p.Result()
//	os.Exit(result.ExitCode())
//
// A step is played in two halves. Planning asks the clinic what the step sends; it happens in the order of the file, in
// one goroutine, and depends on no answer. Running sends it. In a parallel block everything is planned before anything
// runs, so that the clinic's scenario, every id and every byte follow from the seed, whichever branch is faster.
//
// What is drawn at a step follows from the seed and the step's path alone: editing one step leaves the others' ids
// as they were. With Options.At the time stands still as well, and two plays send the same bytes.
package player

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

// DefaultLadderScale is by how much the waits between retries are compressed: the ladder of the contract takes fourteen
// minutes, and a scenario has better things to do.
const DefaultRetryScale = 1000

// Options say where and how scenarios are played. Only Target is required.
type Options struct {
	Target         string             // the receiver's webhook URL
	Secret         simulator.Secret   // simulator.DefaultSecret if it is empty
	OtherSecrets   []simulator.Secret // valid beside it while it is rotated: one more v1 each
	SubscriptionID string             // what payloads name; one drawn from the seed if it is empty
	Delivery       delivery.Options
	Retry          provider.RetryPolicy
	RetryScale     float64 // DefaultLadderScale if it is 0

	Seed    int64 // decides all that is drawn, if HasSeed; else each scenario's own does
	HasSeed bool
	System  fixtures.System
	At      time.Time // where the simulated time begins and stands still; zero: it is real
	Clock   Clock     // with At: moved along with the scenario, for a receiver that shares it; may be nil

	Select      Selection
	FailFast    bool // a failed step stops the run
	AllowExec   bool // probes may run commands
	AllowPublic bool // faults and traffic may go to public addresses
	DryRun      bool // nothing is sent: what would be is in the transcript, and a probe is skipped. See [Player.Play]

	Cover        []*schemas.EventType // what coverage is measured on; nil: all that the provider sends
	CoverAtLeast float64              // the percentage that must be covered

	Env        func(name string) (value string, ok bool) // for ${env.NAME}; nil: none is set
	Transcript io.Writer                                 // every attempt as NDJSON, a [Line] each, in step order; may be nil
	Reproduce  []string                                  // flags for the command that plays a scenario again; nil: --to and --at as they are here
	Observer   Observer                                  // told of the play as it goes; may be nil
}

// Clock is one that stands still and is moved by the scenario, such as a [clock.FixedClock].
type Clock interface {
	clock.Clock
	Reach(t time.Time) // moves it on to t, and never back
}

// Observer is told of a play while it is going on. Its methods are called one at a time.
type Observer interface {
	// Begin says that a scenario begins.
	Begin(scenario scenarios.ScenarioResult)
	// Progress says how many attempts there have been in a traffic step, or rounds in a repeat, that is being played.
	Progress(step scenarios.Step, done int64)
	// Step says how a step went. The steps of a parallel block come as they end, those of a repeat when it has ended.
	Step(result scenarios.StepResult)
	// End says that the scenario begun last has ended.
	End(scenario scenarios.ScenarioResult)
}

// Player plays scenarios against one receiver and collects their result. Close it in the end.
type Player struct {
	options     Options
	origin      string // of the target: scheme and host
	secrets     []simulator.Secret
	probes      *http.Client
	recorder    *scenarios.Recorder
	started     time.Time // on the machine's clock
	salt        uint64    // of eventIds; random unless the time stands still
	runID       string
	reference   atomic.Bool // an answer has said that the receiver is the reference receiver
	interrupted bool
	failed      bool // a step has failed, and FailFast: no further scenario begins
	transcript  *track
	records     records
}

// New returns a player, or an error that says which option is wrong.
func New(o Options) (*Player, error) {
	target, err := url.Parse(o.Target)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("the target %q is no http or https URL", o.Target)
	}
	if o.Secret == "" {
		o.Secret = simulator.DefaultSecret
	}
	if o.RetryScale == 0 {
		o.RetryScale = DefaultRetryScale
	}
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	probes, err := probeClient(o.Delivery)
	if err != nil {
		return nil, err
	}
	p := &Player{options: o, origin: target.Scheme + "://" + target.Host, probes: probes, started: clock.Now(),
		secrets: append([]simulator.Secret{o.Secret}, o.OtherSecrets...)}
	began := o.At
	if began.IsZero() {
		began = p.started
		var random [8]byte
		rand.Read(random[:]) // never fails
		p.salt = binary.LittleEndian.Uint64(random[:])
	}
	p.runID = objectid.NewGenerator(p.salt ^ key("run")).New(began).String()
	p.recorder = scenarios.NewRecorder(scenarios.Run{
		Target: o.Target, StartedAt: began, Cover: o.Cover, CoverAtLeast: o.CoverAtLeast,
	})
	if o.Transcript != nil {
		p.transcript = newTrack(o.Transcript)
	}
	return p, nil
}

// Close lets go of the connections.
func (p *Player) Close() { p.probes.CloseIdleConnections() }

// Result returns what has been played by now.
func (p *Player) Result() scenarios.Result {
	return p.recorder.Result(clock.Since(p.started), p.interrupted)
}

// Check says why a scenario cannot be played with these options: it has no step that is selected by its path or name, needs
// a variable of the environment that is not set, or sends what only a receiver of one's own should be sent. Play checks the
// same, when it is the scenario's turn.
func (p *Player) Check(ctx context.Context, scenario *script.Scenario) error {
	selected, err := p.options.Select.resolve(scenario)
	if err != nil {
		return fmt.Errorf("%s: %w", scenario.File, err)
	}
	for step := range scenario.All() {
		if common := script.Of(step); common.Needs != "" || !selected.plays(common.Path) {
			continue // it may never come to it
		}
		for _, ref := range script.Env(step) {
			if _, ok := p.options.Env(ref.Name); !ok {
				return fmt.Errorf("%s: the environment variable %s is not set", ref.Pos, ref.Name)
			}
		}
	}
	return p.permitted(ctx, scenario)
}

// Play plays one scenario. A step that fails is in the result and no error; an error says why the scenario could not be
// played at all, or not be written down. When ctx is done the scenario stops where it is, and the result says so.
//
// In a dry run nothing is sent, asked or waited for. Of what depends on answers it assumes that a delivery is refused
// if a fault spoils it and accepted if not, which decides the retries; a step that needs a capture is skipped, with the
// reason. With Options.At two dry runs write the same transcript.
func (p *Player) Play(ctx context.Context, scenario *script.Scenario) error {
	if err := p.Check(ctx, scenario); err != nil {
		return err
	}
	s, err := p.newRun(scenario)
	if err != nil {
		return err
	}
	defer s.sender.Close()
	p.options.Observer.Begin(s.described())
	s.play(ctx)
	p.interrupted = p.interrupted || ctx.Err() != nil
	s.record.Close(s.since())
	p.options.Observer.End(s.described())
	if p.transcript != nil {
		if err := p.transcript.close(); err != nil {
			return fmt.Errorf("writing the transcript: %w", err)
		}
	}
	return nil
}

// permitted refuses what would be rude to send to the public: faults and traffic.
func (p *Player) permitted(ctx context.Context, scenario *script.Scenario) error {
	what := restricted(scenario.Steps)
	if what == "" || p.options.AllowPublic || p.options.DryRun {
		return nil
	}
	local, err := delivery.LeadsToLocal(ctx, p.options.Target)
	if err == nil && !local { // a name that cannot be looked up is for the attempts to report
		return fmt.Errorf("%s: %s goes to loopback and private addresses only, and %s is neither; say --allow-public if it is yours",
			scenario.File, what, p.options.Target)
	}
	return nil
}

// rude returns what in the steps only a receiver of one's own should be sent, or "".
func restricted(steps []script.Step) string {
	for _, step := range steps {
		switch s := step.(type) {
		case *script.Send:
			if s.Fault != nil {
				return "a fault (" + s.Fault.String() + ")"
			}
		case *script.Do:
			if s.Fault != nil {
				return "a fault (" + s.Fault.String() + ")"
			}
		case *script.Traffic:
			return "traffic"
		case *script.Repeat:
			if s.Times > maxPublicRounds {
				return fmt.Sprintf("a repeat of more than %d rounds", maxPublicRounds)
			}
		}
		if what := restricted(script.Children(step)); what != "" {
			return what
		}
	}
	return ""
}

// maxPublicRounds is how often a receiver that is not one's own may be asked the same: as --count on the command line.
const maxPublicRounds = 100

// readsBodies reports whether a step judges the body of an answer or takes something out of it: then the answer is wanted
// whole, as far as a document may go, and not as an excerpt.
func readsBodies(scenario *script.Scenario) bool {
	for step := range scenario.All() {
		var expect script.Expect
		var captures []script.Capture
		switch s := step.(type) {
		case *script.Send:
			expect, captures = s.Expect, s.Captures
		case *script.Do:
			expect, captures = s.Expect, s.Captures
		case *script.Traffic:
			expect, captures = s.Expect, s.Captures
		case *script.Request:
			expect, captures = s.Expect, s.Captures
		}
		if expect.Body != nil || len(expect.Equals) > 0 || len(captures) > 0 {
			return true
		}
	}
	return false
}

type silent struct{}

func (silent) Begin(scenarios.ScenarioResult) {}
func (silent) Progress(scenarios.Step, int64) {}
func (silent) Step(scenarios.StepResult)      {}
func (silent) End(scenarios.ScenarioResult)   {}
