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

// Set holds the plans of a running provider. Which calls a share chooses depends on the seed and the order of the calls
// alone. Its methods may be called from many goroutines.
type Set struct {
	seed uint64

	mu    sync.Mutex
	last  int
	plans []*Active
}

// Active is a plan in a set.
type Active struct {
	ID string
	Plan
	calls uint64 // that matched
}

// NewSet returns a set with plans.
func NewSet(seed int64, plans ...Plan) *Set {
	s := &Set{seed: uint64(seed)}
	for _, p := range plans {
		_, _ = s.Add(p)
	}
	return s
}

// Add adds a plan.
func (s *Set) Add(p Plan) (Active, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plans) >= MaxPlans {
		return Active{}, fmt.Errorf("there are %d faults of the API already; clear some", len(s.plans))
	}
	s.last++
	a := &Active{ID: strconv.Itoa(s.last), Plan: p}
	s.plans = append(s.plans, a)
	return *a, nil
}

// AddUntil adds a plan, and returns a function that removes it.
func (s *Set) AddUntil(p Plan) (remove func(), err error) {
	a, err := s.Add(p)
	if err != nil {
		return nil, err
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.plans = slices.DeleteFunc(s.plans, func(active *Active) bool { return active.ID == a.ID })
	}, nil
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
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = nil
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
	s.plans = slices.DeleteFunc(s.plans, func(a *Active) bool {
		if a.Field != "" && !slices.Contains(c.Fields, a.Field) || a.Operation != "" && a.Operation != c.Operation {
			return false
		}
		a.calls++
		if a.Share > 0 && !s.chosen(a) {
			return false
		}
		taken = append(taken, a.Plan)
		if a.Next > 0 {
			a.Next--
			return a.Next == 0
		}
		return false
	})
	return taken
}

// chosen reports whether the share of a plan includes the call.
func (s *Set) chosen(a *Active) bool {
	n, _ := strconv.ParseUint(a.ID, 10, 64)
	x := splitmix.Mix(splitmix.Mix(s.seed^splitmix.Mix(n)) + a.calls)
	return float64(x>>11)/(1<<53) < a.Share
}
