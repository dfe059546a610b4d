package simtest

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"semblance/fixtures"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
)

// Option is a setting of [Start].
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

// Secret signs the deliveries with the secret that the receiver under test verifies with.
func Secret(secret string) Option { return func(o *options) { o.secret = secret } }

// Seed decides everything that is drawn: records, ids, shares of faults. It is 1 unless a test says otherwise, and in a
// scenario that names one, the scenario's.
func Seed(seed int64) Option { return func(o *options) { o.seed, o.hasSeed = seed, true } }

// Path is where on its server a handler takes webhooks, such as "/webhooks"; "/" unless a test says otherwise.
func Path(path string) Option { return func(o *options) { o.path = path } }

// Types subscribes to these event types alone, by name or by pattern, instead of to all.
func Types(patterns ...string) Option { return func(o *options) { o.types = patterns } }

// At has the simulated time stand still at t, so that every byte that is sent is the same in each run. The receiver must
// compare signatures with [Sim.Now].
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Manual has the simulated time stand still at t until [Sim.Advance] moves it.
func Manual(t time.Time) Option { return func(o *options) { o.at, o.manual = t, true } }

// TimeScale compresses the provider's waits by this factor instead of [DefaultTimeScale]; 1 is real time.
func TimeScale(factor float64) Option { return func(o *options) { o.scale = factor } }

// OlderAppointments gives the practice the older appointment system, whose events are availability.*.
func OlderAppointments() Option {
	return func(o *options) { o.system = fixtures.OlderAppointments }
}

// SameEventID keeps the eventId of an event on its retries. The provider's documentation words it otherwise; a receiver
// should survive both.
func SameEventID() Option { return func(o *options) { o.eventIDs = provider.PerEvent } }

// Timeout bounds each attempt, instead of the provider's ten seconds.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Env has ${env.NAME} in a scenario read the environment through lookup, such as os.LookupEnv. Without it none is set, so that a
// test does not depend on the machine by accident.
func Env(lookup func(name string) (value string, ok bool)) Option {
	return func(o *options) { o.env = lookup }
}

// Configure changes any other setting of the provider: its ladder, its breaker, its log.
func Configure(f func(*provider.Options)) Option {
	return func(o *options) { o.configure = append(o.configure, f) }
}

func (o *options) patterns() []string {
	if len(o.types) == 0 {
		return []string{"*"}
	}
	return o.types
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

// eventIDSeed is fresh in every run, unless the time stands still.
func eventIDSeed(o *options) uint64 {
	if !o.at.IsZero() {
		return uint64(o.seed)
	}
	var random [8]byte
	rand.Read(random[:]) // never fails
	return binary.LittleEndian.Uint64(random[:])
}
