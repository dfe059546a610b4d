package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"semblance/simulator/clock"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestScaledClockTellsRealTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, start := clock.Scaled(60), time.Now()
		if err := c.Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if slept := time.Since(start); slept != time.Minute {
			t.Errorf("an hour at 60 took %v, want 1m", slept)
		}
		if !c.Now().Equal(time.Now()) {
			t.Errorf("the scaled clock tells %v, the machine %v", c.Now(), time.Now())
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]clock.Clock{"real": clock.Real(), "manual": clock.Manual(noon)} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: Sleep = %v, want the context's error", name, err)
			}
			cancel()
		}
	})
}

func TestFixedClockAdvancesBySleeping(t *testing.T) {
	t.Parallel()
	c := clock.Fixed(noon)
	if err := c.Sleep(t.Context(), 90*time.Second); err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(90 * time.Second); !c.Now().Equal(want) {
		t.Errorf("the clock stands at %v, want %v", c.Now(), want)
	}
}

func TestManualClockEndsSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.Manual(noon)
		woken := make(chan time.Duration, 3)
		for _, d := range []time.Duration{30, 10, 20} {
			go func() {
				if c.Sleep(t.Context(), d*time.Second) == nil {
					woken <- d
				}
			}()
		}
		if err := c.WaitForSleepers(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			by   time.Duration
			want []time.Duration
		}{{9, nil}, {1, []time.Duration{10}}, {20, []time.Duration{20, 30}}} {
			c.Advance(step.by * time.Second)
			synctest.Wait()
			got := map[time.Duration]bool{}
			for range len(woken) {
				got[<-woken] = true
			}
			if len(got) != len(step.want) {
				t.Errorf("after %v more seconds %v woke, want %v", int(step.by), got, step.want)
			}
			for _, d := range step.want {
				if !got[d] {
					t.Errorf("after %v more seconds %v woke, want %v", int(step.by), got, step.want)
				}
			}
		}
	})
}

func TestScale(t *testing.T) {
	t.Parallel()
	for want, c := range map[float64]clock.Clock{60: clock.Scaled(60), 1: clock.Manual(noon)} {
		if got := clock.Scale(c); got != want {
			t.Errorf("Scale = %v, want %v", got, want)
		}
	}
	if got := clock.Scale(clock.Real()); got != 1 {
		t.Errorf("the real clock's scale is %v", got)
	}
}
