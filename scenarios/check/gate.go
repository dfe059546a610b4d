package check

import (
	"context"
	"sync"
	"time"

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
	// doubt is called before the next request after one without a response. An error ends the check. It may be nil.
	doubt func(ctx context.Context) error

	mu      sync.Mutex
	under   int  // requests under way
	doubted bool // a request got no response
}

// resolve clears up the doubt about the receiver that a request without a response leaves.
func (v *visitor) resolve(ctx context.Context) error {
	v.mu.Lock()
	doubted := v.doubted && v.doubt != nil
	v.doubted = false
	v.mu.Unlock()
	if !doubted {
		return nil
	}
	return v.doubt(ctx)
}

// enter waits for a place, if the check has none.
func (v *visitor) enter(ctx context.Context) error {
	if err := v.resolve(ctx); err != nil {
		return err
	}
	if !v.free {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.under == 0 {
			select {
			case <-v.gate.places:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		v.under++
	}
	err := v.gate.wait(ctx)
	if err != nil && !v.free {
		v.release()
	}
	return err
}

// release ends a request. The caller holds the lock.
func (v *visitor) release() {
	if v.under--; v.under == 0 {
		v.gate.places <- struct{}{}
	}
}

// leave gives the place back after the last request under way.
func (v *visitor) leave(a *simulator.Attempt) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.doubted = v.doubted || a.Response.Status == 0
	if !v.free {
		v.release()
	}
}
