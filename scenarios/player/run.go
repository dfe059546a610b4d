package player

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// run is one scenario that is being played.
type run struct {
	*session
	trial          *trial // nil while a scenario is played
	scenario       *script.Scenario
	seed           int64
	subscriptionID string
	ids            *eventIDs
	clinics        *clinics
	apiFaults      apiFaults
	cast           map[*script.Scenario]map[string]*fixtures.Record // of the scenario and of those that it plays
	castIDs        map[string]bool                                  // the ids of all records in cast
	sender         sender
	seen           *scenarios.Responses // nil: no step examines them
	connections    map[string]sender    // that steps share, by name
	resends        []*script.Resend
	sentMu         sync.Mutex
	sent           map[string]sentEvent // the events of named steps, by path
	recorder       *scenarios.ScenarioRecorder
	stepAt         map[string]script.Step // by path
	selected       selected
	started        time.Time // machine time
	sentAbout      sync.Map  // the ids of records about which events were sent
	older          sync.Map  // the ids of records whose effects cannot be judged, see emission.watch
	observing      sync.Mutex
	stopped        atomic.Bool // by FailFast, or after the last selected step
}

// newRun creates the clinic and the cast of a scenario.
func newRun(s *session, scenario *script.Scenario, t *trial) (*run, error) {
	r := &run{session: s, trial: t, scenario: scenario, seed: scenario.Seed, subscriptionID: s.options.SubscriptionID,
		cast: map[*script.Scenario]map[string]*fixtures.Record{}, stepAt: map[string]script.Step{}, castIDs: map[string]bool{}}
	for step := range scenario.All() {
		r.stepAt[script.Of(step).Path] = step
	}
	subscription := r.seed // a receiver can be configured with the id, so it does not follow a fresh seed
	switch {
	case s.options.HasSeed:
		r.seed, subscription = s.options.Seed, s.options.Seed
	case s.options.FreshSeed != 0 && !scenario.HasSeed:
		r.seed = s.options.FreshSeed
	}
	r.ids = s.nextEventIDs(scenario, r.seed)
	if t != nil {
		r.ids.shared = t.ids
	}
	r.clinics = newClinics(s.records, scenario.Name, fixtures.Options{Seed: r.seed, System: s.options.System, At: s.options.At}, s.options.API)
	if r.subscriptionID == "" {
		created := s.options.At
		if created.IsZero() {
			created = fixtures.FirstDay() // so that a receiver can be configured with the id
		}
		r.subscriptionID = objectid.NewGenerator(uint64(subscription) ^ hash("subscription")).New(created).String()
	}
	if err := r.addCast(scenario, "", nil); err != nil {
		return nil, err
	}
	var err error
	if r.selected, err = s.options.Select.resolve(scenario); err != nil {
		return nil, err
	}
	own := s.options
	if t != nil {
		own.Delivery.IdleTimeout = time.Nanosecond // a connection is only reused where a check names it: a receiver may close it after an error
	}
	if r.sender, err = own.newSender(scenario); err != nil {
		return nil, err
	}
	switch {
	case t != nil:
		r.seen = t.options.Responses
	case examines(scenario):
		r.seen = &scenarios.Responses{}
	}
	if err := r.openConnections(); err != nil {
		r.closeConnections()
		return nil, err
	}
	r.clinics.publish()
	if s.options.API != nil && t == nil { // the ids of a trial are not those of its clinic
		s.options.API.Mutate(r.clinics.mutate)
	}
	r.started = clock.Now()
	r.recorder = s.results.Scenario(r.describe(), scenario.Info())
	return r, nil
}

