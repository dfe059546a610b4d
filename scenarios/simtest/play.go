package simtest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// Play plays a scenario at the receiver: one of the library by its name, such as "first-visit", or a file. Each step is a
// subtest of t, which fails with what the command line would say. The result is returned for whoever wants to know more.
//
// Where the time stands still ([At], [Manual]) the scenario begins when it is, and its waits, which last as long as ever, move it.
func (s *Sim) Play(t *testing.T, name string) scenarios.Result {
	t.Helper()
	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, name)
	if err != nil {
		t.Fatalf("simtest: the scenario cannot be played:\n%v", err)
	}
	var transcript bytes.Buffer
	options := s.playing(t)
	options.Transcript = &transcript
	p, err := player.New(options)
	if err != nil {
		t.Fatalf("simtest: %v", err)
	}
	defer p.Close()
	s.mu.Lock()
	s.players = append(s.players, p)
	s.mu.Unlock()
	if err := p.Play(t.Context(), scenario); err != nil {
		t.Fatalf("simtest: playing %s: %v", name, err)
	}
	result := p.Result()
	for i := range result.Scenarios[0].Steps {
		subtest(t, &result.Scenarios[0], &result.Scenarios[0].Steps[i])
	}
	if !result.Passed() {
		s.mu.Lock()
		defer s.mu.Unlock()
		base := filepath.Base(scenario.File)
		s.scenarios = append(s.scenarios, playedScenario{strings.TrimSuffix(base, filepath.Ext(base)), transcript.Bytes()})
	}
	return result
}

// scenario is one that failed, for when the test has ended.
type playedScenario struct {
	name       string
	transcript []byte
}

// playing are the settings of a scenario that is played now.
func (s *Sim) playing(t *testing.T) player.Options {
	o := player.Options{
		Target: s.URL, Secret: simulator.Secret(s.Secret), SubscriptionID: s.SubscriptionID, System: s.options.system,
		Seed: s.options.seed, HasSeed: s.options.hasSeed, Env: s.options.env,
		Reproduce: append([]string{"--to", s.URL}, s.settings(s.Now())...),
	}
	o.Delivery.Timeout, o.Delivery.Insecure = s.options.timeout, true
	if s.options.system == fixtures.OlderAppointments {
		o.Reproduce = append(o.Reproduce, "--appointments", "older")
	}
	switch standing := s.clock.(type) {
	case *clock.FixedClock:
		o.At, o.Clock = s.Now(), standing
	case *clock.ManualClock:
		o.At, o.Clock = s.Now(), &advancing{ManualClock: standing, sim: s, t: t}
	}
	return o
}

// advancing is a manual clock that a scenario moves: what the provider owes meanwhile is sent.
type advancing struct {
	*clock.ManualClock
	sim *Sim
	t   *testing.T
	mu  sync.Mutex // branches of a scenario may move it at once
}

// Reach advances the clock to a time, unless it is past that.
func (a *advancing) Reach(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := at.Sub(a.Now()); d > 0 {
		if err := a.sim.provider.Advance(a.t.Context(), d); err != nil {
			a.t.Errorf("simtest: advancing the clock by %v: %v", d, err)
		}
	}
}

// told returns a record that a scenario tells of.
func (s *Sim) told(id string) (Record, bool) {
	s.mu.Lock()
	players := slices.Clone(s.players)
	s.mu.Unlock()
	for _, p := range slices.Backward(players) {
		if encoded, ok := p.Record(id); ok {
			return decode(encoded), true
		}
	}
	return Record{}, false
}

// subtest tells of a step that was played.
func subtest(t *testing.T, scenario *scenarios.ScenarioResult, step *scenarios.StepResult) {
	name := step.Path + " " + step.Title
	if step.Name != "" {
		name = step.Path + " " + step.Name
	}
	t.Run(name, func(t *testing.T) {
		switch step.Outcome {
		case scenarios.Failed:
			var b bytes.Buffer
			report.Terminal{}.Step(&b, scenario, step)
			t.Error("\n" + b.String())
		case scenarios.Skipped, scenarios.NotRun:
			t.Skip(step.Reason)
		}
	})
}
