// Package provider is the engine of the simulator: what the real provider does between a change and a received webhook.
//
//	p, err := provider.Start(ctx, provider.Options{})
//	defer p.Close(ctx)
//	s, err := p.CreateSubscription(ctx, provider.NewSubscription{
//		URL: receiver.URL, Label: "mine", EventTypes: []string{"booking.created"},
//	})
//	e, err := p.Emit(ctx, "booking.created", provider.Overrides{})   // committed to the journal: acknowledged
//	_, err = p.Wait(ctx, provider.Condition{Accepted: 1})             // the receiver has answered 2xx
//
// A change becomes one delivery for each subscription that names its type ([Provider.Emit], [Provider.Do],
// [Provider.Deliver], or traffic at a rate). The deliveries are committed to the journal before they are acknowledged
// or tried. Each subscription has a queue of its own and a bounded number of attempts in flight, so a receiver that is
// slow or hangs holds up nobody else; there is a goroutine for each attempt in flight and none for what waits.
//
// A failed attempt is tried again as the [Ladder] says. A delivery that failed for good tells those who subscribed to
// webhook.event.deliveryFailed; when several in a row have, the [Breaker] pauses the subscription. Ladder and breaker
// are pure functions of the past; the provider obeys them. All times but time-outs are the scenario's, so a manual clock
// and [Provider.Advance] play a day in a second, each step at its own due time.
//
// A provider that is started again on the journal of another goes on where that one was, also after a kill: what was
// acknowledged is delivered at least once, the ladder and the breaker remember, and the clinic goes on with its life, its
// traffic included.
//
// What the provider does not do: it makes no HTTP request (simulator/delivery does), keeps nothing on disk
// (simulator/journal does) and has no HTTP face (simulator/web has).
package provider

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
)

// DefaultInFlight is how many attempts to one subscription may be under way at once. The contract says "several".
const DefaultInFlight = 4

// EventIDs says which eventId a retry carries.
type EventIDs int

// The settings of eventId. A receiver that de-duplicates on it must survive both.
const (
	PerAttempt EventIDs = iota // a new one each attempt, as the provider's documentation words it
	PerEvent                   // the same one for all attempts and all subscriptions
)

// String returns the setting as it is written on the command line.
func (e EventIDs) String() string {
	if e == PerEvent {
		return "per-event"
	}
	return "per-attempt"
}

// WhilePaused says what becomes of deliveries to a paused subscription.
type WhilePaused int

// The settings. The provider does not publish which is right.
const (
	KeepWhilePaused WhilePaused = iota // keep them, and deliver them in order on resume
	DropWhilePaused                    // drop them, also those that wait when the pause begins; nobody is told
)

// Options are the settings of a provider. The zero value works: a journal in memory, the real clock, the contract's
// defaults.
type Options struct {
	Journal journal.Journal // where everything is kept; nil for one in memory. The provider closes only its own
	Clock   clock.Clock     // the simulated time; nil for the real one
	Logger  *slog.Logger    // nil logs nothing

	Seed   int64            // decides jitter, shares of faults and the clinic; 0 is a seed like any other
	Fixed  bool             // ids, secrets and tokens follow from Seed and the clock too, instead of being fresh in every run
	Clinic fixtures.Options // the clinic; its Seed is the provider's

	Subscriptions []NewSubscription // made locally at the start, unless the journal has them already
	Tokens        []Token           // accepted in the place of those of the journal; without any, one with all permissions is made

	Rules       Rules
	Secrets     SecretForm
	Retry       RetryPolicy
	Breaker     Breaker
	EventIDs    EventIDs
	SignOnce    bool // attempts keep the signature's time of the first; otherwise each is signed anew
	WhilePaused WhilePaused
	InFlight    int // attempts at once to one subscription; 0 is DefaultInFlight

	Delivery    delivery.Options // time-out, TLS and the like of the attempts
	AllowPublic bool             // faults and traffic may go to addresses that are neither loopback nor private
}

