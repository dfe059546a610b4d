package provider

import (
	"math"
	"time"

	"semblance/schemas/splitmix"
)

// The default retry policy. The provider publishes that it tries "a number of times" and no schedule, so each of these is
// a setting.
const (
	DefaultAttempts = 5
	DefaultBase     = 10 * time.Second
	DefaultFactor   = 4.0
	DefaultJitter   = 0.1
)

// maxWait bounds a wait, so that no time overflows however large the factor is.
const maxWait = 365 * 24 * time.Hour

// RetryPolicy is the schedule of retries: the wait after the n-th attempt is Base·Factorⁿ⁻¹, plus or minus Jitter. The
// zero value is the default: 5 attempts in all, after waits of 10 s, 40 s, 160 s and 640 s, each up to 10 % longer or
// shorter.
type RetryPolicy struct {
	Attempts int           // in all, including the first; 0 is DefaultAttempts
	Base     time.Duration // the first wait; 0 is DefaultBase
	Factor   float64       // the ratio of a wait to the one before; 0 is DefaultFactor
	Jitter   float64       // the share by which a wait may be longer or shorter; 0 is DefaultJitter, negative for no jitter
}

// Outcome is an attempt in the history of a delivery.
type Outcome struct {
	Ended      time.Time     // when the outcome was known, in simulated time
	OK         bool          // the response was 2xx
	RetryAfter time.Duration // from the response; 0 if it had none
}

// Next returns how long to wait after the last attempt of the history, in simulated time, and whether to make another
// attempt: not after a success, and not after the last attempt of the policy. Without a history the first attempt is due
// at once. seed decides the jitter: the same seed and the same number of attempts give the same wait.
//
// A Retry-After makes the wait longer, up to the wait of the following step, so a receiver can delay deliveries but not
// stop them. A Retry-After that is shorter than the wait changes nothing.
func (r RetryPolicy) Next(history []Outcome, seed uint64) (wait time.Duration, again bool) {
	n := len(history)
	if n == 0 {
		return 0, true
	}
	last := history[n-1]
	if last.OK || n >= r.attempts() {
		return 0, false
	}
	wait = r.step(n)
	if jitter := r.jitter(); jitter > 0 {
		wait = time.Duration(float64(wait) * (1 + jitter*draw(seed, n)))
	}
	return max(wait, min(last.RetryAfter, r.step(n+1))), true
}

// Due returns when the attempt after the history is due, as [RetryPolicy.Next] decides. scale is the simulated time that
// passes in a sleep while the clock advances by one unit: 1, unless the clock is scaled.
func (r RetryPolicy) Due(history []Outcome, seed uint64, scale float64) (due time.Time, again bool) {
	wait, again := r.Next(history, seed)
	if !again || len(history) == 0 {
		return time.Time{}, again
	}
	return history[len(history)-1].Ended.Add(time.Duration(float64(wait) / scale)), true
}

// step returns the wait after the n-th attempt, without jitter.
func (r RetryPolicy) step(n int) time.Duration {
	base, factor := r.Base, r.Factor
	if base == 0 {
		base = DefaultBase
	}
	if factor == 0 {
		factor = DefaultFactor
	}
	return time.Duration(min(float64(base)*math.Pow(factor, float64(n-1)), float64(maxWait)))
}

// usual returns the wait after n attempts, and none before the first.
func (r RetryPolicy) usual(n int) time.Duration {
	if n == 0 {
		return 0
	}
	return r.step(n)
}

// longest returns the longest wait that is possible after n attempts.
func (r RetryPolicy) longest(n int) time.Duration {
	if n == 0 {
		return 0
	}
	return max(time.Duration(float64(r.step(n))*(1+max(0, r.jitter()))), r.step(n+1))
}

func (r RetryPolicy) attempts() int {
	if r.Attempts == 0 {
		return DefaultAttempts
	}
	return r.Attempts
}

func (r RetryPolicy) jitter() float64 {
	if r.Jitter == 0 {
		return DefaultJitter
	}
	return r.Jitter
}

// draw returns a number in [-1, 1) that follows from seed and n.
func draw(seed uint64, n int) float64 {
	return float64(splitmix.Mix(seed^splitmix.Mix(uint64(n)))>>11)/(1<<52) - 1
}

// check returns an error if a setting is impossible.
func (r RetryPolicy) check() error {
	switch {
	case r.Attempts < 0:
		return refuse(CodeSetting, "attempts", "%d attempts are impossible; use at least 1", r.Attempts)
	case r.Base < 0:
		return refuse(CodeSetting, "base", "a first wait of %v is impossible; it must be positive", r.Base)
	case r.Factor < 0 || math.IsNaN(r.Factor) || math.IsInf(r.Factor, 0):
		return refuse(CodeSetting, "factor", "a factor of %v is impossible; it must be positive", r.Factor)
	case r.Jitter > 1 || math.IsNaN(r.Jitter):
		return refuse(CodeSetting, "jitter", "a jitter of %v is impossible; it is a share of the wait, at most 1", r.Jitter)
	}
	return nil
}
