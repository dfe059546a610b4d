package player

import (
	"context"
	"errors"
	"sync"

	"semblance/scenarios/script"
	"semblance/schemas/splitmix"
)

// apiFaults are the faults of the provider's API that the steps of a scenario have injected.
type apiFaults struct {
	mu     sync.Mutex
	remove []func()
}

// clear removes the faults.
func (f *apiFaults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, remove := range f.remove {
		remove()
	}
	f.remove = nil
}

// apiFault plans an api-fault step.
func (r *run) apiFault(step *script.APIFault, f frame) task {
	return func(context.Context, *branch) {
		switch {
		case r.options.API == nil:
			r.fail(step.Path, f.round, errors.New("the provider's API is not served"))
		case step.Plan.Kind == "":
			r.apiFaults.clear()
		default:
			remove, err := r.options.API.Fault(step.Plan, splitmix.Mix(uint64(r.seed))^hash(r.scenario.Name+"\x00"+drawKey(step.Path, f.round)))
			if err != nil {
				r.fail(step.Path, f.round, err)
				return
			}
			r.apiFaults.mu.Lock()
			defer r.apiFaults.mu.Unlock()
			r.apiFaults.remove = append(r.apiFaults.remove, remove)
		}
	}
}