// Provider is the running engine. Its methods may be called from many goroutines.
type Provider struct {
	options    Options
	clock      clock.Clock
	log        *slog.Logger
	journal    journal.Journal
	sender     *delivery.Sender
	restricted *delivery.Sender // to loopback and private addresses alone: for faults and traffic
	scale      float64          // by which the clock compresses waits
	ids        *objectid.Generator
	seed       uint64
	entropy    func() uint64 // fresh numbers for ids, secrets and tokens, or numbers of the seed
	clinic     clinic
	shapes     shapes

	failedType, updatedType *schemas.EventType

	stage sync.RWMutex // held for writing by Reset, for reading by whatever makes something happen

	mu          sync.Mutex // guards what follows
	closing     bool
	subscribers map[string]*subscriber
	inOrder     []*subscriber // as they were created
	byType      map[string][]*subscriber
	byEndpoint  map[string][]*subscriber // by canonical URL
	tokens      map[[sha256.Size]byte]Token
	tokenOrder  [][sha256.Size]byte
	traffic     *traffic
	timetable   timetable
	alarm       alarm
	unfinished  int                     // deliveries that are not finished
	deliveries  uint64                  // deliveries that were ever owed here
	resends     map[string]*outstanding // finished deliveries with attempts by hand under way, by outboxId
	accepted    map[acceptance]int
	out         outgoing
	busy        int           // workers and jobs under way
	changed     chan struct{} // closed when the provider has got on; nil while nobody waits
	attempting  context.Context
	cut         context.CancelFunc // of attempting: ends the attempts in flight

	background sync.WaitGroup // the goroutines that keep time and write
	stop       context.CancelFunc
	advancing  chan struct{} // holds one: the Advance under way
	orphans    []string      // deliveries of the journal whose subscription it does not have; only at the start
	closed     chan struct{} // closed when Close is done
	closeErr   error
}

// Start returns a running provider: what its journal holds is restored, and deliveries that it owes go on. ctx bounds
// the start alone; [Provider.Close] ends the run.
func Start(ctx context.Context, o Options) (*Provider, error) {
	p, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := p.restore(ctx); err != nil {
		return nil, fmt.Errorf("starting the provider: %w", errors.Join(err, p.release()))
	}
	running, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.background.Go(func() { p.write(running) })
	p.background.Go(func() { p.keepTime(running) })
	if err := p.initialize(ctx, o); err != nil {
		return nil, fmt.Errorf("starting the provider: %w", errors.Join(err, p.Close(ctx)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keepPruning()
	if p.traffic.Running {
		p.goOn(p.traffic)
	}
	for _, s := range p.inOrder {
		p.wakeAll(s)
	}
	return p, nil
}

// prepare makes a provider that does nothing yet.
func prepare(o Options) (*Provider, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.InFlight == 0 {
		o.InFlight = DefaultInFlight
	}
	p := &Provider{
		options: o, clock: o.Clock, log: o.Logger, journal: o.Journal,
		scale: clock.Scale(o.Clock), seed: splitmix.Mix(uint64(o.Seed)),
		subscribers: map[string]*subscriber{},
		byType:      map[string][]*subscriber{},
		byEndpoint:  map[string][]*subscriber{},
		tokens:      map[[sha256.Size]byte]Token{},
		resends:     map[string]*outstanding{},
		accepted:    map[acceptance]int{},
		traffic:     &traffic{},
		advancing:   make(chan struct{}, 1),
		closed:      make(chan struct{}),
	}
	if err := p.equip(); err != nil {
		return nil, err
	}
	if p.journal == nil {
		p.journal = journal.NewMemory(journal.Options{})
	}
	p.entropy = fresh
	if o.Fixed {
		last, _ := p.journal.Committed() // a restart must not give the same ids again
		p.entropy = ofSeed(p.seed ^ splitmix.Mix(uint64(last)))
	}
	p.ids = objectid.NewGenerator(p.entropy())
	p.out.more, p.out.less = sync.NewCond(&p.mu), sync.NewCond(&p.mu)
	p.attempting, p.cut = context.WithCancel(context.Background())
	return p, nil
}

// equip makes the senders and looks up the provider's own event types.
func (p *Provider) equip() (err error) {
	if p.failedType, err = schemas.Lookup(deliveryFailed); err != nil {
		return err
	}
	if p.updatedType, err = schemas.Lookup(subscriptionUpdated); err != nil {
		return err
	}
	if p.sender, err = delivery.New(p.options.Delivery); err != nil {
		return err
	}
	restricted := p.options.Delivery
	restricted.LocalOnly = restricted.LocalOnly || !p.options.AllowPublic
	p.restricted, err = delivery.New(restricted)
	return err
}

func (o *Options) check() error {
	if o.InFlight < 0 {
		return refuse(CodeSetting, "inFlight", "there cannot be %d attempts in flight; at least 1 is needed", o.InFlight)
	}
	if err := o.Secrets.check(); err != nil {
		return err
	}
	return o.Retry.check()
}

// fresh returns a number that nobody can guess.
func fresh() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // it never fails: see crypto/rand
	return binary.BigEndian.Uint64(bytes[:])
}

// ofSeed returns the numbers that follow from a seed, one a call.
func ofSeed(seed uint64) func() uint64 {
	n := uint64(0)
	return func() uint64 {
		n++
		return splitmix.Mix(seed ^ splitmix.Mix(n))
	}
}

// jitter is the seed of a delivery's waits.
func (p *Provider) jitter(o *outstanding) uint64 { return splitmix.Mix(p.seed ^ o.order) }

// Journal returns what happened, to be queried.
func (p *Provider) Journal() journal.Journal { return p.journal }

// Now returns the simulated time.
func (p *Provider) Now() time.Time { return p.clock.Now() }
