package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
)

// defaultGrace is how long serve waits for what is in flight when it is told to stop: an attempt's whole time-out.
const defaultGrace = delivery.DefaultTimeout

// serveFlags are the flags of serve, as they were given.
type serveFlags struct {
	addr        string
	hosts       []string
	tokens      []string
	format      string
	logLevel    string
	grace       time.Duration
	healthCheck bool

	to         string
	subscribe  []string
	secretText string
	secretForm provider.SecretForm

	data          string
	retention     time.Duration
	retentionRows int

	attempts    int
	base        time.Duration
	factor      float64
	jitter      float64
	eventIDs    string
	resign      string
	threshold   int
	success     string
	whilePaused string
	inFlight    int
	timeScale   float64

	http          string
	maxEventTypes int
	maxLabel      int

	clock        string
	at           time.Time
	seed         int64
	appointments string

	allowPublic bool
	attemptFlags
}

// register adds the flags in the order of the help.
func (f *serveFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.SetNormalizeFunc(targetAlias)
	flags.StringVar(&f.addr, "addr", defaultServe, "the `ADDRESS` to listen at: host:port, or a port of 127.0.0.1; port 0 is a free one")
	flags.StringVar(&f.to, "to", "", "subscribe this `TARGET` to every event type: a port, port/path, host:port or URL")
	flags.StringArrayVar(&f.subscribe, "subscribe", nil, "make the subscriptions of this YAML `FILE`; may be repeated")
	flags.StringVar(&f.secretText, "secret", "", "the `SECRET` of the subscriptions of --to and --subscribe (default "+string(simulator.DefaultSecret)+")")
	flags.StringArrayVar(&f.tokens, "token", nil, "accept this token: `TEXT=PERMISSION,...`, or TEXT for all of seeWebhooks, createWebhooks, editWebhooks and deleteWebhooks; may be repeated (default those of the journal, or one that is drawn)")
	flags.StringVar(&f.data, "data", "", "keep the journal in this `FILE`, and go on where it was (default in memory)")
	addChoice(c, &f.format, "format", "how to say where it is; json is one line with url, graphql, token and secret", "text", "json")
	addChoice(c, &f.logLevel, "log-level", "what to log", "info", "debug", "warn", "error")
	flags.StringSliceVar(&f.hosts, "host", nil, "answer to this `NAME` too, in a request's Host header; may be repeated")
	flags.DurationVar(&f.grace, "grace", defaultGrace, "when told to stop, wait this `TIME` for what is in flight")
	flags.BoolVar(&f.healthCheck, "health-check", false, "ask the provider that runs at --addr how it is, and exit with 0 if it is ready")

	flags.IntVar(&f.attempts, "attempts", provider.DefaultAttempts, "try a delivery `N` times in all; the provider publishes no number")
	flags.DurationVar(&f.base, "retry-base", provider.DefaultBase, "wait this `TIME` before the second attempt; the provider publishes no schedule")
	flags.Float64Var(&f.factor, "retry-factor", provider.DefaultFactor, "make each wait `N` times as long as the one before")
	flags.Float64Var(&f.jitter, "retry-jitter", provider.DefaultJitter, "make each wait longer or shorter by up to this `SHARE`")
	flags.Float64Var(&f.timeScale, "time-scale", 1, "make waits `N` times shorter; 60 makes minutes seconds")
	addChoice(c, &f.eventIDs, "event-id", "whether a retry has an eventId of its own, as the provider words it, or the event's", "per-attempt", "per-event")
	addChoice(c, &f.resign, "sign", "whether a retry has a timestamp of its own; the provider does not publish it", "each-attempt", "once")
	flags.IntVar(&f.threshold, "breaker-threshold", provider.DefaultThreshold, "pause a subscription when `N` deliveries in a row have failed for good; 0 never does")
	addSuccess(c, &f.success)
	addChoice(c, &f.whilePaused, "while-paused", "what becomes of deliveries to a paused subscription", "keep", "drop")
	flags.IntVar(&f.inFlight, "in-flight", provider.DefaultInFlight, "have up to `N` attempts to one subscription under way at once")

	addChoice(c, &f.http, "http", "which URLs may be http: loopback ones, none (as the provider has it), or any", "loopback", "none", "any")
	flags.IntVar(&f.maxEventTypes, "max-event-types", provider.DefaultMaxEventTypes, "let a subscription made through the API name at most `N` event types; 0 is no limit")
	flags.IntVar(&f.maxLabel, "max-label", provider.DefaultMaxLabel, "let a label have at most `N` characters; 0 is no limit")
	flags.StringVar(&f.secretForm.Prefix, "secret-prefix", provider.DefaultSecretPrefix, "begin secrets that are drawn with this `TEXT`; the provider publishes no form")
	flags.IntVar(&f.secretForm.Length, "secret-length", provider.DefaultSecretLength, "draw secrets of `N` characters after the prefix")
	flags.DurationVar(&f.retention, "retention", journal.DefaultAge, "keep what is finished for this `TIME`; 0 is for ever")
	flags.IntVar(&f.retentionRows, "retention-rows", 0, "keep at most `N` events, deliveries and attempts (default as the journal has it: 50000 in memory, 250000 in a file)")

	addChoice(c, &f.clock, "clock", "the real time, or one that stands still until the control API moves it", "real", "manual")
	flags.Var(moment{&f.at}, "at", "where a manual clock begins, unless the journal has come further: RFC 3339 or Unix seconds; ids and secrets are the same in every run then (default now)")
	flags.Int64Var(&f.seed, "seed", 1, "decides everything that is drawn: records, jitter, shares of faults")
	addChoice(c, &f.appointments, "appointments", "which appointment system the practice has", "newer", "older")

	flags.BoolVar(&f.allowPublic, "allow-public", false, "let faults and traffic go to a public address")
	f.attemptFlags.add(c)
}

