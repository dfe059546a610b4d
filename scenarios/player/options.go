package player

import (
	"io"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

// DefaultRetryScale is the factor by which the waits between retries are shortened: the default retry policy takes 14
// minutes in real time.
const DefaultRetryScale = 1000

// Options say where and how scenarios are played. Only Target is required.
type Options struct {
	Target         string             // the receiver's webhook URL
	Secret         simulator.Secret   // default simulator.DefaultSecret
	OtherSecrets   []simulator.Secret // valid too, during a rotation: each adds a v1 to the signature
	SubscriptionID string             // in the payloads; default: drawn from the seed
	Delivery       delivery.Options   // all scenarios share its Guard
	Retry          provider.RetryPolicy
	RetryScale     float64 // default DefaultRetryScale

	Seed      int64 // random seed, if HasSeed; otherwise the seed of each scenario
	HasSeed   bool
	FreshSeed int64 // random seed of scenarios that have none of their own; 0: script.DefaultSeed
	System    fixtures.System
	At        time.Time // start of the simulated time, which only the scenario moves; zero is real time
	Clock     Clock     // with At: a clock that follows the scenario, for a receiver that shares it; may be nil

	API API // the provider's API, which a receiver or an application may use; nil: there is none

	Headers []simulator.Header // additional headers of each event, such as those of a gateway

	Effects *Effects // counts effects, for steps that require one; nil: only those at the reference receiver are counted

	Select    Selection
	FailFast  bool // stop the run after the first failed step
	Control   bool // stop the run if the receiver refuses the first right event that it must accept, or does not respond
	AllowExec bool // allow probes to run commands
	DryRun    bool // send nothing; the transcript has the requests. See [Player.Play]

	Cover        []*schemas.EventType // the event types that coverage counts; nil is all of the catalogue
	CoverAtLeast float64              // the percentage that must be covered

	Env        func(name string) (value string, ok bool) // resolves ${env.NAME}; nil: no variable is set
	Transcript io.Writer                                 // gets a [Line] of NDJSON for each attempt, in the order of the steps; may be nil
	Reproduce  []string                                  // flags of the command that plays a scenario again; nil: --to and --at
	// ShowSecrets keeps credentials and values of the environment in the result and in the transcript. By default credentials
	// are redacted, see [simulator.Request.Redacted], and a value of the environment is its placeholder, such as
	// ${env.TOKEN}: whoever sends the transcript again replaces it.
	ShowSecrets bool
	Observer    Observer // may be nil
}

// Clock is a fixed clock that the scenario moves, such as a [clock.FixedClock].
type Clock interface {
	clock.Clock
	Reach(t time.Time) // moves the clock forward to t, never back
}

// Observer is called while a scenario is played, one method at a time.
type Observer interface {
	// Begin is called when a scenario begins.
	Begin(scenario scenarios.ScenarioResult)
	// Progress is called with the number of attempts in a traffic step, or of rounds in a repeat, that is being played.
	Progress(step scenarios.Step, done int64)
	// Step is called when a step has ended. Steps of a parallel block come in the order in which they end, those of a
	// repeat when the repeat has ended.
	Step(result scenarios.StepResult)
	// End is called when the scenario has ended.
	End(scenario scenarios.ScenarioResult)
}

type noObserver struct{}

func (noObserver) Begin(scenarios.ScenarioResult) {}
func (noObserver) Progress(scenarios.Step, int64) {}
func (noObserver) Step(scenarios.StepResult)      {}
func (noObserver) End(scenarios.ScenarioResult)   {}
