// Package provider is the engine of the simulator. It turns events into deliveries and delivers them as the real provider
// does: with retries, pauses, rotated secrets and injected faults.
//
//	p, err := provider.Start(ctx, provider.Options{})
//	defer p.Close(ctx)
//	s, err := p.CreateSubscription(ctx, provider.NewSubscription{
//		URL: receiver.URL, Label: "mine", EventTypes: []string{"booking.created"},
//	})
//	e, err := p.Emit(ctx, "booking.created", provider.Overrides{})   // committed to the journal: acknowledged
//	_, err = p.Wait(ctx, provider.Condition{Accepted: 1})             // the receiver responded with 2xx
//
// An event becomes one delivery for each subscription that names its type. Events are made by [Provider.Emit] (one event),
// [Provider.Do] (an action of the clinic), [Provider.StartTraffic] (actions at a rate) and [Provider.Deliver] (events of
// the caller). Event and deliveries are committed to the journal before they are acknowledged or attempted. Each
// subscription has its own queue and a bounded number of attempts in flight, so a slow receiver delays no other. There is
// one goroutine for each attempt in flight and none for a delivery that waits.
//
// A failed attempt is repeated as the [RetryPolicy] says. When the attempts of a delivery are exhausted, it has failed, and
// subscribers of webhook.event.deliveryFailed get an event. When several deliveries in a row have failed, the [Breaker]
// pauses the subscription. All times except time-outs are simulated, so a manual clock and [Provider.Advance] play a day in
// a second, each step at its due time.
//
// A provider that is started on the journal of an earlier one continues where that one stopped, even after a kill: every
// acknowledged delivery is delivered at least once, and retries, failure counts, the clinic and its traffic continue.
//
// # Structure
//
// Every change of state is a record of the journal, and one function, state.apply, carries out a record. There are three
// ways to it:
//
//   - At the start, the records in force are read from the journal and applied.
//   - A command (create, update, pause or delete a subscription, rotate a secret, set a fault, start traffic, requeue) is
//     validated, committed, and applied after the commit. While it is under way nothing else changes.
//   - Events and the results of attempts are frequent. They are applied at once and committed soon after, many in one
//     transaction.
//
// If the journal refuses a commit, the commits that wait behind it are refused too, and the state is read from the journal
// again. So a refusal leaves the provider as if it had just been started.
//
// The mutex of [Provider] guards all of this and decides the order of the journal. It has these parts, none with a lock:
//
//   - state: everything that is in the journal: the registry of subscriptions, each with its secrets, faults and backlog of
//     unfinished deliveries; the tokens; the clinic and its traffic. With a journal in a file, only the next deliveries of
//     each subscription are in memory, and jobs read the others by due time.
//   - outbox: the commits on their way to the journal, and whether the journal works. A writer goroutine empties it.
//   - gate: gives the outbox to one command alone.
//   - agenda: timers by due time. A timekeeper goroutine runs them.
//   - workers: attempts in flight and background jobs.
//   - progress: the counts that [Provider.Wait] waits for.
//
// Pure functions decide about deliveries: the retry policy, the circuit breaker, and the state transitions in
// transition.go.
//
// The package makes no HTTP requests (simulator/delivery does), writes no files (simulator/journal does) and serves no API
// (simulator/web does).
package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"semblance/schemas"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
)

// Provider is a running provider. Its methods may be called from many goroutines.
type Provider struct {
	options  Options // with defaults
	log      *slog.Logger
	journal  journal.Journal
	sender   *delivery.Sender
	types    ownTypes
	random   random
	verdicts verdicts
	prepared atomic.Bool // the journal has all records of the clinic

	mu       sync.Mutex // guards the fields below
	state    *state
	outbox   outbox
	gate     gate
	agenda   agenda
	workers  workers
	progress progress
	life     life
}

// ownTypes are the event types that the provider sends about itself.
type ownTypes struct{ failed, updated *schemas.EventType }

// life is the part of a provider that ends it.
type life struct {
	closing    bool
	running    context.Context
	stop       context.CancelFunc // of running
	background sync.WaitGroup     // the goroutines that stop then
	closed     chan struct{}      // closed when Close is done
	err        error              // the result of Close
}

// Start returns a running provider. It restores the content of its journal and continues its deliveries. ctx bounds only
// the start; [Provider.Close] ends the run.
func Start(ctx context.Context, o Options) (*Provider, error) {
	p, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := p.begin(ctx); err != nil {
		return nil, fmt.Errorf("starting the provider: %w", errors.Join(err, p.release()))
	}
	p.life.background.Go(p.write)
	p.life.background.Go(p.keepTime)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.schedulePruning()
	p.resumeWork()
	return p, nil
}

// prepare returns a provider without a state.
func prepare(o Options) (*Provider, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	p := &Provider{options: o, log: o.Logger, journal: o.Journal}
	if err := p.equip(); err != nil {
		return nil, err
	}
	if p.journal == nil {
		p.journal = journal.NewMemory(journal.Options{})
	}
	if p.options.window == 0 {
		p.options.window = defaultWindow
		if p.journal.MaxUnfinished() > 0 { // it has them in memory itself
			p.options.window = unlimited
		}
	}
	p.random = newRandom(&o, p.journal)
	p.outbox.more, p.outbox.less = sync.NewCond(&p.mu), sync.NewCond(&p.mu)
	p.gate.opened = sync.NewCond(&p.mu)
	p.agenda.advancing = make(chan struct{}, 1)
	p.workers.renew()
	p.progress.accepted = map[acceptance]int{}
	p.life.running, p.life.stop = context.WithCancel(context.Background())
	p.life.closed = make(chan struct{})
	return p, nil
}

// equip creates the sender and looks up the provider's own event types.
func (p *Provider) equip() (err error) {
	if p.types.failed, err = schemas.Lookup(deliveryFailed); err != nil {
		return err
	}
	if p.types.updated, err = schemas.Lookup(subscriptionUpdated); err != nil {
		return err
	}
	p.sender, err = delivery.New(p.options.Delivery)
	return err
}

// Journal returns the journal, for queries.
func (p *Provider) Journal() journal.Journal { return p.journal }

// Clock returns the clock of the simulated time.
func (p *Provider) Clock() clock.Clock { return p.options.Clock }

// Now returns the simulated time.
func (p *Provider) Now() time.Time { return p.options.Clock.Now() }