// provider turns the flags into the provider's options, or says what is wrong with them.
func (f *serveFlags) provider(flags *pflag.FlagSet) (provider.Options, error) {
	o := provider.Options{
		Seed:     f.seed,
		Retry:    provider.RetryPolicy{Attempts: f.attempts, Base: f.base, Factor: f.factor, Jitter: unlimited(f.jitter)},
		Breaker:  provider.Breaker{Threshold: unlimited(f.threshold)},
		Rules:    provider.Rules{MaxEventTypes: unlimited(f.maxEventTypes), MaxLabel: unlimited(f.maxLabel)},
		Secrets:  f.secretForm,
		SignOnce: f.resign == "once", InFlight: f.inFlight, AllowPublic: f.allowPublic,
	}
	if err := f.check(); err != nil {
		return o, err
	}
	var err error
	if o.Delivery, err = f.attemptFlags.options(); err != nil {
		return o, err
	}
	if o.Delivery.Success, err = success(f.success); err != nil {
		return o, err
	}
	f.retention = unlimited(f.retention)
	if f.eventIDs == "per-event" {
		o.EventIDs = provider.PerEvent
	}
	if f.whilePaused == "drop" {
		o.WhilePaused = provider.DropWhilePaused
	}
	if f.appointments == "older" {
		o.Clinic.System = fixtures.OlderAppointments
	}
	switch f.http {
	case "none":
		o.Rules.HTTP = provider.HTTPNever
	case "any":
		o.Rules.HTTP = provider.HTTPAnywhere
	}
	if err := f.setClock(&o, flags); err != nil {
		return o, err
	}
	return o, errors.Join(f.setTokens(&o, flags), f.setSubscriptions(&o))
}

