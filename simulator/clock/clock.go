// Package clock is the only package that reads the time or sleeps. There are two times:
//
//   - Simulated time, a [Clock]: ids, signatures, retries, retention. It is real ([Real]), real with shorter sleeps
//     ([Scaled]), standing still ([Fixed]) or advanced by hand ([Manual]).
//   - Machine time, the functions of this package: time-outs, latencies, probes. It is always real.
package clock

import (
	"context"
	"time"
)

// Clock tells the simulated time.
type Clock interface {
	// Now returns the simulated time.
	Now() time.Time
	// Sleep waits until d of simulated time has passed, or until ctx is done; then it returns ctx's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// Now returns the machine time, with its monotonic reading.
func Now() time.Time { return time.Now() }

// Since returns the machine time that has passed since t.
func Since(t time.Time) time.Duration { return time.Since(t) }

// Sleep waits for d of machine time, or until ctx is done; then it returns ctx's error.
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

// Real returns the clock of the machine.
func Real() Clock { return real{scale: 1} }

// Scaled returns a clock that tells the real time and divides the length of each sleep by scale, so that retries of minutes
// take seconds while signatures stay fresh. scale must be positive.
func Scaled(scale float64) Clock { return real{scale: scale} }

func (r real) Now() time.Time { return time.Now() }

func (r real) Sleep(ctx context.Context, d time.Duration) error {
	return Sleep(ctx, time.Duration(float64(d)/r.scale))
}

// Scale returns the scale of a clock that [Scaled] returned, and 1 for other clocks. It converts waits to due times: a wait
// of d is over at Now plus d divided by Scale.
func Scale(c Clock) float64 {
	if r, ok := c.(real); ok {
		return r.scale
	}
	return 1
}
