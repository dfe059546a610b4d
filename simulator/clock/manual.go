package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// FixedClock stands still, but for sleepers: each moves it by as much as it sleeps, at once. It is the simulated time of
// a run that must be the same every time.
type FixedClock struct {
	mu  sync.Mutex
	now time.Time
}

// Fixed returns a clock that stands at t.
func Fixed(t time.Time) *FixedClock { return &FixedClock{now: t} }

// Now returns where the clock stands.
func (c *FixedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves the clock by d and returns at once.
func (c *FixedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return ctx.Err()
}

// Reach moves the clock on to t; it never moves back.
func (c *FixedClock) Reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// ManualClock stands still until Advance moves it; sleepers wake in the order of their time.
type ManualClock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers []*sleeper // ordered by time, then by arrival
	arrived  chan struct{}
}

type sleeper struct {
	at   time.Time
	wake chan struct{}
}

// Manual returns a clock that stands at t until it is advanced.
func Manual(t time.Time) *ManualClock {
	return &ManualClock{now: t, arrived: make(chan struct{})}
}

// Now returns where the clock stands.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep waits until the clock has been advanced by d, or ctx is done.
func (c *ManualClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	c.mu.Lock()
	s := &sleeper{at: c.now.Add(d), wake: make(chan struct{})}
	i, _ := slices.BinarySearchFunc(c.sleepers, s, func(have, want *sleeper) int {
		if have.at.After(want.at) {
			return 1
		}
		return -1
	})
	c.sleepers = slices.Insert(c.sleepers, i, s)
	close(c.arrived)
	c.arrived = make(chan struct{})
	c.mu.Unlock()
	select {
	case <-s.wake:
		return nil
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sleepers = slices.DeleteFunc(c.sleepers, func(other *sleeper) bool { return other == s })
		return ctx.Err()
	}
}

// Advance moves the clock by d and wakes every sleeper whose time has come. It does not wait for what they do.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	due := 0
	for due < len(c.sleepers) && !c.sleepers[due].at.After(c.now) {
		close(c.sleepers[due].wake)
		due++
	}
	c.sleepers = slices.Delete(c.sleepers, 0, due)
}

// WaitForSleepers returns when at least n sleep on the clock, or ctx is done.
func (c *ManualClock) WaitForSleepers(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		have, arrived := len(c.sleepers), c.arrived
		c.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