// check refuses a nothing that the options would take for their default.
func (f *serveFlags) check() error {
	switch {
	case f.attempts < 1:
		return fmt.Errorf("--attempts %d: a delivery is tried at least once", f.attempts)
	case f.inFlight < 1:
		return fmt.Errorf("--in-flight %d: at least 1 attempt must be under way at once", f.inFlight)
	case f.base <= 0:
		return fmt.Errorf("--retry-base %s: the first wait must be longer than nothing, such as 1ms", f.base)
	case f.factor <= 0:
		return fmt.Errorf("--retry-factor %v: a wait is the one before times a positive number", f.factor)
	case f.secretForm.Length < 1:
		return fmt.Errorf("--secret-length %d: a secret that is drawn needs characters", f.secretForm.Length)
	case f.grace < 0:
		return fmt.Errorf("--grace %s: one cannot wait for less than nothing", f.grace)
	}
	return nil
}

// unlimited is a number where the flag's 0 means none, which the options write as -1, for theirs is the default.
func unlimited[T int | float64 | time.Duration](n T) T {
	if n == 0 {
		return -1
	}
	return n
}

func (f *serveFlags) setClock(o *provider.Options, flags *pflag.FlagSet) error {
	switch {
	case f.timeScale <= 0:
		return fmt.Errorf("--time-scale %v: waits can be made shorter or longer by a positive number", f.timeScale)
	case f.clock == "manual" && flags.Changed("time-scale"):
		return errors.New("--time-scale makes the real time's waits shorter; a manual clock has none: choose one")
	case f.clock == "manual":
		begin := f.at
		if begin.IsZero() {
			begin = clock.Now()
		}
		o.Clock = clock.Manual(begin)
		o.Fixed, o.Clinic.At = !f.at.IsZero(), f.at
	case !f.at.IsZero():
		return errors.New("--at is where a manual clock begins; add --clock manual")
	default:
		o.Clock = clock.Scaled(f.timeScale)
	}
	return nil
}

func (f *serveFlags) setTokens(o *provider.Options, flags *pflag.FlagSet) error {
	for _, text := range f.tokens {
		t, err := provider.ParseToken(text)
		if err != nil {
			return fmt.Errorf("--token: %w", err)
		}
		o.Tokens = append(o.Tokens, t)
	}
	if flags.Changed("secret") && f.secretText == "" {
		return errors.New("the secret is empty, and anybody can sign with an empty secret; leave out --secret and SEMBLANCE_SECRET for the published " + string(simulator.DefaultSecret))
	}
	return nil
}

// setSubscriptions makes the subscriptions of --to and --subscribe.
func (f *serveFlags) setSubscriptions(o *provider.Options) error {
	if f.to != "" {
		url, err := parseTarget(f.to)
		if err != nil {
			return err
		}
		n := provider.NewSubscription{URL: url, Label: "everything", Secret: f.secret(), Local: true}
		for _, t := range schemas.All() {
			n.EventTypes = append(n.EventTypes, t.Name)
		}
		o.Subscriptions = append(o.Subscriptions, n)
	}
	for _, name := range f.subscribe {
		list, err := readSubscriptions(name, f.secret())
		if err != nil {
			return err
		}
		o.Subscriptions = append(o.Subscriptions, list...)
	}
	return nil
}

// secret is what the subscriptions made here are signed with.
func (f *serveFlags) secret() simulator.Secret {
	if f.secretText == "" {
		return simulator.DefaultSecret
	}
	return simulator.Secret(f.secretText)
}

// openJournal opens the journal of the file, or one in memory.
func (f *serveFlags) openJournal(ctx context.Context) (journal.Journal, error) {
	keep := journal.Options{Age: f.retention, Rows: f.retentionRows}
	if f.data == "" {
		return journal.NewMemory(keep), nil
	}
	j, err := sqlite.Open(ctx, f.data, keep)
	if err != nil {
		return nil, err // and no journal, not even a nil one
	}
	return j, nil
}

// logger writes to the standard error, in JSON where the standard output is.
func (f *serveFlags) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		level = slog.LevelInfo // the flag's choices are all levels
	}
	options := &slog.HandlerOptions{Level: level}
	if f.format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
