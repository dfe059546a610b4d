package player

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator/clock"
)

// scenario is one scenario while it is played.
type run struct {
	p              *Player
	scenario       *script.Scenario
	seed           int64
	subscriptionID string
	clinics        *clinics
	cast           map[*script.Scenario]map[string]*fixtures.Record
	sender         sender
	record         *scenarios.ScenarioRecorder
	steps          map[string]scenarios.Step // by path
	selected       selected
	started        time.Time // on the machine's clock
	observing      sync.Mutex

	stopping sync.Mutex
	stopped  bool // by --fail-fast or after --until
}

// newStory makes the clinic and its cast.
func (p *Player) newRun(scenario *script.Scenario) (*run, error) {
	s := &run{p: p, scenario: scenario, seed: scenario.Seed, subscriptionID: p.options.SubscriptionID,
		cast: map[*script.Scenario]map[string]*fixtures.Record{}, steps: map[string]scenarios.Step{}}
	if p.options.HasSeed {
		s.seed = p.options.Seed
	}
	s.clinics = &clinics{own: s.newClinic(p.options.System), traffic: map[string]*fixtures.Clinic{}}
	if s.subscriptionID == "" {
		s.subscriptionID = objectid.NewGenerator(uint64(s.seed) ^ key("subscription")).New(s.clinicDay()).String()
	}
	if err := s.castOf(scenario, "", nil); err != nil {
		return nil, err
	}
	steps := scenario.Info()
	for _, step := range steps {
		s.steps[step.Path] = step
	}
	var err error
	if s.selected, err = p.options.Select.resolve(scenario); err != nil {
		return nil, err
	}
	if s.sender, err = p.newSender(scenario); err != nil {
		return nil, err
	}
	p.records.mu.Lock()
	p.records.clinics = append(p.records.clinics, s.clinics)
	p.records.mu.Unlock()
	s.started = clock.Now()
	s.record = p.recorder.Scenario(s.described(), steps)
	return s, nil
}

func (s *run) newClinic(system fixtures.System) *fixtures.Clinic {
	return fixtures.New(fixtures.Options{Seed: s.seed, System: system, At: s.p.options.At})
}

// clinicDay is the day that the ids of records count from.
func (s *run) clinicDay() time.Time {
	if s.p.options.At.IsZero() {
		return fixtures.FirstDay()
	}
	return s.p.options.At
}

// castOf makes the records of a scenario's cast, each at a place of its own, so that one more does not change the
// others. One that stands for a record of the scenario around it is that record.
func (s *run) castOf(scenario *script.Scenario, path string, outer *script.Scenario) error {
	cast := map[string]*fixtures.Record{}
	for _, c := range scenario.Cast {
		if c.Outer != "" {
			cast[c.Name] = s.cast[outer][c.Outer]
			continue
		}
		relations := map[string]*fixtures.Record{}
		for _, r := range c.Relations {
			relations[r.Role] = cast[r.Name]
		}
		record, err := s.at("cast "+path+c.Name).Add(c.Kind, relations)
		if err != nil {
			return fmt.Errorf("%s: casting %s: %w", c.Pos, c.Name, err)
		}
		cast[c.Name] = record
	}
	s.cast[scenario] = cast
	return eachPlay(scenario.Steps, func(play *script.Play) error {
		return s.castOf(play.Scenario, play.Path+" ", scenario)
	})
}

// eachPlay calls f for every play among the steps, but not for those inside another.
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

// described returns what is known of the scenario without its steps.
func (s *run) described() scenarios.ScenarioResult {
	scenario := scenarios.ScenarioResult{Name: s.scenario.Name, Description: s.scenario.Description, File: s.scenario.File, Seed: s.seed}
	if s.p.options.At.IsZero() {
		scenario.StartedAt = s.started
	} else {
		scenario.StartedAt = s.p.options.At
	}
	scenario.Reproduce = append([]string{"play", s.scenario.File}, s.p.options.Reproduce...)
	if s.p.options.Reproduce == nil {
		scenario.Reproduce = append(scenario.Reproduce, "--to", s.p.options.Target)
		if !s.p.options.At.IsZero() {
			scenario.Reproduce = append(scenario.Reproduce, "--at", s.p.options.At.Format(time.RFC3339))
		}
	}
	return scenario
}

func (s *run) since() time.Duration { return clock.Since(s.started) }

// stop ends the scenario after what is running, and the whole run if a step has failed.
func (s *run) stop(failed bool) {
	s.stopping.Lock()
	defer s.stopping.Unlock()
	s.stopped = true
	s.p.failed = s.p.failed || failed
}

func (s *run) over(ctx context.Context) bool {
	s.stopping.Lock()
	defer s.stopping.Unlock()
	return s.stopped || s.p.failed || ctx.Err() != nil
}

// idSeed is what the eventIds of one round of a step are drawn from: fresh in every run, unless the time stands still.
func (s *run) idSeed(place string) uint64 {
	return s.p.salt ^ splitmix.Mix(uint64(s.seed)) ^ key(s.scenario.Name+"\x00"+place)
}

// at is where the clinic is asked for what a step needs. It goes by the scenario's name, so that two scenarios with one seed do
// not tell of the same records, and not by its file, which may be called from anywhere.
func (s *run) at(place string) fixtures.Place {
	return s.clinics.own.At(s.scenario.Name + "\x00" + place)
}

// key turns a name into a number that seeds are mixed with.
func key(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return splitmix.Mix(h.Sum64())
}

// round names a round of nested repeats, such as "2.1".
type round []int

func (r round) in(n int) round { return append(slices.Clone(r), n) }

func (r round) String() string {
	text := ""
	for i, n := range r {
		if i > 0 {
			text += "."
		}
		text += strconv.Itoa(n)
	}
	return text
}
