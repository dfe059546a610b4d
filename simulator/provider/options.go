package provider

import (
	"log/slog"

	"semblance/fixtures"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
)

// DefaultInFlight is the number of attempts to one subscription that may be in flight at once. The contract says "several".
const DefaultInFlight = 4

// EventIDs says which eventId a retry carries.
type EventIDs int

// The settings of eventId. A receiver that deduplicates by it must work with both.
const (
	PerAttempt EventIDs = iota // a new one for each attempt, as the provider's documentation says
	PerEvent                   // the same one for all attempts and all subscriptions
)

// String returns the name of the setting on the command line.
func (e EventIDs) String() string {
	if e == PerEvent {
		return "per-event"
	}
	return "per-attempt"
}

// WhilePaused decides between holding and dropping the deliveries to a paused subscription.
type WhilePaused int

// The settings. The provider does not publish which of them it uses.
const (
	KeepWhilePaused WhilePaused = iota // hold them, and deliver them in order on resume
	DropWhilePaused                    // drop them, including those that wait when the pause begins; no event says so
)

// Options are the settings of a provider. The zero value works: a journal in memory, the real clock, the defaults of the
// contract.
type Options struct {
	Journal journal.Journal // where the records go; nil for one in memory. The provider closes only its own
	Clock   clock.Clock     // the simulated time; nil for the real one
	Logger  *slog.Logger    // nil logs nothing

	Seed   int64            // decides jitter, shares of faults and the clinic; 0 is a seed like any other
	Fixed  bool             // ids, secrets and tokens follow from Seed and the clock instead of being fresh in each run
	Clinic fixtures.Options // the clinic; its Seed is replaced by Seed, and a zero At by the time of the start

	Subscriptions []NewSubscription // created at the start, unless they are in the journal
	Tokens        []Token           // replace the tokens of the journal; if there are none at all, one with all permissions is created

	Rules       Rules
	Secrets     SecretForm
	Retry       RetryPolicy
	Breaker     Breaker
	EventIDs    EventIDs
	SignOnce    bool // all attempts carry the signature time of the first; otherwise each is signed anew
	WhilePaused WhilePaused
	InFlight    int // attempts in flight to one subscription; 0 is DefaultInFlight

	Delivery delivery.Options // time-out, TLS and other settings of the attempts

	window int // see state.window; 0 is the default
}

func (o *Options) check() error {
	if o.InFlight < 0 {
		return refuse(CodeSetting, "inFlight", "%d attempts in flight are impossible; use at least 1", o.InFlight)
	}
	if err := o.Secrets.check(); err != nil {
		return err
	}
	return o.Retry.check()
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.InFlight == 0 {
		o.InFlight = DefaultInFlight
	}
	o.Clinic.Seed = o.Seed
	return o
}
