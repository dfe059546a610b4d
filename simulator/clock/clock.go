// Package clock is the one place that asks the time or waits. There are two times:
//
//   - the scenario's, a [Clock]: what ids and signatures carry, when a retry is due, how long things are kept. It is real
//     ([Real]), real with waits compressed ([Scaled]), standing still ([Fixed]) or moved by hand ([Manual]).
//   - the machine's, the functions of this package: time-outs, timings, probes. It is always real.
package clock

import (
	"context"
	"time"
)

// Clock is the simulated time.
type Clock interface {
	// Now returns the simulated time.
	Now() time.Time
	// Sleep waits until d of the simulated time has passed, or ctx is done: then its error is ctx's.
	Sleep(ctx context.Context, d time.Duration) error
}

// Now returns the machine's time, with its monotonic reading.
func Now() time.Time { return time.Now() }

// Since returns the machine's time that has passed since t.
func Since(t time.Time) time.Duration { return time.Since(t) }

// Sleep waits for d of the machine's time, or until ctx is done: then its error is ctx's.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type real struct{ scale float64 }

// Real returns the clock whose scenario is now.
func Real() Clock { return real{scale: 1} }

// Scaled returns a clock that tells the real time and sleeps scale times less than it is asked to, so that a ladder of
// minutes is climbed in seconds while signatures stay fresh. scale must be positive.
func Scaled(scale float64) Clock { return real{scale: scale} }

func (r real) Now() time.Time { return time.Now() }

func (r real) Sleep(ctx context.Context, d time.Duration) error {
	return Sleep(ctx, time.Duration(float64(d)/r.scale))
}

// Scale returns how much of the simulated time passes in a sleep while one unit of what Now tells does: 1, but for a
// clock made by [Scaled]. Who keeps a list of due times needs it: a wait of d is due at Now plus d divided by Scale.
func Scale(c Clock) float64 {
	if r, ok := c.(real); ok {
		return r.scale
	}
	return 1
}
