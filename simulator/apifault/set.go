package apifault

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"semblance/schemas/splitmix"
)

// MaxPlans is the number of plans that a set can hold.
const MaxPlans = 100

// ErrFull is the error for a further plan.
var ErrFull = fmt.Errorf("there are %d faults of the API already; clear some", MaxPlans)

// Set holds the plans of a running provider. Which calls a share chooses depends on the seed of its plan and on the number
// of calls that matched the plan before. Its methods may be called from many goroutines.
type Set struct {
	seed  uint64
	given []Plan
	save  func([]Active) error

	mu    sync.Mutex
	last  int // the highest ID
	plans []*Active
}

// Active is a plan in a set.
type Active struct {
	ID string
	Plan
	Ended bool // it is in no set any more: its calls are over, or it was cleared

	seed  uint64
	calls uint64 // that matched
	saved bool
}

func (a *Active) number() int {
	n, _ := strconv.Atoi(a.ID)
	return n
}

// NewSet returns a set with plans.
func NewSet(seed int64, plans ...Plan) *Set { return Restore(seed, plans, nil, nil) }

// Restore returns a set with plans that each start gives, and those that were saved. From now on save gets each version of a
// plan that is added, before it takes effect. An error of save leaves the set as it was; Take goes on after one.
func Restore(seed int64, plans []Plan, saved []Active, save func([]Active) error) *Set {
	s := &Set{seed: uint64(seed), given: plans, save: save}
	for _, a := range saved {
		a.seed, a.saved = s.derive(a.ID), true
		s.last = max(s.last, a.number())
		s.plans = append(s.plans, &a)
	}
	slices.SortFunc(s.plans, func(a, b *Active) int { return a.number() - b.number() })
	s.give()
	return s
}

// give adds the plans that each start gives.
func (s *Set) give() {
	for i, p := range s.given {
		s.add(p, s.derive("given "+strconv.Itoa(i)))
	}
}

// derive returns the seed for the plan with a name.
func (s *Set) derive(name string) uint64 {
	x := s.seed
	for _, c := range []byte(name) {
		x = splitmix.Mix(x ^ uint64(c))
	}
	return x
}

// add adds a plan. The caller holds the lock.
func (s *Set) add(p Plan, seed uint64) *Active {
	s.last++
	a := &Active{ID: strconv.Itoa(s.last), Plan: p, seed: seed}
	s.plans = append(s.plans, a)
	return a
}

// Add adds a plan.
func (s *Set) Add(p Plan) (Active, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plans) >= MaxPlans {
		return Active{}, ErrFull
	}
	a := s.add(p, s.derive(strconv.Itoa(s.last+1)))
	if s.save != nil {
		a.saved = true
		if err := s.save([]Active{*a}); err != nil {
			s.remove(a)
			return Active{}, err
		}
	}
	return *a, nil
}

// AddUntil adds a plan with a seed of its own, and returns a function that removes it. It is not saved.
func (s *Set) AddUntil(p Plan, seed uint64) (remove func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plans) >= MaxPlans {
		return nil, ErrFull
	}
	a := s.add(p, seed)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remove(a)
	}, nil
}

func (s *Set) remove(a *Active) {
	s.plans = slices.DeleteFunc(s.plans, func(other *Active) bool { return other == a })
}

// All returns the plans in the order in which they were added. Next is the number of calls that are left.
func (s *Set) All() []Active {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Active, len(s.plans))
	for i, a := range s.plans {
		all[i] = *a
	}
	return all
}

// Clear removes all plans.
func (s *Set) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended []Active
	for _, a := range s.plans {
		if a.saved {
			ended = append(ended, Active{ID: a.ID, Ended: true})
		}
	}
	if len(ended) > 0 {
		if err := s.save(ended); err != nil {
			return err
		}
	}
	s.plans = nil
	return nil
}

// Reset restores the plans that each start gives. It saves nothing: a reset of the journal has deleted the others there.
func (s *Set) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = nil
	s.give()
}

// Call is a call of the API.
type Call struct {
	Operation string   // its name, or ""
	Fields    []string // root fields
}

// Take returns the faults of a call, and counts it.
func (s *Set) Take(c Call) []Plan {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var taken []Plan
	var changed []Active
	s.plans = slices.DeleteFunc(s.plans, func(a *Active) bool {
		if a.Field != "" && !slices.Contains(c.Fields, a.Field) || a.Operation != "" && a.Operation != c.Operation {
			return false
		}
		a.calls++
		if a.Share > 0 && !a.chosen() {
			return false
		}
		taken = append(taken, a.Plan)
		if a.Next > 0 {
			a.Next--
			a.Ended = a.Next == 0
			if a.saved {
				changed = append(changed, *a)
			}
		}
		return a.Ended
	})
	if len(changed) > 0 {
		_ = s.save(changed) // it logs the error, and a journal that fails does not hinder the API
	}
	return taken
}

// chosen reports whether the share of the plan includes the call.
func (a *Active) chosen() bool {
	return float64(splitmix.Mix(a.seed+a.calls)>>11)/(1<<53) < a.Share
}
