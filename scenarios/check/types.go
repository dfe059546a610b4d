package check

import "semblance/schemas"

// subscribed returns the event types that a check may send, or nil for all. A check that goes over all types leaves out those
// that have a check of their own, and those that failed in the check before it.
func (r *run) subscribed(c *Case) []*schemas.EventType {
	if !goesOverTypes(c.Scenario) {
		return r.options.Events
	}
	types := r.options.Events
	if types == nil {
		types = schemas.All()
	}
	return without(without(types, ownTypes(r.options.All)), r.failedTypes(c))
}

// types returns the event types that remain for a check that goes over types, or nil.
func (r *run) types(c *Case) []*schemas.EventType {
	if !goesOverTypes(c.Scenario) {
		return nil
	}
	return r.subscribed(c)
}

// failedTypes returns the event types that were refused in the checks before this one.
func (r *run) failedTypes(c *Case) []*schemas.EventType {
	var types []*schemas.EventType
	for _, id := range c.After {
		before := r.resultOf(id)
		if before == nil || !goesOverTypes(byID(r.options.All, id).Scenario) {
			continue
		}
		for _, f := range before.Findings {
			for _, x := range f.Exchanges {
				if t, err := schemas.Lookup(x.Attempt.Request.EventType); err == nil {
					types = append(types, t)
				}
			}
		}
	}
	return types
}
