package simtest

import (
	"math/rand/v2"
	"time"

	"semblance/fixtures"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// Option is an option of [Start].
type Option func(*options)

type options struct {
	secret    string
	seed      int64
	hasSeed   bool
	at        time.Time
	manual    bool
	scale     float64
	path      string
	types     []string
	system    fixtures.System
	eventIDs  provider.EventIDs
	timeout   time.Duration
	env       func(string) (string, bool)
	configure []func(*provider.Options)
}

// apply returns the defaults with the options.
func apply[O any, F ~func(*O)](o O, with []F) *O {
	for _, option := range with {
		option(&o)
	}
	return &o
}

// Secret sets the secret that signs the deliveries, instead of [DefaultSecret].
func Secret(secret string) Option { return func(o *options) { o.secret = secret } }

// Seed sets the random seed for records, their values and shares of faults. The default follows from the name of the test;
// a scenario may have its own. Ids also contain the time, see [At].
func Seed(seed int64) Option { return func(o *options) { o.seed, o.hasSeed = seed, true } }

// Path sets the path of a handler's webhook URL, such as "/webhooks". The default is "/".
func Path(path string) Option { return func(o *options) { o.path = path } }

// Types subscribes to these event types only, by name or pattern.
func Types(patterns ...string) Option { return func(o *options) { o.types = patterns } }

// At fixes the simulated time at t, so that every run sends the same bytes. The receiver must verify signatures against
// [Sim.Now].
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Manual fixes the simulated time at t until [Sim.Advance] moves it. The receiver must verify signatures against
// [Sim.Now].
func Manual(t time.Time) Option { return func(o *options) { o.at, o.manual = t, true } }

// TimeScale sets the factor by which the provider's waits are shortened, instead of [DefaultTimeScale]; 1 is real time.
func TimeScale(factor float64) Option { return func(o *options) { o.scale = factor } }

// OlderAppointments selects the practice's older appointment system, whose events are availability.*.
func OlderAppointments() Option {
	return func(o *options) { o.system = fixtures.OlderAppointments }
}

// SameEventID keeps the eventId of an event on its retries. The provider's documentation says that each attempt has a new
// one; a receiver should handle both.
func SameEventID() Option { return func(o *options) { o.eventIDs = provider.PerEvent } }

// Timeout sets the time-out of an attempt, instead of the provider's 10 seconds.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Env sets the function that resolves ${env.NAME} in a scenario, such as os.LookupEnv. By default no variable is set, so
// that a test does not depend on its environment.
func Env(lookup func(name string) (value string, ok bool)) Option {
	return func(o *options) { o.env = lookup }
}

// Configure changes any other option of the provider, such as its retry policy, circuit breaker or log.
func Configure(f func(*provider.Options)) Option {
	return func(o *options) { o.configure = append(o.configure, f) }
}

func (o *options) clock() clock.Clock {
	switch {
	case o.manual:
		return clock.Manual(o.at)
	case !o.at.IsZero():
		return clock.Fixed(o.at)
	}
	return clock.Scaled(o.scale)
}

// eventIDSeed returns the seed for the eventIds: random, unless the time is fixed.
func (o *options) eventIDSeed() uint64 {
	if !o.at.IsZero() {
		return uint64(o.seed)
	}
	return rand.Uint64()
}
