package check

import (
	"context"
	"sync"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// gate bounds the requests under way. A check holds a place while it has at least one request under way, so that copies which
// must be sent at once are, and a check that waits holds none.
type gate struct {
	places chan struct{}

	mu    sync.Mutex
	pace  time.Duration // between two requests; 0: none
	next  time.Time     // of the next request
	count int           // requests sent
}

func newGate(places int, perSecond float64) *gate {
	g := &gate{places: make(chan struct{}, MaxInFlight*8)}
	if perSecond > 0 {
		g.pace = time.Duration(float64(time.Second) / perSecond)
	}
	for range places {
		g.places <- struct{}{}
	}
	return g
}

// widen adds places up to n.
func (g *gate) widen(n int) {
	for len(g.places) < min(n, cap(g.places)) {
		g.places <- struct{}{}
	}
}

// narrow leaves one place. It waits for the requests under way.
func (g *gate) narrow(ctx context.Context, places int) {
	for range places - 1 {
		select {
		case <-g.places:
		case <-ctx.Done():
			return
		}
	}
}

// sent returns the number of requests.
func (g *gate) sent() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}

// wait waits for the turn of a request.
func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	g.count++
	var sleep time.Duration
	if g.pace > 0 {
		now := clock.Now()
		if g.next.Before(now) {
			g.next = now
		}
		sleep = g.next.Sub(now)
		g.next = g.next.Add(g.pace)
	}
	g.mu.Unlock()
	return clock.Sleep(ctx, sleep)
}

// visitor is a check at the gate.
type visitor struct {
	gate *gate
	free bool // holds no place: its requests take long on purpose
	// doubt is called before the next request after one without a response. It sends the control. An error ends the check: the
	// receiver was lost. It may be nil.
	doubt func(ctx context.Context) (*scenarios.Exchange, error)
	lost  *scenarios.Exchange // the control of doubt when the receiver was lost, or nil

	turn       sync.Mutex // held while the check waits for a place
	mu         sync.Mutex
	under      int  // requests under way
	doubted    bool // a request got no response
	confirming bool // waits for the control after its requests
}

// suspect reports whether the check can be the reason for which the receiver is lost now.
func (v *visitor) suspect() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.under > 0 || v.doubted || v.confirming
}

// confirm calls a function that sends the control after the requests of the check.
func (v *visitor) confirm(control func() *scenarios.Exchange) *scenarios.Exchange {
	set := func(confirming bool) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.confirming = confirming
	}
	set(true)
	defer set(false)
	return control()
}

// resolve clears up the doubt about the receiver that a request without a response leaves.
func (v *visitor) resolve(ctx context.Context) (err error) {
	v.mu.Lock()
	doubted := v.doubted && v.doubt != nil
	v.mu.Unlock()
	if !doubted {
		return nil
	}
	control := v.confirm(func() (x *scenarios.Exchange) {
		x, err = v.doubt(ctx)
		return x
	})
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.doubted = false; err != nil {
		v.lost = control
	}
	return err
}

// enter waits for a place, if the check has none.
func (v *visitor) enter(ctx context.Context) error {
	if err := v.resolve(ctx); err != nil {
		return err
	}
	if err := v.place(ctx); err != nil {
		return err
	}
	err := v.gate.wait(ctx)
	if err != nil {
		v.release(false)
	}
	return err
}

// place counts a request, for the first of which it waits for a place.
func (v *visitor) place(ctx context.Context) error {
	v.turn.Lock()
	defer v.turn.Unlock()
	v.mu.Lock()
	first := v.under == 0
	if !first || v.free {
		v.under++
	}
	v.mu.Unlock()
	if !first || v.free {
		return nil
	}
	select {
	case <-v.gate.places:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.under++
	return nil
}

// release ends a request.
func (v *visitor) release(doubted bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.doubted = v.doubted || doubted
	if v.under--; v.under == 0 && !v.free {
		v.gate.places <- struct{}{}
	}
}

// leave gives the place back after the last request under way.
func (v *visitor) leave(a *simulator.Attempt) { v.release(a.Response.Status == 0) }
