// Package player plays scenarios: it walks the tree of steps that package script has parsed, lets the clinic act, sends
// the events, and passes each attempt to scenarios.Judge.
//
//	p, err := player.New(player.Options{Target: "http://127.0.0.1:3000/webhooks", Secret: secret})
//	defer p.Close()
//	err = p.Play(ctx, scenario) // once for each scenario; a failed step is in the result and is not an error
//	result := p.Result()
//	os.Exit(result.ExitCode())
//
// A step is planned, then run. To plan a step is to ask the clinic which events it sends. Steps are planned in the order
// of the file, in one goroutine, and no plan depends on a response. In a parallel block all steps are planned before any
// of them runs. So the records and their values follow from the seed, whichever branch is faster.
//
// The values drawn by a step depend only on the seed and the path of the step: to edit one step does not change the
// records of the others. The times of the records, which are part of their ids, are those of the steps. With Options.At
// the simulated time is fixed too, and two plays send the same bytes.
package player

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// Player plays scenarios against one receiver and collects their result. The caller must close it. Play plays one
// scenario at a time; the other methods may be called while it does.
type Player struct {
	session
	trialIDs    *objectid.Generator // of all trials
	started     time.Time           // machine time
	interrupted bool
}

// New returns a player. The error names the invalid option.
func New(o Options) (*Player, error) {
	target, err := url.Parse(o.Target)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("invalid target %s: use an http or https URL", human.Quoted(simulator.RedactURL(o.Target)))
	}
	o.Secret, o.RetryScale = cmp.Or(o.Secret, simulator.DefaultSecret), cmp.Or(o.RetryScale, DefaultRetryScale)
	if o.Env == nil {
		o.Env = func(string) (string, bool) { return "", false }
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.Delivery.Guard == nil {
		o.Delivery.Guard = &delivery.Guard{}
	}
	probes, err := o.newProbeSender()
	if err != nil {
		return nil, err
	}
	p := &Player{started: clock.Now(), session: session{
		options: o, origin: target.Scheme + "://" + target.Host, probes: probes, records: &records{},
		secrets: append([]simulator.Secret{o.Secret}, o.OtherSecrets...),
	}}
	startedAt := o.At
	if startedAt.IsZero() {
		startedAt = p.started
		p.salt = rand.Uint64()
	}
	p.trialIDs = objectid.NewSequence(p.salt, 1)
	p.runID = objectid.NewGenerator(p.salt ^ hash("run")).New(startedAt).String()
	p.results = scenarios.NewRecorder(scenarios.Run{
		Target: o.Target, StartedAt: startedAt, Cover: o.Cover, CoverAtLeast: o.CoverAtLeast, ShowSecrets: o.ShowSecrets,
	})
	if o.Transcript != nil {
		p.transcript = newTrack(o.Transcript)
	}
	return p, nil
}

// Close closes idle connections.
func (p *Player) Close() { p.probes.Close() }

// Result returns the result of everything played so far.
func (p *Player) Result() scenarios.Result {
	return p.results.Result(clock.Since(p.started), p.interrupted)
}

// Record returns the record with an id as JSON, as the provider's API would, while a scenario is played and afterwards. ok
// is false if there is no such record, or it was forgotten (see package fixtures).
func (p *Player) Record(id string) (record json.RawMessage, ok bool) { return p.records.lookup(id) }

// Check returns an error if a scenario cannot be played with these options: no step matches the selection, an environment
// variable is not set, or the target is public and the scenario must not be sent there. Play checks the same.
func (p *Player) Check(ctx context.Context, scenario *script.Scenario) error {
	selected, err := p.options.Select.resolve(scenario)
	if err != nil {
		return fmt.Errorf("%s: %w", scenario.File, err)
	}
	for step := range scenario.All() {
		if common := script.Of(step); common.Needs != "" || !selected.plays(common.Path) {
			continue // the step may be skipped
		}
		for _, ref := range script.Env(step) {
			if _, ok := p.options.Env(ref.Name); !ok {
				return fmt.Errorf("%s: the environment variable %s is not set", ref.Pos, ref.Name)
			}
		}
	}
	if err := p.options.checkAPI(scenario); err != nil {
		return err
	}
	return p.permitted(ctx, scenario)
}

// Play plays one scenario. A failed step is in the result and is not an error; the error says why the scenario could not
// be played at all, or why the transcript could not be written. When ctx ends, the scenario stops and the result says so.
//
// A dry run sends nothing, runs no probes and does not wait. It assumes that a delivery with a fault is refused and every
// other one accepted, which decides the retries; a step that needs a capture is skipped. With Options.At two dry runs
// write the same transcript.
func (p *Player) Play(ctx context.Context, scenario *script.Scenario) error {
	if err := p.Check(ctx, scenario); err != nil {
		return err
	}
	r, err := newRun(&p.session, scenario, nil)
	if err != nil {
		return err
	}
	defer r.closeConnections()
	defer r.apiFaults.clear()
	p.options.Observer.Begin(r.describe())
	r.play(ctx)
	p.interrupted = p.interrupted || ctx.Err() != nil
	r.recorder.Close(r.elapsed())
	p.options.Observer.End(r.describe())
	if err := p.transcript.close(); err != nil {
		return fmt.Errorf("writing the transcript: %w", err)
	}
	return nil
}
