package player

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/script"
	"semblance/simulator/clock"
)

// branch is one thread of a scenario: the scenario itself, or one child of a parallel block. It is for one goroutine.
type branch struct {
	s     *run
	scope *scope
	now   time.Time // the simulated time where it stands still; zero where it is real
	sent  string    // eventId of the last send
	track *track    // where its attempts are written; nil where they are not
}

// stamp returns the simulated time for ids.
func (b *branch) stamp() time.Time {
	if b.now.IsZero() {
		return clock.Now()
	}
	return b.now
}

// pass lets d of the simulated time go by, of which the machine waits for real.
func (b *branch) pass(ctx context.Context, d, real time.Duration) error {
	if b.s.p.options.DryRun {
		real = 0
	}
	err := clock.Sleep(ctx, real)
	if !b.now.IsZero() {
		b.now = b.now.Add(d)
		if shared := b.s.p.options.Clock; shared != nil {
			shared.Reach(b.now)
		}
	}
	return err
}

// scope holds the captures that a thread of a scenario can see. Siblings of a shuffle or a parallel block do not see each
// other's: each has a scope of its own, which is merged into the one around the block when that has ended.
type scope struct {
	outer  *scope
	values map[string]any
}

func (s *scope) inner() *scope { return &scope{outer: s} }

func (s *scope) set(name string, value any) {
	if s.values == nil {
		s.values = map[string]any{}
	}
	s.values[name] = value
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if value, ok := s.values[name]; ok {
			return value, true
		}
	}
	return nil, false
}

func (s *scope) merge(inner *scope) {
	for name, value := range inner.values {
		s.set(name, value)
	}
}

// values answers the ${…} of one step, in one round, in one branch.
type values struct {
	b       *branch
	step    script.Step
	cast    map[string]*fixtures.Record
	round   round
	eventID string            // of the attempt that is judged; "" stands for the last send's
	sign    map[string]string // t, v1 and body of a request
}

// errNothingSent is why ${request.eventId} has no value. Its step is skipped, as one is that needs a capture: the file says
// that something is sent before it, and that was not selected, or skipped itself.
var errNothingSent = errors.New("nothing has been sent yet")

// Value returns what the reference names.
func (v *values) Value(ref *script.Ref) (any, error) {
	switch ref.Kind {
	case script.RefCast:
		return v.record(ref)
	case script.RefCapture:
		if value, ok := v.b.scope.get(ref.Name); ok {
			return value, nil
		}
		return nil, fmt.Errorf("nothing was captured as %s", ref.Name)
	case script.RefRequest:
		switch {
		case v.eventID != "":
			return v.eventID, nil
		case v.b.sent != "":
			return v.b.sent, nil
		}
		return nil, errNothingSent
	case script.RefEnv:
		if value, ok := v.b.s.p.options.Env(ref.Name); ok {
			return value, nil
		}
		return nil, fmt.Errorf("the environment variable %s is not set", ref.Name)
	case script.RefTarget:
		if ref.Name == "origin" {
			return v.b.s.p.origin, nil
		}
		return v.b.s.p.options.Target, nil
	case script.RefRun:
		return v.run(ref.Name), nil
	case script.RefSign, script.RefOver:
		if value, ok := v.sign[ref.Name]; ok {
			return value, nil
		}
	}
	return nil, fmt.Errorf("it has no value here")
}

func (v *values) run(name string) any {
	switch name {
	case "seed":
		return fmt.Sprint(v.b.s.seed)
	case "round":
		return v.round.String()
	}
	return v.b.s.p.runID
}

func (v *values) record(ref *script.Ref) (any, error) {
	record := v.b.s.related(v.cast[ref.Name], ref.Path)
	if record == nil {
		return nil, fmt.Errorf("%s has no %s", ref.Name, strings.Join(ref.Path, "."))
	}
	return record.ID(), nil
}
