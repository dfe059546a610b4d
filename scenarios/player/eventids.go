package player

import (
	"cmp"

	"semblance/scenarios/script"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator/provider"
)

// eventIDs numbers the eventIds of one scenario. As at the provider, the ids of a process share their five random bytes and
// differ in the counter. Each step has a range of numbers of its own, so that an id depends neither on the responses nor on
// the order in which the branches of a parallel block run.
type eventIDs struct {
	seed     uint64
	attempts uint64              // the largest number of attempts of a delivery with retries
	first    map[string]uint64   // the first number of a step, by its path
	next     uint64              // the first number after those of the scenario
	shared   *objectid.Generator // of the ids of all trials; nil while a scenario is played
}

// maxActionEvents is the number of events of an action for which there are numbers.
const maxActionEvents = 64

// newEventIDs numbers the ids of the steps of a scenario from first.
func newEventIDs(seed, first uint64, retry provider.RetryPolicy, steps []script.Step) *eventIDs {
	ids := &eventIDs{seed: seed, attempts: cmp.Or(uint64(retry.Attempts), provider.DefaultAttempts), first: map[string]uint64{}, next: first}
	ids.number(steps, 1)
	return ids
}

// number gives the steps their ranges. They are played the given number of times.
func (ids *eventIDs) number(steps []script.Step, times uint64) {
	for _, step := range steps {
		events := uint64(1)
		switch s := step.(type) {
		case *script.Send:
			events = uint64(len(script.Bindings(s, nil)))
		case *script.Do:
			events = maxActionEvents * uint64(len(script.Bindings(s, nil)))
		case *script.Traffic:
			events = uint64(s.Events)
		case *script.Repeat:
			ids.number(s.Steps, times*uint64(s.Times))
			continue
		}
		if options := script.DeliveringOf(step); options != nil {
			ids.first[script.Of(step).Path] = ids.next
			ids.next += times * events * ids.perEvent(options)
		}
		ids.number(script.Children(step), times)
	}
}

// perEvent returns the number of ids for one event, with its copies and retries.
func (ids *eventIDs) perEvent(options *script.Delivering) uint64 {
	n := uint64(1)
	if options.Again != nil {
		n += uint64(options.Again.Copies)
	}
	return n * ids.perCopy(options)
}

func (ids *eventIDs) perCopy(options *script.Delivering) uint64 {
	if options.Deliver == script.DeliverWithRetries {
		return ids.attempts
	}
	return 1
}

// generator returns the ids of a copy of the n-th event of a step, counted over all rounds of the step.
func (ids *eventIDs) generator(path string, options *script.Delivering, n uint64, number int) *objectid.Generator {
	if ids.shared != nil {
		return ids.shared
	}
	return objectid.NewSequence(ids.seed, uint32(ids.first[path]+n*ids.perEvent(options)+uint64(number)*ids.perCopy(options)))
}

// nextEventIDs returns the ids of a scenario, which follow those of the scenarios before it.
func (s *session) nextEventIDs(scenario *script.Scenario, seed int64) *eventIDs {
	first := uint64(0)
	if s.eventIDs != nil {
		first = s.eventIDs.next
	} else {
		s.idSeed = s.salt ^ splitmix.Mix(uint64(seed))
	}
	s.eventIDs = newEventIDs(s.idSeed, first, s.options.Retry, scenario.Steps)
	return s.eventIDs
}
