package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// manySends is how many a public address may be sent at once, or of each type, without --allow-public.
const manySends = 100

// maxCount is more than anybody waits for, and so few that a count of each type is a number, too.
const maxCount = 1_000_000_000

// A plan is what send is to do, when all of its flags have been understood.
type plan struct {
	url     string
	types   []*schemas.EventType    // none for a raw body
	asks    []fixtures.EventOptions // one a type
	extra   [][]schemas.Identifier
	count   int
	rate    rate
	workers int
	at      time.Time // zero is now
	request delivery.Message
	secrets []simulator.Secret
	expect  scenarios.Expect
	options delivery.Options

	seed    int64
	clinics map[fixtures.System]*fixtures.Clinic
	ids     *objectid.Generator
}

// plan understands the flags, or says what is wrong with them.
func (a *app) plan(c *cobra.Command, args []string, f *sendFlags) (*plan, error) {
	p := &plan{count: f.count, rate: f.rate, workers: f.inFlight, at: f.at, seed: f.seed}
	for _, step := range []func() error{
		func() error { return p.aim(args, f) },
		func() error { return p.choose(c.Context(), a, args, f) },
		func() error { return p.sign(f) },
		func() error { return p.judge(c.Flags(), f) },
		func() error { return p.bound(f) },
		func() error { return p.draw(f) },
	} {
		if err := step(); err != nil {
			return nil, usageIf(err)
		}
	}
	if d := clock.Since(f.at); !f.at.IsZero() && (d > 5*time.Minute || d < -5*time.Minute) && !f.dryRun {
		fmt.Fprintf(a.err, "%s --at is more than five minutes from now; a correct receiver refuses such a signature\n", a.err.yellow("warning:"))
	}
	return p, nil
}

// aim reads the target and how to get there.
func (p *plan) aim(args []string, f *sendFlags) error {
	if i := slices.IndexFunc(args, isTarget); i >= 0 {
		return fmt.Errorf("%q is a target and no event type; write --to %s", args[i], report.Shell(args[i]))
	}
	if f.to == "" {
		return errors.New("no target; say where to send with --to, such as --to 3000/webhooks (`semblance listen` starts a receiver at 4701)")
	}
	u, err := parseTarget(f.to)
	if err != nil {
		return err
	}
	p.url = u
	if !objectid.Valid(f.subscription) {
		return fmt.Errorf("--subscription-id %q: an id is 24 lowercase hexadecimal digits", f.subscription)
	}
	p.request.SubscriptionID = f.subscription
	for _, text := range f.headers {
		h, err := parseHeader(text)
		if err != nil {
			return err
		}
		p.request.Headers = append(p.request.Headers, h)
	}
	p.options, err = f.attemptFlags.options()
	p.options.LocalOnly = !f.allowPublic && (f.fault != "" || f.count > manySends || f.inFlight > manySends)
	return err
}

// isTarget reports whether a word that should name event types is a target: somebody has left out --to.
func isTarget(word string) bool {
	_, err := parseTarget(word)
	return err == nil && !strings.HasPrefix(word, "group:")
}

// mayGo refuses what would be rude to strangers: faults, and many sends, go to this machine and private networks alone
// unless --allow-public says otherwise. A name that cannot be looked up is for the attempt to report.
func (p *plan) mayGo(ctx context.Context) error {
	if !p.options.LocalOnly {
		return nil
	}
	local, err := delivery.LeadsToLocal(ctx, p.url)
	if err != nil || local {
		return nil
	}
	what := "a fault goes"
	if p.request.Fault == nil {
		what = fmt.Sprintf("more than %d sends of a type, or at once, go", manySends)
	}
	return fmt.Errorf("%s to loopback and private addresses alone, and %s is public; --allow-public sends all the same", what, p.url)
}

// parseHeader reads 'NAME: VALUE'.
func parseHeader(text string) (simulator.Header, error) {
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return simulator.Header{}, fmt.Errorf("--header %q: expected NAME: VALUE", text)
	}
	h := simulator.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	if err := delivery.CheckHeader(h); err != nil {
		return simulator.Header{}, fmt.Errorf("--header: %w", err)
	}
	return h, nil
}

// choose finds the event types, in the order in which they were named, or reads the raw body.
func (p *plan) choose(ctx context.Context, a *app, args []string, f *sendFlags) error {
	if f.raw != "" {
		switch {
		case len(args) > 0:
			return fmt.Errorf("--raw sends the bytes of %s, so %q cannot be sent with it", f.raw, args[0])
		case len(f.set)+len(f.with)+len(f.omit) > 0:
			return errors.New("--raw sends bytes as they are; --set, --with and --omit change the payload of an event type")
		}
		raw, err := a.readInput(ctx, f.raw)
		p.request.Raw = append([]byte{}, raw...) // an empty file is an empty body, and not none
		return err
	}
	if len(args) == 0 {
		return errors.New("no event type; name one, such as booking.created (`semblance events` lists them)")
	}
	for _, pattern := range args {
		found, err := schemas.Match(pattern)
		if err != nil {
			return err
		}
		for _, t := range found {
			if !slices.Contains(p.types, t) {
				p.types = append(p.types, t)
			}
		}
	}
	return nil
}

