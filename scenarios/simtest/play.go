package simtest

import (
	"bytes"
	"cmp"
	"fmt"
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

// Play plays a scenario against the receiver: a name from the library, such as "first-visit", or a file. Each step is a
// subtest of t, which fails with the output of the command line. If the receiver does not accept the first valid event, the
// other steps are skipped. Play also returns the result.
//
// With [At] or [Manual] the scenario begins at the present simulated time and its waits move the clock; they still take
// machine time.
func (s *Sim) Play(t *testing.T, name string) scenarios.Result {
	t.Helper()
	scenario, err := script.Load(script.Files{Scenarios: library.Files()}, name)
	must(t, err, "invalid scenario:\n")
	var transcript bytes.Buffer
	options := s.playerOptions(t)
	options.Transcript = &transcript
	if s.serves() || scenario.API {
		api := s.API()
		options.API = playedAPI{api}
		defer api.clinic.played.Store(nil)
	}
	p, err := player.New(options)
	must(t, err, "")
	defer p.Close()
	s.mu.Lock()
	s.players = append(s.players, p)
	s.mu.Unlock()
	must(t, p.Play(t.Context(), scenario), "playing %s: ", name)
	result := p.Result()
	for i := range result.Scenarios[0].Steps {
		s.subtest(t, &result.Scenarios[0], i)
	}
	if !result.Passed() {
		s.mu.Lock()
		defer s.mu.Unlock()
		base := filepath.Base(scenario.File)
		s.failed = append(s.failed, failedScenario{strings.TrimSuffix(base, filepath.Ext(base)), transcript.Bytes()})
	}
	return result
}

// failedScenario is a scenario that failed, for the artifacts of the test.
type failedScenario struct {
	name       string
	transcript []byte
}

// playerOptions returns the options for a scenario that is played now.
func (s *Sim) playerOptions(t *testing.T) player.Options {
	o := player.Options{
		Target: s.URL, Secret: simulator.Secret(s.Secret), SubscriptionID: s.SubscriptionID, System: s.options.system,
		Seed: s.options.seed, HasSeed: s.options.hasSeed, FreshSeed: s.options.seed, Env: s.options.env, Control: true,
		Reproduce: append([]string{"--to", simulator.TargetArgument(s.URL)}, s.flags(s.Now())...),
	}
	o.Delivery.Timeout, o.Delivery.Insecure = s.options.timeout, true
	if s.options.system == fixtures.OlderAppointments {
		o.Reproduce = append(o.Reproduce, "--appointments", "older")
	}
	switch c := s.clock.(type) {
	case *clock.FixedClock:
		o.At, o.Clock = s.Now(), c
	case *clock.ManualClock:
		o.At, o.Clock = s.Now(), &scenarioClock{ManualClock: c, sim: s, t: t}
	}
	return o
}

// scenarioClock is a manual clock that a scenario moves. The provider's retries that become due are made.
type scenarioClock struct {
	*clock.ManualClock
	sim *Sim
	t   *testing.T
	mu  sync.Mutex // branches of a scenario may move the clock concurrently
}

// Reach advances the clock to a time, unless it is past it.
func (c *scenarioClock) Reach(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := at.Sub(c.Now()); d > 0 {
		if err := c.sim.provider.Advance(c.t.Context(), d); err != nil {
			c.t.Errorf("simtest: advancing the clock by %v: %v", d, err)
		}
	}
}

// playedRecord returns a record of a scenario that was played.
func (s *Sim) playedRecord(id string) (Record, bool) {
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

// subtest reports the result of a step as a subtest.
func (s *Sim) subtest(t *testing.T, scenario *scenarios.ScenarioResult, i int) {
	step := &scenario.Steps[i]
	name := step.Path + " " + step.Title
	if step.Name != "" {
		name = step.Path + " " + step.Name
	}
	t.Run(name, func(t *testing.T) {
		switch step.Outcome {
		case scenarios.Failed:
			for k := range step.Evidence {
				if e := &step.Evidence[k]; e.Attempt != nil {
					e.Hint.Fix = cmp.Or(s.pathHint(&e.Attempt.Response), e.Hint.Fix)
				}
			}
			text := report.Terminal{}.Step(scenario, step)
			attempts := attemptsOf(scenario.Steps[:i+1])
			text += fmt.Sprintf("        test      %s\n", rerun(t.Name()))
			if step.Kind == "probe" && len(attempts) > 0 { // its expectation is about effects
				text += fmt.Sprintf("        attempts, by the time since the first:\n%s\n", timeline(attempts))
			}
			t.Error("\n" + text)
		case scenarios.Skipped, scenarios.NotRun:
			t.Skip(cmp.Or(step.Reason, "not played, because of an earlier step"))
		}
	})
}

// attemptsOf returns the attempts of steps that are kept as evidence.
func attemptsOf(steps []scenarios.StepResult) []simulator.Attempt {
	var all []simulator.Attempt
	for i := range steps {
		for _, e := range steps[i].Evidence {
			if e.Attempt != nil {
				all = append(all, *e.Attempt)
			}
		}
	}
	return all
}
