package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/receiver"
)

// playFlags are the flags of play, as they were given.
type playFlags struct {
	to     string
	secret secretFlags

	reports    []string
	transcript string
	format     string
	quiet      bool

	cover        []string
	coverAtLeast float64

	tags        []string
	until, only string
	failFast    bool

	seed         int64
	at           time.Time
	appointments string
	subscription string

	dryRun, allowExec, allowPublic bool

	attemptFlags
	success string
}

// playCommand plays scenarios at a receiver and judges it.
func (a *app) playCommand() *cobra.Command {
	f := &playFlags{}
	c := &cobra.Command{
		Use:     "play STORY... [--to TARGET]",
		Short:   "Play scenarios at a receiver, and say what it made of them",
		GroupID: groupScenarios,
		Long: `Play reads scenarios, checks them, and plays them one after the other at the receiver. Each answer is judged by what
its step expects; a step that says nothing expects 2xx within the provider's time-out of 10 s.

A STORY is a file, a folder (all .yaml files in it), the name of a scenario that comes with Semblance (` + "`semblance scenario\nlist`" + ` shows them), or a pattern of such names: '*' is all of them.

Without --to the scenario is played at the built-in reference receiver, which passes all that come with Semblance.

The exit code is 0 when all was as expected, 1 when something was not or too little was covered, 2 for wrong usage or a
wrong file, 3 when not one attempt was answered, 4 when a report could not be written, and 130 when it was interrupted;
what was played until then is reported.`,
		Example: `  semblance play first-visit                               at the built-in receiver
  semblance play first-visit my.yaml --to 3000/webhooks    two scenarios, at yours
  semblance play '*' --to 3000 --report junit=out.xml --report html=out.html
  semblance play my.yaml --to 3000 --until 8               the first eight steps
  semblance play my.yaml --to 3000 --seed 2                other people, other ids
  semblance play my.yaml --to 3000 --dry-run               what would be sent
  semblance play '*' --to 3000 --cover 'invoice.*' --cover-at-least 100`,
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return a.play(c, args, f) },
	}
	f.register(c)
	return c
}

// register adds the flags in the order of the help.
func (f *playFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.to, "to", "", "the `TARGET`: a port, port/path, host:port or URL (default the built-in receiver)")
	flags.SetNormalizeFunc(targetAlias)
	f.secret.add(c)

	flags.StringArrayVar(&f.reports, "report", nil, "write a report: `KIND=FILE` of kind "+either(reportKinds())+"; may be repeated")
	flags.StringVar(&f.transcript, "transcript", "", "write every attempt to this `FILE` while it runs, one JSON object a line")
	addChoice(c, &f.format, "format", "what to print; json is every attempt, one object a line, and with --quiet the result", "text", "json")
	flags.BoolVar(&f.quiet, "quiet", false, "print what failed and the summary alone")

	flags.StringSliceVar(&f.cover, "cover", nil, "measure coverage on the event types of these `PATTERNS` (default all)")
	flags.Float64Var(&f.coverAtLeast, "cover-at-least", 0, "fail when less than `PERCENT` of the event types are covered")

	flags.StringSliceVar(&f.tags, "tag", nil, "play the steps with one of these `TAGS` alone")
	flags.StringVar(&f.until, "until", "", "play up to this `STEP`, a path such as 8 or 8.2, or a name")
	flags.StringVar(&f.only, "only", "", "play this `STEP` alone")
	flags.BoolVar(&f.failFast, "fail-fast", false, "stop after the first step that fails")

	flags.Int64Var(&f.seed, "seed", script.DefaultSeed, "the `N` that decides everything that is drawn (default what the file says, else 1)")
	flags.Lookup("seed").DefValue = "0" // its own words say it
	flags.Var(moment{&f.at}, "at", "begin at this time and have the clock stand still: RFC 3339 or Unix seconds (default now)")
	addChoice(c, &f.appointments, "appointments", "the appointment system of the practice", "newer", "older")
	flags.StringVar(&f.subscription, "subscription-id", "", "the `ID` of the subscription in the payloads (default one that the seed draws)")

	flags.BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and send nothing")
	flags.BoolVar(&f.allowExec, "allow-exec", false, "let probes run commands")
	flags.BoolVar(&f.allowPublic, "allow-public", false, "let faults and traffic go to a public address")

	f.attemptFlags.add(c)
	addSuccess(c, &f.success)

	completeFunc(c, "report", completeReport)
	completeFunc(c, "cover", completePatterns)
}

