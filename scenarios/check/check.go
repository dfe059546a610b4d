// Package check judges a webhook receiver by the checks of package conformance: `semblance check`.
//
//	all, err := check.Load()
//	result, err := check.Run(ctx, check.Options{Player: player.Options{Target: url, Secret: secret}, Checks: all})
//	fmt.Println(result.Sentence())
//	os.Exit(result.ExitCode())
//
// A run first sends a valid event, the control, twice. If the receiver does not accept it, nothing else can be judged: the run
// finds out which signature the receiver would accept ([Diagnose]) and stops. Otherwise it runs the checks in rounds: those
// whose `after` has been judged, then a control, then the next round. Checks that disturb others run alone. A check that
// failed beside others is run again, alone, before the failure is reported. At the end all responses are examined.
//
// Checks wait side by side, but the number of requests under way is small and follows from the latency of the control, so that
// a receiver with one worker is not judged by its queue.
//
// This package sends only through package player, and judges nothing: scenarios.JudgeCheck does.
package check

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// Defaults of [Options].
const (
	DefaultTimeLimit = time.Minute
	MaxInFlight      = 8
	DefaultTolerance = 5 * time.Minute
)

// maxBody bounds each response body that is examined, in bytes.
const maxBody = 64 << 10

// Options say where and how a receiver is checked. Player.Target and Checks are required.
type Options struct {
	// Player has Target, Secret, Delivery and the like; what concerns the playing of scenarios is ignored. Effects counts effects.
	// If it is nil, API does, by the receiver's requests; without both only responses are judged.
	Player    player.Options
	Checks    []*Case // the selected checks with the control; see [Select]
	All       []*Case // all checks; nil: Checks
	Events    []*schemas.EventType
	Hook      Hook          // makes the receiver's work fail or wait; nil: HookURL
	HookURL   string        // in place of Hook; "" for none
	Tolerance time.Duration // age of a signature that the receiver accepts; default five minutes
	Timing    bool          // also measure the comparison of signatures
	InFlight  int           // requests under way at once; default 1 to 8, by the latency of the control
	Pace      float64       // requests a second; 0: no limit
	TimeLimit time.Duration // default [DefaultTimeLimit]; a check that has not run by then is inconclusive
	Return    time.Duration // how long to wait for a receiver that was lost; default ten seconds
	Pause     time.Duration // the shortest wait for a rate limit; default a second
	Strict    bool          // warnings are failures
	Baseline  Baseline      // known failures
	Reproduce []string      // flags of the command that runs a check again
	Progress  func(group string, done, total int)
}

// Run checks a receiver. The error says why nothing could be checked; whatever the receiver does is in the result.
func Run(ctx context.Context, o Options) (*scenarios.CheckRun, error) {
	o.setDefaults()
	p, err := player.New(o.Player)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	r := newRun(&o, p)
	if o.Hook == nil && o.HookURL != "" {
		o.Hook = r.postTo(o.HookURL)
	}
	if err := p.Check(ctx, r.control.Scenario); err != nil {
		return nil, err
	}
	started := clock.Now()
	r.result.StartedAt = started
	limited, cancel := context.WithTimeoutCause(ctx, o.TimeLimit, errors.New("stopped by --time-limit"))
	defer cancel()
	r.run(limited)
	r.result.Interrupted = ctx.Err() != nil
	r.conclude()
	r.result.Duration = clock.Since(started)
	return r.result, nil
}

func (o *Options) setDefaults() {
	if o.All == nil {
		o.All = o.Checks
	}
	o.TimeLimit = cmp.Or(o.TimeLimit, DefaultTimeLimit)
	o.Tolerance = cmp.Or(o.Tolerance, DefaultTolerance)
	o.Return, o.Pause = cmp.Or(o.Return, 10*time.Second), cmp.Or(o.Pause, time.Second)
	o.Checks, o.All = retyped(o.Checks, o.Events), retyped(o.All, o.Events)
	o.Checks = tolerated(o.Checks, o.Tolerance)
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	o.Player.ShowSecrets = true // responses are examined for them; reports redact
	o.Player.Delivery.MaxBody, o.Player.Delivery.Redirects = maxBody, 0
	o.Player.Select, o.Player.Observer, o.Player.Transcript, o.Player.DryRun = player.Selection{}, nil, nil, false
}

// stale returns the age of a signature that must be refused: an hour, or twice the tolerance if that is more.
func (o *Options) stale() time.Duration { return max(player.DefaultStale, 2*o.Tolerance) }

// inFlight returns the number of requests under way for a latency of the control: as many as let about 400 requests pass in ten
// seconds.
func inFlight(latency time.Duration) int {
	n := int(math.Ceil(latency.Seconds() * 400 / 10))
	return min(max(n, 1), MaxInFlight)
}

// describe adds the latency and the clock of the control to the result.
func (r *run) describe(a *simulator.Attempt) {
	r.result.Latency = a.Response.Timings.Total
	if date, err := time.Parse(time.RFC1123, a.Response.Header("Date")); err == nil {
		r.result.ClockRead = true
		if off := date.Sub(clock.Now()); off.Abs() > 2*time.Second {
			r.result.ClockOff = off.Round(time.Second)
		}
	}
	switch {
	case r.options.Player.Effects != nil:
		r.result.Effects = scenarios.EffectsByProbe
	case r.player.Reference():
		r.result.Effects = scenarios.EffectsByOwn
	case r.options.Player.API != nil:
		r.result.Effects = scenarios.EffectsByReader
	}
}

// reads reports whether the receiver can be expected to query the provider's API: the reference receiver does not, and the first
// response tells it.
func (r *run) reads() bool {
	return r.options.Player.API != nil && r.result.Latency > 0 && !r.player.Reference()
}

// offers returns the needs of checks that the run meets.
func (r *run) offers() []script.Need {
	var offers []script.Need
	for need, met := range map[script.Need]bool{
		script.NeedProbe:    r.result.Effects != scenarios.EffectsUnknown,
		script.NeedReadBack: r.reads(),
		script.NeedHook:     r.options.Hook != nil,
		script.NeedTiming:   r.options.Timing,
	} {
		if met {
			offers = append(offers, need)
		}
	}
	return offers
}

// maxClockOff is the difference of the clocks above which the age of signatures cannot be judged.
const maxClockOff = 2 * time.Minute

// byID returns the case of an id, or nil.
func byID(all []*Case, id string) *Case {
	if i := slices.IndexFunc(all, func(c *Case) bool { return c.ID == id }); i >= 0 {
		return all[i]
	}
	return nil
}
