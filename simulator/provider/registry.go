package provider

import (
	"cmp"
	"slices"

	"semblance/simulator"
)

// registry holds the subscriptions, with indexes by event type and by URL.
type registry struct {
	byID       map[string]*subscription
	all        []*subscription            // by time of creation, including deleted ones
	byType     map[string][]*subscription // those that get events of the type, likewise
	byEndpoint map[string][]*subscription // those with the canonical URL, likewise
}

// subscription is a subscription with everything that belongs to it.
type subscription struct {
	*simulator.Subscription        // the current version; an update replaces it
	endpoint                string // canonical URL
	local                   bool   // created at the start by a flag or a file; it may name every type
	former                  formerSecret
	failed                  int // deliveries that failed in a row
	faults                  []*faultPlan
	drawn                   uint64 // how many attempts drew whether they get a fault
	backlog                 backlog
}

func newRegistry() registry {
	return registry{byID: map[string]*subscription{}, byType: map[string][]*subscription{}, byEndpoint: map[string][]*subscription{}}
}

// put adds a subscription, or replaces its version.
func (r *registry) put(version *simulator.Subscription) {
	s := r.byID[version.ID]
	if s == nil {
		s = &subscription{Subscription: version}
		r.byID[version.ID] = s
		r.all = insert(r.all, s)
	} else {
		r.unindex(s)
		s.Subscription = version
	}
	if version.Deleted {
		s.faults = nil
		return
	}
	s.endpoint = canonicalURL(version.URL)
	r.byEndpoint[s.endpoint] = insert(r.byEndpoint[s.endpoint], s)
	for _, t := range version.EventTypes {
		r.byType[t] = insert(r.byType[t], s)
	}
}

func (r *registry) unindex(s *subscription) {
	if s.Deleted {
		return
	}
	is := func(other *subscription) bool { return other == s }
	if r.byEndpoint[s.endpoint] = slices.DeleteFunc(r.byEndpoint[s.endpoint], is); len(r.byEndpoint[s.endpoint]) == 0 {
		delete(r.byEndpoint, s.endpoint)
	}
	for _, t := range s.EventTypes {
		r.byType[t] = slices.DeleteFunc(r.byType[t], is)
	}
}

// insert inserts a subscription into a list that is in the order of creation. Ids decide between subscriptions that
// were created at the same time, so a restart does not change the order.
func insert(list []*subscription, s *subscription) []*subscription {
	i, _ := slices.BinarySearchFunc(list, s, func(a, b *subscription) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return slices.Insert(list, i, s)
}

// recipients returns the subscriptions that get events of a type. next, if not nil, is the version of one of them that is
// about to be applied; it counts already.
func (r *registry) recipients(eventType string, next *simulator.Subscription) []*subscription {
	current := r.byType[eventType]
	if next == nil || r.byID[next.ID] == nil {
		return current
	}
	s := r.byID[next.ID]
	gets, had := !next.Deleted && next.Wants(eventType), slices.Contains(current, s)
	switch {
	case gets && !had:
		return insert(slices.Clone(current), s)
	case had && !gets:
		return slices.DeleteFunc(slices.Clone(current), func(other *subscription) bool { return other == s })
	}
	return current
}

// living returns a subscription that is not deleted.
func (r *registry) living(id string) (*subscription, error) {
	s := r.byID[id]
	switch {
	case s == nil:
		return nil, noSubscription("id", id)
	case s.Deleted:
		return nil, refuse(CodeDeleted, "id", "the subscription %s is deleted", id)
	}
	return s, nil
}

func noSubscription(field, id string) error {
	return refuse(CodeNotFound, field, "unknown subscription %q", id)
}

// copied returns the current version, with lists that the caller may change.
func (s *subscription) copied() simulator.Subscription {
	version := *s.Subscription
	version.EventTypes, version.Headers = slices.Clone(version.EventTypes), slices.Clone(version.Headers)
	return version
}