// play is the whole command: scenarios read, a receiver found, each scenario played, and all of it reported.
func (a *app) play(c *cobra.Command, args []string, f *playFlags) error {
	options, err := f.options(c.Flags())
	if err != nil {
		return usageIf(err)
	}
	options.Env = a.getenv
	reports, err := f.files()
	if err != nil {
		return usageError(err)
	}
	scenarios, err := a.readScenarios(args)
	if err != nil {
		return err
	}
	if err := knownTags(scenarios, f.tags); err != nil {
		return usageError(err)
	}
	closeReceiver, err := a.aimPlay(f, &options)
	if err != nil {
		return err
	}
	defer closeReceiver()
	if f.dryRun {
		return a.dryPlay(c.Context(), f, scenarios, options)
	}
	if err := reports.check(); err != nil {
		return err
	}
	transcript, err := openTranscript(f.transcript)
	if err != nil {
		return err
	}
	show := a.watch(f, &options, transcript)
	result, err := playAll(c.Context(), scenarios, options)
	err = errors.Join(err, transcript.Close())
	if result == nil {
		return err
	}
	return a.concludePlay(f, result, show, errors.Join(err, reports.write(*result)))
}

// options understands the flags, or says what is wrong with them.
func (f *playFlags) options(flags *pflag.FlagSet) (player.Options, error) {
	secrets, err := f.secret.secrets()
	if err != nil {
		return player.Options{}, err
	}
	o := player.Options{
		Secret: secrets[0], OtherSecrets: secrets[1:], SubscriptionID: f.subscription,
		Seed: f.seed, HasSeed: flags.Changed("seed"), At: f.at,
		Select:   player.Selection{Tags: f.tags, Until: f.until, Only: f.only},
		FailFast: f.failFast, AllowExec: f.allowExec, AllowPublic: f.allowPublic, DryRun: f.dryRun,
		CoverAtLeast: f.coverAtLeast, Reproduce: f.reproduce(flags, secrets),
	}
	if o.Delivery, err = f.attemptFlags.options(); err != nil {
		return o, err
	}
	if o.Delivery.Success, err = success(f.success); err != nil {
		return o, err
	}
	if f.appointments == fixtures.OlderAppointments.String() {
		o.System = fixtures.OlderAppointments
	}
	if o.Cover, err = matchAll(f.cover); err != nil {
		return o, fmt.Errorf("--cover: %w", err)
	}
	return o, f.bound()
}

// files understands where the reports go, and refuses a transcript that cannot go where it should.
func (f *playFlags) files() (reportFiles, error) {
	reports, err := parseReports(f.reports)
	switch {
	case err != nil:
		return nil, err
	case f.transcript == "-":
		return nil, errors.New("--transcript -: a transcript goes into a file; --format json prints it")
	case f.transcript != "" && reports.at(f.transcript):
		return nil, fmt.Errorf("--transcript %s: a report goes there, too", f.transcript)
	}
	return reports, nil
}

// bound refuses what makes no sense.
func (f *playFlags) bound() error {
	selected := 0
	for _, given := range []bool{f.until != "", f.only != "", len(f.tags) > 0} {
		if given {
			selected++
		}
	}
	switch {
	case f.only != "" && selected > 1:
		return errors.New("--only plays one step alone; leave out --until and --tag")
	case f.subscription != "" && !objectid.Valid(f.subscription):
		return fmt.Errorf("--subscription-id %q: an id is 24 lowercase hexadecimal digits", f.subscription)
	case !(f.coverAtLeast >= 0 && f.coverAtLeast <= 100):
		return fmt.Errorf("--cover-at-least %v: expected a percentage from 0 to 100", f.coverAtLeast)
	case f.dryRun && (len(f.reports) > 0 || f.transcript != ""):
		return errors.New("--dry-run prints what would be sent and has nothing to report; leave out --report and --transcript")
	}
	return nil
}

// matchAll returns the event types that fit one of the patterns, each once, or nil for no pattern.
func matchAll(patterns []string) ([]*schemas.EventType, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	return schemas.MatchAny(patterns)
}

