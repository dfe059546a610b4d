package player

import (
	"context"
	"slices"
	"time"

	"semblance/scenarios/script"
	"semblance/simulator"
)

// sentEvent is the event of a named step, to be sent again.
type sentEvent struct {
	emission emission
	request  simulator.Request // the first
}

// remember keeps the event of a step with a name.
func (r *run) remember(name string, e *emission, request simulator.Request) {
	if name == "" {
		return
	}
	r.sentMu.Lock()
	defer r.sentMu.Unlock()
	if r.sent == nil {
		r.sent = map[string]sentEvent{}
	}
	r.sent[e.path] = sentEvent{*e, request}
}

// resend plans a step that sends an earlier event again. In a repeat it is the event of the last round.
func (r *run) resend(step *script.Resend, f frame) task {
	return func(ctx context.Context, b *branch) {
		r.sentMu.Lock()
		original, ok := r.sent[step.Step.Path]
		r.sentMu.Unlock()
		if !ok {
			r.fail(step.Path, f.round, errNothingSent)
			return
		}
		e := original.emission
		e.path, e.round, e.step, e.options, e.values, e.number = step.Path, f.round, &step.Common, &step.Delivering, b.values(f), uint64(f.index)
		e.shown, e.another = original.emission.shown, nil
		judgeEffect := e.watch(ctx)
		ids := r.ids.generator(step.Path, e.options, e.number, 0)
		var request simulator.Request
		var err error
		switch step.As {
		case script.AsReplay:
			request = original.request
		case script.AsRetry:
			request, err = e.prepare(b, ids.New(b.now()).String(), b.time, true)
		default:
			request, err = e.resign(b, original.request, time.Second)
		}
		var tries []try
		if err == nil {
			tries = e.deliver(ctx, b, request, 0, ids)
		}
		e.finish(b, e.values, tries, err, judgeEffect)
	}
}

// countBefore counts the effects on the event's record if a later step sends the event again and requires an effect, which is
// then that of all its requests.
func (e *emission) countBefore(ctx context.Context) {
	effects, id := e.run.effects(), recordID(&e.event)
	if effects == nil || id == "" || e.run.trial != nil || e.run.options.DryRun || !slices.ContainsFunc(e.run.resends, func(s *script.Resend) bool {
		effect, _ := requiredEffect(&s.Common)
		return effect != "" && s.Step.Path == e.path
	}) {
		return
	}
	if n, err := effects.Count(ctx, id); err == nil { // an error is reported by the later step
		e.before = &n
	}
}

// connection returns the sender of an emission: one of its own for the steps that share a connection.
func (e *emission) connection() sender {
	if l := e.options.Layers; l != nil && l.Wire != nil && l.Wire.Connection != "" {
		if shared := e.run.connections[l.Wire.Connection]; shared != nil {
			return shared
		}
	}
	return e.run.sender
}

// openConnections makes a sender for each connection that steps share, and notes the steps that send an event again.
func (r *run) openConnections() error {
	r.connections = map[string]sender{}
	for step := range r.scenario.All() {
		if again, ok := step.(*script.Resend); ok {
			r.resends = append(r.resends, again)
		}
		d := script.DeliveringOf(step)
		if d == nil || d.Layers == nil || d.Layers.Wire == nil {
			continue
		}
		name := d.Layers.Wire.Connection
		if name == "" || r.connections[name] != nil {
			continue
		}
		shared, err := r.options.newSender(r.scenario)
		if err != nil {
			return err
		}
		r.connections[name] = shared
	}
	return nil
}

// closeConnections closes all connections of the run.
func (r *run) closeConnections() {
	r.sender.Close()
	for _, shared := range r.connections {
		shared.Close()
	}
}
