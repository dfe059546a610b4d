package provider

import (
	"math"
	"time"

	"semblance/schemas/splitmix"
)

// The ladder of the contract. The provider publishes that it tries "a number of times" and no schedule, so each of
// these is a setting.
const (
	DefaultAttempts = 5
	DefaultBase     = 10 * time.Second
	DefaultFactor   = 4.0
	DefaultJitter   = 0.1
)

// longestWait bounds a step of a ladder whose factor is too bold, so that no time overflows.
const longestWait = 365 * 24 * time.Hour

// Ladder is the schedule of retries: the wait after the n-th attempt is Base·Factorⁿ⁻¹, give or take Jitter. Its zero
// value is the contract's: 5 attempts in all, after waits of 10 s, 40 s, 160 s and 640 s, each 10 % more or less.
type RetryPolicy struct {
	Attempts int           // in all, the first included; 0 is DefaultAttempts
	Base     time.Duration // the first wait; 0 is DefaultBase
	Factor   float64       // by which each wait is longer than the one before; 0 is DefaultFactor
	Jitter   float64       // the share by which a wait may be longer or shorter; 0 is DefaultJitter, negative none
}

// Outcome is what the ladder knows of an attempt that was made.
type Outcome struct {
	Ended      time.Time     // when its outcome was known, in the simulated time
	OK         bool          // a 2xx answer
	RetryAfter time.Duration // what the receiver asked for, 0 if it asked for nothing
}

// Next returns how long to wait after the last attempt of the history before the next one, in the simulated time, and
// whether there is a next one: there is none after a success, nor when all attempts are used up. Without a history the
// first attempt is due at once. seed decides the jitter: the same seed and the same number of attempts give the same
// wait.
//
// A Retry-After makes the wait longer, but never longer than the ladder's following step: a receiver may ask for
// patience and cannot stop the deliveries. A shorter one changes nothing, for the ladder waits that long anyway.
func (l RetryPolicy) Next(history []Outcome, seed uint64) (wait time.Duration, again bool) {
	n := len(history)
	if n == 0 {
		return 0, true
	}
	last := history[n-1]
	if last.OK || n >= l.attempts() {
		return 0, false
	}
	wait = l.step(n)
	if jitter := l.jitter(); jitter > 0 {
		wait = time.Duration(float64(wait) * (1 + jitter*draw(seed, n)))
	}
	return max(wait, min(last.RetryAfter, l.step(n+1))), true
}

// Due returns when the attempt that follows the history is due, as [Ladder.Next] decides, where scale of the scenario's
// time pass in one of the clock's (1 unless the clock is scaled).
func (l RetryPolicy) Due(history []Outcome, seed uint64, scale float64) (due time.Time, again bool) {
	wait, again := l.Next(history, seed)
	if !again || len(history) == 0 {
		return time.Time{}, again
	}
	return history[len(history)-1].Ended.Add(time.Duration(float64(wait) / scale)), true
}

// step is the wait after the n-th attempt, without jitter.
func (l RetryPolicy) step(n int) time.Duration {
	base, factor := l.Base, l.Factor
	if base == 0 {
		base = DefaultBase
	}
	if factor == 0 {
		factor = DefaultFactor
	}
	return time.Duration(min(float64(base)*math.Pow(factor, float64(n-1)), float64(longestWait)))
}

func (l RetryPolicy) attempts() int {
	if l.Attempts == 0 {
		return DefaultAttempts
	}
	return l.Attempts
}

func (l RetryPolicy) jitter() float64 {
	if l.Jitter == 0 {
		return DefaultJitter
	}
	return l.Jitter
}

// draw is a number in [-1, 1) that seed and n decide.
func draw(seed uint64, n int) float64 {
	return float64(splitmix.Mix(seed^splitmix.Mix(uint64(n)))>>11)/(1<<52) - 1
}

// check says what is wrong with the settings of the ladder.
func (l RetryPolicy) check() error {
	switch {
	case l.Attempts < 0:
		return refuse(CodeSetting, "attempts", "the ladder cannot have %d attempts; it needs at least 1", l.Attempts)
	case l.Base < 0:
		return refuse(CodeSetting, "base", "the ladder cannot wait %v; its first wait must be positive", l.Base)
	case l.Factor < 0 || math.IsNaN(l.Factor) || math.IsInf(l.Factor, 0):
		return refuse(CodeSetting, "factor", "the ladder's factor cannot be %v; it must be positive", l.Factor)
	case l.Jitter > 1 || math.IsNaN(l.Jitter):
		return refuse(CodeSetting, "jitter", "the ladder's jitter cannot be %v; it is a share of the wait, at most 1", l.Jitter)
	}
	return nil
}
