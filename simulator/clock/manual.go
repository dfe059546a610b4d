package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// FixedClock stands still except for sleeps: each advances it by its length and returns at once. It makes a run the same
// every time.
type FixedClock struct {
	mu  sync.Mutex
	now time.Time
}

// Fixed returns a clock that stands at t.
func Fixed(t time.Time) *FixedClock { return &FixedClock{now: t} }

// Now returns the time of the clock.
func (c *FixedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep advances the clock by d and returns at once.
func (c *FixedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return ctx.Err()
}

// Reach advances the clock to t. It does nothing if t is in the past.
func (c *FixedClock) Reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// ManualClock stands still until Advance moves it. Sleeps end in the order of their times.
type ManualClock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers []*sleeper    // by time, then in the order of their calls
	added    chan struct{} // closed when there is another sleeper
}

type sleeper struct {
	at   time.Time
	wake chan struct{}
}

// Manual returns a clock that stands at t until it is advanced.
func Manual(t time.Time) *ManualClock {
	return &ManualClock{now: t, added: make(chan struct{})}
}

// Now returns the time of the clock.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep waits until the clock has advanced by d, or until ctx is done.
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
	close(c.added)
	c.added = make(chan struct{})
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

// Advance advances the clock by d and ends every sleep that is over then. It does not wait for the sleepers.
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

// WaitForSleepers returns when at least n goroutines sleep on the clock, or when ctx is done.
func (c *ManualClock) WaitForSleepers(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		have, added := len(c.sleepers), c.added
		c.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-added:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