// addCast adds the records of a scenario's cast to the clinic. The values of each follow from its name, so that one more
// record does not change the others. A record that stands for one of the outer scenario is that record.
func (r *run) addCast(scenario *script.Scenario, path string, outer *script.Scenario) error {
	cast := map[string]*fixtures.Record{}
	for _, c := range scenario.Cast {
		if c.Outer != "" {
			cast[c.Name] = r.cast[outer][c.Outer]
			continue
		}
		relations := map[string]*fixtures.Record{}
		for _, relation := range c.Relations {
			relations[relation.Role] = cast[relation.Name]
		}
		record, err := r.clinics.add("cast "+path+c.Name, c.Kind, relations)
		if err != nil {
			return fmt.Errorf("%s: creating %s: %w", c.Pos, c.Name, err)
		}
		cast[c.Name], r.castIDs[record.ID()] = record, true
	}
	r.cast[scenario] = cast
	return eachPlay(scenario.Steps, func(play *script.Play) error {
		return r.addCast(play.Scenario, play.Path+" ", scenario)
	})
}

// eachPlay calls f for every play step, but not for those of a scenario that one of them plays.
func eachPlay(steps []script.Step, f func(*script.Play) error) error {
	for _, step := range steps {
		if play, ok := step.(*script.Play); ok {
			if err := f(play); err != nil {
				return err
			}
			continue
		}
		if err := eachPlay(script.Children(step), f); err != nil {
			return err
		}
	}
	return nil
}

// describe returns the scenario's result without its steps.
func (r *run) describe() scenarios.ScenarioResult {
	s := scenarios.ScenarioResult{
		Name: r.scenario.Name, Description: r.scenario.Description, File: r.scenario.File, Library: r.scenario.Library, Seed: r.seed, StartedAt: r.options.At,
		Reproduce: append([]string{"play", r.scenario.File}, r.options.Reproduce...),
	}
	if s.StartedAt.IsZero() {
		s.StartedAt = r.started
	}
	if r.options.Reproduce == nil {
		s.Reproduce = append(s.Reproduce, "--to", simulator.TargetArgument(r.options.Target))
		if !r.options.At.IsZero() {
			s.Reproduce = append(s.Reproduce, "--at", r.options.At.Format(time.RFC3339))
		}
	}
	return s
}

// elapsed returns the machine time since the start of the scenario.
func (r *run) elapsed() time.Duration { return clock.Since(r.started) }

// over reports whether no further step may start.
func (r *run) over(ctx context.Context) bool {
	return r.stopped.Load() || r.failed.Load() || ctx.Err() != nil
}

// errNothingSent is the error for ${request.eventId} if no event was sent. Its step is skipped: the step that sends the
// event was not selected or was skipped itself.
var errNothingSent = errors.New("no event was sent before this step")

// fail records that a step could not be played.
func (r *run) fail(path string, round rounds, err error) {
	if errors.Is(err, errNothingSent) {
		r.recorder.Skip(path, errNothingSent.Error())
		return
	}
	if r.trial != nil {
		r.trial.step(r.stepAt[path], func(s *TrialStep) { s.Failed = err.Error() })
	}
	var probe *ProbeError
	if errors.As(err, &probe) {
		r.recorder.FailProbe(path, round.String(), probe.Error(), probe.Fix)
		return
	}
	r.recorder.Fail(path, round.String(), err.Error())
}

// observe passes the result of a step to the observer. The steps inside a repeat are passed once, in the order of the
// file, when the outermost repeat has ended.
func (r *run) observe(step script.Step, round rounds) {
	if len(round) > 0 {
		return
	}
	r.observing.Lock()
	defer r.observing.Unlock()
	if repeat, ok := step.(*script.Repeat); ok {
		r.observeRounds(repeat.Steps)
	}
	r.options.Observer.Step(r.recorder.Step(script.Of(step).Path))
}

func (r *run) observeRounds(steps []script.Step) {
	for _, step := range steps {
		r.observeRounds(script.Children(step))
		if result := r.recorder.Step(script.Of(step).Path); result.Outcome != scenarios.NotRun {
			r.options.Observer.Step(result)
		}
	}
}

// progress passes the progress of a step to the observer.
func (r *run) progress(path string, done int64) {
	r.observing.Lock()
	defer r.observing.Unlock()
	r.options.Observer.Progress(script.Info(r.stepAt[path]), done)
}