// reproduce returns the flags that play a scenario again as it is played now. Which step, and with which seed, the report
// adds where it names the command.
func (f *playFlags) reproduce(flags *pflag.FlagSet, secrets []simulator.Secret) []string {
	words := []string{}
	flags.VisitAll(func(flag *pflag.Flag) {
		if !flag.Changed {
			return
		}
		switch flag.Name {
		case "report", "transcript", "format", "quiet", "cover", "cover-at-least", "fail-fast", "until", "seed", "dry-run", "secret":
			return
		case "allow-exec", "allow-public", "insecure", "show-secret":
			words = append(words, "--"+flag.Name)
		case "tag":
			words = append(words, "--tag", strings.Join(f.tags, ","))
		default:
			words = append(words, "--"+flag.Name, flag.Value.String())
		}
	})
	for _, secret := range secrets {
		switch {
		case secret == simulator.DefaultSecret && len(secrets) == 1:
		case f.secret.show || secret == simulator.DefaultSecret:
			words = append(words, "--secret", secret.Reveal())
		default: // one that must not be shown stands as the variable that holds it
			words = append(words, "--secret", "$"+variable("secret"))
		}
	}
	return words
}

// aimPlay finds the receiver: the one that --to names, or the built-in one, which it starts. What it returns closes it.
func (a *app) aimPlay(f *playFlags, o *player.Options) (func(), error) {
	if f.to != "" {
		u, err := parseTarget(f.to)
		if err != nil {
			return nil, usageError(err)
		}
		o.Target = u
		if d := clock.Since(f.at); !f.at.IsZero() && (d > 5*time.Minute || d < -5*time.Minute) && !f.dryRun {
			fmt.Fprintf(a.err, "%s --at is more than five minutes from now; a correct receiver refuses such a signature\n", a.err.yellow("warning:"))
		}
		return func() {}, nil
	}
	if f.dryRun {
		o.Target = "http://" + defaultListen + "/webhooks"
		return func() {}, nil
	}
	settings := receiver.Options{}
	for _, s := range append([]simulator.Secret{o.Secret}, o.OtherSecrets...) {
		settings.Secrets = append(settings.Secrets, s.Reveal())
	}
	if !f.at.IsZero() {
		o.Clock = clock.Fixed(f.at) // the scenario and its receiver have one time
		settings.Clock = o.Clock
	}
	server, err := receiver.Start("127.0.0.1:0", settings)
	if err != nil {
		return nil, err
	}
	o.Target = server.URL + "/webhooks"
	fmt.Fprintf(a.err, "no --to: playing at the built-in reference receiver, %s\n", o.Target)
	return func() { server.Close() }, nil // nothing is in flight any more
}

// watch says where the play is shown: live on a terminal or as plain lines, or as an object an attempt.
func (a *app) watch(f *playFlags, o *player.Options, transcript *transcriptFile) *report.Live {
	if transcript.file != nil {
		o.Transcript = transcript
	}
	if f.format == "json" {
		if !f.quiet && o.Transcript != nil {
			o.Transcript = io.MultiWriter(transcript, a.out)
		} else if !f.quiet {
			o.Transcript = a.out
		}
		return nil
	}
	live := report.Terminal{Color: a.out.coloured, Progress: a.out.terminal, Quiet: f.quiet}.Live(a.out)
	o.Observer = live
	return live
}

// playAll plays the scenarios in turn. It returns no result where nothing was played.
func playAll(ctx context.Context, scenarios []*script.Scenario, o player.Options) (*scenarios.Result, error) {
	p, err := player.New(o)
	if err != nil {
		return nil, usageError(err)
	}
	defer p.Close()
	for _, scenario := range scenarios {
		if err := p.Check(ctx, scenario); err != nil {
			return nil, usageError(err)
		}
	}
	for _, scenario := range scenarios {
		if ctx.Err() != nil {
			break
		}
		if err = p.Play(ctx, scenario); err != nil {
			break
		}
	}
	result := p.Result()
	return &result, err
}

// concludePlay prints the summary and gives the exit code. Trouble of our own is said last, and wins.
func (a *app) concludePlay(f *playFlags, result *scenarios.Result, show *report.Live, trouble error) error {
	switch {
	case show != nil:
		if err := show.Summary(*result); err != nil {
			return err
		}
	case f.quiet:
		if err := report.JSON(a.out, *result); err != nil {
			return err
		}
	}
	a.advisePlay(f, result)
	if trouble != nil {
		return trouble
	}
	if code := result.ExitCode(); code != exitPassed {
		return silent(code)
	}
	return nil
}