// sign finds the secrets and the fault.
func (p *plan) sign(f *sendFlags) error {
	secrets, err := f.secret.secrets()
	if err != nil {
		return err
	}
	p.secrets, p.request.Secrets = secrets, secrets
	if f.fault != "" {
		p.request.Fault, err = fault.Parse(f.fault)
	}
	return err
}

// judge finds what is expected of the answers. With a fault and no expectation any outcome passes.
func (p *plan) judge(flags *pflag.FlagSet, f *sendFlags) error {
	p.expect = scenarios.Expect{Within: f.timeout}
	switch {
	case f.expect == "none" && f.expectBody != "":
		return errors.New("--expect none expects no answer, so --expect-body has none to judge")
	case f.expect == "none":
		p.expect.Response = scenarios.ResponseNone
		return nil
	case f.fault != "" && !flags.Changed("expect") && f.expectBody == "":
		p.expect.Response = scenarios.ResponseAny
		return nil
	case f.fault == "" || flags.Changed("expect"):
		statuses, err := scenarios.ParseStatuses(f.expect)
		if err != nil {
			return fmt.Errorf("--expect: %w", err)
		}
		p.expect.Status = statuses
	}
	if f.expectBody == "" {
		return nil
	}
	schema, err := bodySchema(f.expectBody)
	if err != nil {
		return fmt.Errorf("--expect-body: %w", err)
	}
	p.expect.Body = schema
	p.options.MaxBody = validate.MaxSize // an answer is judged whole or not at all
	return nil
}

// responseSchema is what the names of the schemas for answers begin with that come with Semblance.
const responseSchema = "semblance:response/"

// bodySchema finds a schema in a file, or one that comes with Semblance.
func bodySchema(name string) (*validate.Schema, error) {
	if builtIn, ok := strings.CutPrefix(name, responseSchema); ok {
		return validate.Response(builtIn)
	}
	return validate.File(name)
}

// bound refuses numbers that make no sense.
func (p *plan) bound(f *sendFlags) error {
	switch {
	case f.count < 1:
		return fmt.Errorf("--count %d: send at least 1", f.count)
	case f.count > maxCount:
		return fmt.Errorf("--count %d: send at most %d", f.count, maxCount)
	case f.inFlight < 1 || f.inFlight > 10000:
		return fmt.Errorf("--in-flight %d: expected 1 to 10000", f.inFlight)
	case f.dryRun && f.curl:
		return errors.New("--dry-run and --curl each print in place of sending; choose one")
	case f.curl && f.format == "json":
		return errors.New("--curl prints commands; for objects, --dry-run --format json")
	case p.request.Raw != nil && p.request.Fault == nil && f.invalid:
		return errors.New("--raw sends any bytes as they are; --invalid adds nothing to it")
	}
	return nil
}

// draw opens the clinic and checks what the flags change of its events, once.
func (p *plan) draw(f *sendFlags) error {
	p.clinics = map[fixtures.System]*fixtures.Clinic{}
	if p.at.IsZero() {
		p.ids = objectid.NewGenerator(rand.Uint64())
	} else {
		p.ids = objectid.NewGenerator(splitmix.Mix(uint64(p.seed)) ^ splitmix.Mix(0x65766e74)) // unlike the clinic's
	}
	changed, err := readOverrides(f)
	if err != nil {
		return err
	}
	return p.override(changed, f.invalid)
}

// total is how many sends the plan holds.
func (p *plan) total() int {
	return p.count * max(1, len(p.types))
}

// A job is one event that is to be sent.
type job struct {
	index  int // in the plan, from 0
	ofType int // the how many-th of its type, from 1
	id     string
	change schemas.Event // of no type for a raw body
}

// job makes the i-th event. They are made in order: one of each type, then the next of each.
func (p *plan) job(i int) (job, error) {
	j := job{index: i, ofType: i/max(1, len(p.types)) + 1}
	if p.request.Raw != nil {
		return j, nil
	}
	k := i % len(p.types)
	change, err := p.clinic(p.types[k]).Event(p.types[k], p.asks[k])
	if err != nil {
		return j, usageError(err) // what was asked for cannot be
	}
	if len(p.extra[k]) > 0 {
		change.Identifiers = slices.Concat(change.Identifiers, p.extra[k])
	}
	j.change, j.id = change, p.ids.New(orNow(p.at)).String()
	return j, nil
}

// clinic returns the clinic of the practice that sends the type: one with the older or the newer appointment system.
func (p *plan) clinic(t *schemas.EventType) *fixtures.Clinic {
	system, _ := fixtures.SystemOf(t)
	if p.clinics[system] == nil {
		p.clinics[system] = p.newClinic(system)
	}
	return p.clinics[system]
}

func (p *plan) newClinic(system fixtures.System) *fixtures.Clinic {
	return fixtures.New(fixtures.Options{Seed: p.seed, System: system, At: p.at})
}

// prepare makes of an event all that will go out.
func (p *plan) prepare(sender *delivery.Sender, j *job) (simulator.Request, error) {
	r := p.request
	r.URL, r.EventID, r.At = p.url, j.id, p.at
	if r.Raw == nil {
		r.Event = &j.change
	}
	return sender.Prepare(r)
}
