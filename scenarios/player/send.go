package player

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/fixtures"
	"semblance/scenarios/script"
	"semblance/schemas"
)

// send plans a send step: one event.
func (r *run) send(step *script.Send, f frame) task {
	eventType := step.Type
	if eventType == nil {
		if eventType = f.each.Type; eventType == nil {
			return r.failing(step.Path, f, errors.New("no event type"))
		}
		if !r.trial.subscribed(eventType) {
			return func(context.Context, *branch) {}
		}
	}
	o := fixtures.EventOptions{About: r.records(step.About, f), Omit: slices.Clone(step.Omit), Set: map[string]string{}}
	for _, named := range step.Identifiers {
		if eventType.Allows(named.Name) {
			o.Set[named.Name] = named.Value.String() // a placeholder in the right position, see override
		}
	}
	planned := &values{branch: &branch{run: r}, cast: r.cast[f.scenario], round: f.round, each: f.each}
	for i := range step.OmitTexts {
		name, err := step.OmitTexts[i].Resolve(planned)
		if err != nil {
			return r.failing(step.Path, f, err)
		}
		o.Omit = append(o.Omit, name)
	}
	another := func(key string) (schemas.Event, error) {
		own := o
		if f.each != nil && f.each.Alternative != "" {
			record, err := r.clinics.add(key, strings.TrimSuffix(f.each.Alternative, "Id"), nil)
			if err != nil {
				return schemas.Event{}, err
			}
			own.About = map[string]*fixtures.Record{"": record}
		}
		event, err := r.clinics.event(key, eventType, own)
		return r.identify(event), err
	}
	event, err := another(drawKey(step.Path, f.round))
	if err != nil {
		return r.failing(step.Path, f, r.castNames(err, f))
	}
	return func(ctx context.Context, b *branch) {
		v := b.values(f)
		e := emission{run: r, path: step.Path, round: f.round, step: &step.Common, options: &step.Delivering, event: event, number: uint64(f.index), another: another,
			validate: !step.Invalid && step.Layers == nil && len(step.Identifiers)+len(step.Omit)+len(step.OmitTexts) > 0}
		identifiers, err := override(event.Identifiers, step.Identifiers, v)
		if err != nil {
			r.fail(step.Path, f.round, err)
			return
		}
		e.event.Identifiers = identifiers
		if len(script.Env(step)) > 0 && !r.options.ShowSecrets {
			shown := event
			if shown.Identifiers, err = override(event.Identifiers, step.Identifiers, v.shown()); err != nil {
				r.fail(step.Path, f.round, err)
				return
			}
			e.shown = &shown
		}
		if t := r.trial; t != nil && t.options.Hook != nil && step.Hook != (script.Hook{}) {
			if err := t.options.Hook(ctx, recordID(&e.event), step.Hook.Fail, step.Hook.Delay); err != nil {
				r.fail(step.Path, f.round, fmt.Errorf("setting the hook: %w", err))
				return
			}
		}
		e.send(ctx, b, v)
	}
}

// override returns the identifiers with the values that the step sets. Identifiers that the event type does not have come
// last.
func override(identifiers []schemas.Identifier, set []script.Named, v *values) ([]schemas.Identifier, error) {
	identifiers = slices.Clone(identifiers)
	res := resolver{values: v}
	for _, named := range set {
		value := res.text(&named.Value)
		i := slices.IndexFunc(identifiers, func(id schemas.Identifier) bool { return id.Name == named.Name })
		if i >= 0 {
			identifiers[i].Value = value
		} else {
			identifiers = append(identifiers, schemas.Identifier{Name: named.Name, Value: value})
		}
	}
	return identifiers, res.err
}

// do plans an action of the clinic: each of its events.
func (r *run) do(step *script.Do, f frame) task {
	key := drawKey(step.Path, f.round)
	events, err := r.clinics.do(key, step.Action, r.records(step.About, f))
	if err != nil {
		return r.failing(step.Path, f, r.systemHint(step.Action, r.castNames(err, f)))
	}
	events = r.identifiers(events)
	return func(ctx context.Context, b *branch) {
		for i, event := range events {
			if r.over(ctx) {
				return
			}
			e := emission{run: r, path: step.Path, round: f.round, step: &step.Common, options: &step.Delivering, event: event,
				number: uint64(f.index)*maxActionEvents + uint64(i)}
			e.send(ctx, b, b.values(f))
		}
	}
}

// records returns the records that a step is about, by their roles.
func (r *run) records(about []script.About, f frame) map[string]*fixtures.Record {
	records := map[string]*fixtures.Record{}
	for _, a := range about {
		records[a.Role] = r.cast[f.scenario][a.Name]
	}
	return records
}

// castNames returns an error of the clinic with the names of the cast instead of the ids of their records.
func (r *run) castNames(err error, f frame) error {
	message := err.Error()
	for name, record := range r.cast[f.scenario] {
		message = strings.ReplaceAll(message, record.ID(), name)
	}
	return errors.New(message)
}

// systemHint adds a hint to the error of an action that belongs to the other appointment system.
func (r *run) systemHint(action string, err error) error {
	for _, a := range fixtures.Actions() {
		if a.Name != action {
			continue
		}
		if t, unknown := schemas.Lookup(a.Events[0]); unknown == nil {
			if system, ok := fixtures.SystemOf(t); ok && system != r.options.System {
				return fmt.Errorf("%w; use --appointments %s", err, system)
			}
		}
	}
	return err
}

// failing returns the task of a step that cannot be played.
func (r *run) failing(path string, f frame, err error) task {
	return func(context.Context, *branch) { r.fail(path, f.round, err) }
}
