package provider

import (
	"math"
	"testing"
	"time"
)

func failures(n int, retryAfter time.Duration) []Outcome {
	history := make([]Outcome, n)
	for i := range history {
		history[i] = Outcome{Ended: time.Unix(int64(i), 0), RetryAfter: retryAfter}
	}
	return history
}

func TestRetryPolicyWaits(t *testing.T) {
	steady := RetryPolicy{Jitter: -1}
	for name, test := range map[string]struct {
		ladder  RetryPolicy
		history []Outcome
		wait    time.Duration
		again   bool
	}{
		"the first at once":               {steady, nil, 0, true},
		"after one":                       {steady, failures(1, 0), 10 * time.Second, true},
		"after two":                       {steady, failures(2, 0), 40 * time.Second, true},
		"after three":                     {steady, failures(3, 0), 160 * time.Second, true},
		"after four":                      {steady, failures(4, 0), 640 * time.Second, true},
		"five are all":                    {steady, failures(5, 0), 0, false},
		"a success ends it":               {steady, []Outcome{{OK: true}}, 0, false},
		"a late success too":              {steady, append(failures(2, 0), Outcome{OK: true}), 0, false},
		"a longer Retry-After":            {steady, failures(1, 25*time.Second), 25 * time.Second, true},
		"a shorter Retry-After":           {steady, failures(2, 25*time.Second), 40 * time.Second, true},
		"no further than the next step":   {steady, failures(1, time.Hour), 40 * time.Second, true},
		"Retry-After never adds attempts": {steady, failures(5, time.Minute), 0, false},
		"one attempt alone":               {RetryPolicy{Attempts: 1}, failures(1, 0), 0, false},
		"settings":                        {RetryPolicy{Attempts: 9, Base: time.Second, Factor: 2, Jitter: -1}, failures(8, 0), 128 * time.Second, true},
		"a bold factor stays bounded":     {RetryPolicy{Attempts: 99, Factor: 1e9, Jitter: -1}, failures(98, 0), maxWait, true},
	} {
		wait, again := test.ladder.Next(test.history, 1)
		if wait != test.wait || again != test.again {
			t.Errorf("%s: wait %v, again %v; want %v, %v", name, wait, again, test.wait, test.again)
		}
	}
}

func TestRetryPolicyJitterFollowsTheSeedAndIsBounded(t *testing.T) {
	var retry RetryPolicy
	differ, lowest, highest := false, math.Inf(1), 0.0
	for seed := range uint64(500) {
		for n := 1; n < DefaultAttempts; n++ {
			wait, _ := retry.Next(failures(n, 0), seed)
			if again, _ := retry.Next(failures(n, 0), seed); again != wait {
				t.Fatalf("seed %d, after %d: %v and then %v", seed, n, wait, again)
			}
			share := float64(wait) / float64(retry.step(n))
			lowest, highest = min(lowest, share), max(highest, share)
			other, _ := retry.Next(failures(n, 0), seed+1)
			differ = differ || other != wait
		}
	}
	if lowest < 0.9 || highest > 1.1 || lowest > 0.905 || highest < 1.095 {
		t.Errorf("waits are between %.3f and %.3f of their step, want the whole of 0.9 to 1.1", lowest, highest)
	}
	if !differ {
		t.Error("every seed gives the same waits")
	}
}

func TestRetryPolicyDueCountsFromTheEndOfTheLastAttempt(t *testing.T) {
	end := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	history := []Outcome{{Ended: end}}
	for scale, want := range map[float64]time.Duration{1: 10 * time.Second, 60: 10 * time.Second / 60} {
		due, again := RetryPolicy{Jitter: -1}.Due(history, 1, scale)
		if !again || due.Sub(end).Round(time.Microsecond) != want.Round(time.Microsecond) {
			t.Errorf("at scale %v the next is due after %v, want %v", scale, due.Sub(end), want)
		}
	}
}

func TestRetryPolicyInvalidSettings(t *testing.T) {
	for _, bad := range []RetryPolicy{{Attempts: -1}, {Base: -1}, {Factor: -2}, {Factor: math.NaN()}, {Jitter: 1.5}, {Factor: math.Inf(1)}} {
		if err := bad.check(); CodeOf(err) != CodeSetting {
			t.Errorf("%+v: %v, want a refusal", bad, err)
		}
	}
	if err := (RetryPolicy{}).check(); err != nil {
		t.Error(err)
	}
}

func FuzzRetryPolicy(f *testing.F) {
	f.Add(5, int64(10*time.Second), 4.0, 0.1, uint64(1), 1, int64(0))
	f.Add(100, int64(time.Hour), 1e300, 1.0, uint64(0), 99, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, attempts int, base int64, factor, jitter float64, seed uint64, n int, retryAfter int64) {
		retry := RetryPolicy{Attempts: attempts, Base: time.Duration(base), Factor: factor, Jitter: jitter}
		if retry.check() != nil || n < 0 || n > 1000 || retryAfter < 0 {
			t.Skip()
		}
		wait, again := retry.Next(failures(n, time.Duration(retryAfter)), seed)
		if wait < 0 || wait > 2*maxWait {
			t.Errorf("%+v waits %v after %d", retry, wait, n)
		}
		if n >= max(retry.attempts(), 1) && again {
			t.Errorf("%+v goes on after %d attempts", retry, n)
		}
	})
}
