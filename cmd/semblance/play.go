package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/cmd/semblance/internal/playapi"
	"semblance/cmd/semblance/internal/reference"
	"semblance/cmd/semblance/internal/watch"
	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/hint"
	"semblance/simulator/receiver"
)

type playFlags struct {
	to      string
	secret  flags.Secret
	headers []string

	reports flags.Reports
	format  string
	quiet   bool

	cover        []string
	coverAtLeast float64

	tags        []string
	until, only string
	failFast    bool

	seed         flags.Seed
	at           time.Time
	appointments string
	subscription string

	dryRun, allowExec, allowPublic bool
	watch                          bool
	probe                          string
	api                            string

	attempt flags.Attempt
}

// playCommand plays scenarios at a receiver and judges it.
func (a *app) playCommand() *cobra.Command {
	f := &playFlags{}
	c := &cobra.Command{
		Use:     "play SCENARIO... [--to TARGET]",
		Short:   "Play scenarios at a receiver and judge every response",
		GroupID: groupScenarios,
		Long: `Play reads and checks scenarios, then plays them one after the other. Each response is judged by the expectation of its
step; a step without one expects a 2xx response within the provider's time-out of 10 s.

A SCENARIO is a file, a folder (all .yaml files in it), the name of a scenario of the library (` + "`semblance scenario list`" + `
shows them), or a pattern of such names: '*' is all of them.

--probe names a URL of your application, or a command, that returns the number of effects that events had on the record ${id}:
a number, a list, or an object with count (#/pointer after it names another place). Without it only responses are judged,
and the summary says so.

Each run has other records: it draws a fresh seed, unless the scenario has one, and prints it. --seed repeats it, and --at
repeats every byte.

Without --to, play starts the built-in reference receiver, which passes every scenario of the library.

Exit code: 0 everything was as expected; 1 something was not, or too little was covered; 2 wrong usage or file; 3 no
attempt got a response; 4 a report could not be written; 130 interrupted. Reports cover the part that was played. In GitHub
Actions the Markdown report is the summary of the step.`,
		Example: `  semblance play first-visit                               at the built-in receiver
  semblance play first-visit my.yaml --to 3000/webhooks    two scenarios, at your receiver
  semblance play '*' --to 3000 --report junit=out.xml --report html=out.html
  semblance play my.yaml --to 3000 --watch                 again on each save
  semblance play my.yaml --to 3000 --until 8               the first eight steps
  semblance play '*' --to 3000 --probe 'http://localhost:3000/effects/${id}'
  semblance play my.yaml --to 3000 --seed 2                the records and ids of seed 2
  semblance play my.yaml --to 3000 --dry-run               print the requests, send nothing
  semblance play '*' --to 3000 --cover 'invoice.*' --cover-at-least 100`,
		ValidArgsFunction: flags.Scenarios,
		RunE:              func(c *cobra.Command, args []string) error { return a.play(c, args, f) },
	}
	f.register(c)
	return c
}

// register adds the flags in the order of the help.
func (f *playFlags) register(c *cobra.Command) {
	set := c.Flags()
	flags.Group(c, "Receiver", func() {
		flags.AddTo(c, &f.to, "`TARGET`: port, port/path, host:port or URL (default built-in receiver)")
		f.secret.Add(c)
		set.StringArrayVar(&f.headers, "header", nil, "additional header, `'NAME: VALUE'`; repeatable")
		f.attempt.AddTLS(c)
		flags.AddAllowPublic(c, &f.allowPublic)
	})
	flags.Group(c, "Steps", func() {
		set.StringSliceVar(&f.tags, "tag", nil, "play only steps with one of these `TAGS`")
		set.StringVar(&f.until, "until", "", "play up to this `STEP`: a path such as 8 or 8.2, or a name")
		set.StringVar(&f.only, "only", "", "play only this `STEP`")
		set.BoolVar(&f.watch, "watch", false, "play again whenever a file in the folder of the SCENARIO is saved")
		set.BoolVar(&f.failFast, "fail-fast", false, "stop after the first failed step")
		set.StringVar(&f.probe, "probe", "", "count the effects on record ${id}: a URL or exec:COMMAND `PROBE`")
		set.StringVar(&f.api, "api", "", "serve the provider's GraphQL API at this `ADDRESS`: a port or host:port")
		set.BoolVar(&f.allowExec, "allow-exec", false, "allow probes to run commands")
	})
	flags.Group(c, "Clinic", func() {
		f.seed.Add(c, "records and values")
		flags.AddTime(c, &f.at, "at", "start and stop the clock at this time: RFC 3339 or Unix seconds")
		flags.AddChoice(c, &f.appointments, "appointments", "appointment system of the practice", "newer", "older")
		set.StringVar(&f.subscription, "subscription-id", "", "`ID` of the subscription in the payloads (default from the seed)")
	})
	flags.Group(c, "Output", func() {
		f.reports.Add(c)
		flags.AddFormat(c, &f.format, "output format; json is one attempt per line, --quiet the result")
		set.BoolVar(&f.quiet, "quiet", false, "print only failures and the summary")
		set.BoolVar(&f.dryRun, "dry-run", false, "print the requests, send nothing")
		set.StringSliceVar(&f.cover, "cover", nil, "measure coverage of event types that match `PATTERNS`")
		set.Float64Var(&f.coverAtLeast, "cover-at-least", 0, "fail if less than `PERCENT` of the event types are covered")
	})
	flags.Group(c, "Not published by the provider", func() {
		f.attempt.Add(c)
		f.attempt.AddSuccess(c)
	})
	flags.CompleteFunc(c, "cover", flags.Patterns)
}

func (a *app) play(c *cobra.Command, args []string, f *playFlags) error {
	if !f.watch {
		return a.playOnce(c, args, f)
	}
	names, err := library.Find(args)
	if err != nil {
		return exit.Usage(err)
	}
	folders := watch.Folders(names)
	if len(folders) == 0 {
		return exit.Usagef("--watch plays files again when they are saved; name a file or a folder, not %s", strings.Join(args, ", "))
	}
	watch.Run(c.Context(), folders, a.err, func() {
		if _, message := exit.Of(a.playOnce(c, args, f)); message != "" {
			fmt.Fprintf(a.err, "%s %s\n", a.err.red("semblance:"), human.Printable(message))
		}
		f.seed.Renew()
	})
	return exit.Silent(scenarios.ExitInterrupted)
}

// playOnce plays the scenarios.
func (a *app) playOnce(c *cobra.Command, args []string, f *playFlags) error {
	options, err := f.options(c.Flags())
	if err != nil {
		return exit.Usage(err)
	}
	defer options.Effects.Close()
	options.Env = a.getenv
	if err := f.reports.Parse(); err != nil {
		return exit.Usage(err)
	}
	if len(args) == 0 {
		return exit.Usagef("no scenario; name a file, or a scenario of the library such as first-visit (`semblance scenario list` shows them)")
	}
	all, problems, err := library.LoadAll(args)
	a.err.problems(problems)
	if err != nil {
		return exit.Usage(err)
	}
	server, err := a.aim(f, &options)
	if err != nil {
		return err
	}
	if server != nil {
		defer server.Close()
	}
	if f.dryRun {
		return a.dryPlay(c.Context(), f, all, options)
	}
	if api, err := f.serveAPI(c.Context(), all, &options); err != nil {
		return err
	} else if api != nil {
		defer api.Close()
		fmt.Fprintf(a.err, "GraphQL API at %s, x-token %s\n", api.URL(), api.Token())
	}
	if err := f.reports.Check(); err != nil {
		return err
	}
	transcript, err := f.reports.Transcript()
	if err != nil {
		return err
	}
	live := a.watch(f, &options, transcript)
	result, err := player.PlayAll(c.Context(), options, all)
	if result == nil {
		return errors.Join(exit.Usage(err), transcript.Close())
	}
	err = errors.Join(err, transcript.Close(), f.reports.Write(*result))
	if failed := flags.StepSummary(a.getenv, func(w io.Writer) error { return report.Markdown(w, *result) }); failed != nil {
		a.err.warn("the summary of the step cannot be written: %v", failed)
	}
	return a.concludePlay(f, result, live, err)
}

// serveAPI serves the provider's API if --api or a scenario asks for it.
func (f *playFlags) serveAPI(ctx context.Context, all []*script.Scenario, o *player.Options) (*playapi.Server, error) {
	if f.api == "" && !slices.ContainsFunc(all, func(s *script.Scenario) bool { return s.API }) {
		return nil, nil
	}
	return playapi.Beside(ctx, f.api, o)
}

// options translates the flags.
func (f *playFlags) options(set *pflag.FlagSet) (o player.Options, err error) {
	secrets, err := f.secret.Secrets()
	if err != nil {
		return o, err
	}
	o = player.Options{
		Secret: secrets[0], OtherSecrets: secrets[1:], SubscriptionID: f.subscription,
		HasSeed: f.seed.Given(), At: f.at,
		Select:   player.Selection{Tags: f.tags, Until: f.until, Only: f.only},
		FailFast: f.failFast, Control: true, AllowExec: f.allowExec, DryRun: f.dryRun,
		CoverAtLeast: f.coverAtLeast,
	}
	if o.HasSeed {
		o.Seed = f.seed.Draw(f.at)
	} else {
		o.FreshSeed = f.seed.Draw(f.at)
	}
	o.Reproduce = f.secret.Rerun(set, secrets, "report", "transcript", "format", "quiet", "cover", "cover-at-least", "fail-fast", "until",
		"seed", "dry-run")
	o.ShowSecrets, f.reports.Private = f.secret.Show(), f.secret.Show()
	if o.Delivery, err = f.attempt.Options(); err != nil {
		return o, err
	}
	o.Delivery.AllowPublic = f.allowPublic
	if o.Headers, err = flags.Headers(f.headers); err != nil {
		return o, err
	}
	if f.probe != "" {
		if o.Effects, err = player.ParseEffects(f.probe, o.Delivery); err != nil {
			return o, fmt.Errorf("--probe: %w", err)
		}
	}
	if f.appointments == fixtures.OlderAppointments.String() {
		o.System = fixtures.OlderAppointments
	}
	if len(f.cover) > 0 {
		if o.Cover, err = schemas.MatchAny(f.cover); err != nil {
			return o, fmt.Errorf("--cover: %w", err)
		}
	}
	return o, f.check()
}

// check returns an error for flags that contradict each other.
func (f *playFlags) check() error {
	switch {
	case f.only != "" && (f.until != "" || len(f.tags) > 0):
		return errors.New("--only plays one step; leave out --until and --tag")
	case f.subscription != "" && !objectid.Valid(f.subscription):
		return fmt.Errorf("--subscription-id %q: an id is 24 lowercase hexadecimal digits", f.subscription)
	case !(f.coverAtLeast >= 0 && f.coverAtLeast <= 100):
		return fmt.Errorf("--cover-at-least %v: expected a percentage from 0 to 100", f.coverAtLeast)
	case f.dryRun && f.reports.Any():
		return errors.New("--dry-run sends nothing, so there is nothing to report; leave out --report and --transcript")
	}
	return nil
}

// aim sets the target: that of --to, or the built-in receiver, which it starts and returns.
func (a *app) aim(f *playFlags, o *player.Options) (*receiver.Server, error) {
	switch {
	case f.to != "":
		target, err := delivery.TargetURL(f.to)
		if err != nil {
			return nil, exit.Usage(err)
		}
		o.Target = target
		if warning := flags.StaleTime(f.at); warning != "" && !f.dryRun {
			a.err.warn("%s", warning)
		}
		return nil, nil
	case f.dryRun:
		o.Target = "http://" + flags.DefaultReceiver + "/webhooks"
		return nil, nil
	}
	server, err := reference.Start(o)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.err, "no --to: playing at the built-in reference receiver, %s\n", o.Target)
	return server, nil
}

// watch connects the outputs of a play: the transcript, and stdout with the live report or the attempts as JSON.
func (a *app) watch(f *playFlags, o *player.Options, transcript *flags.Transcript) *report.Live {
	if transcript != nil {
		o.Transcript = transcript
	}
	if f.format == "json" {
		switch {
		case f.quiet:
		case transcript != nil:
			o.Transcript = io.MultiWriter(transcript, a.out)
		default:
			o.Transcript = a.out
		}
		return nil
	}
	text := a.out.text(f.quiet)
	text.Refusal = func(r *simulator.Request) string {
		return f.secret.ExplainRefusal(r, append([]simulator.Secret{o.Secret}, o.OtherSecrets...))
	}
	live := text.Live(a.out)
	o.Observer = live
	return live
}

// concludePlay prints the summary and returns the exit code. A failure of Semblance itself is printed last and overrides
// the result.
func (a *app) concludePlay(f *playFlags, result *scenarios.Result, live *report.Live, failure error) error {
	switch {
	case live != nil:
		if err := live.Summary(*result); err != nil {
			return err
		}
	case f.quiet:
		if err := report.JSON(a.out, *result); err != nil {
			return err
		}
	}
	if live == nil { // the output is for programs
		a.explainRefusal(f, result)
	}
	if failure != nil {
		return failure
	}
	if code := result.ExitCode(); code != scenarios.ExitPassed {
		return exit.Silent(code)
	}
	return nil
}

// explainRefusal prints the likely fix of the first attempt that has one.
func (a *app) explainRefusal(f *playFlags, result *scenarios.Result) {
	e := report.FirstHint(result)
	if e == nil {
		return
	}
	fmt.Fprintf(a.err, "  fix       %s\n", e.Hint.Fix)
	if secrets, err := f.secret.Secrets(); err == nil && e.Hint.Name == hint.Signature {
		fmt.Fprintf(a.err, "\n%s refused an event with a valid signature, %s\n%s", result.Target, e.Attempt.Request.EventType, f.secret.ExplainRefusal(&e.Attempt.Request, secrets))
	}
}

// dryPlay prints the requests of the scenarios and sends nothing.
func (a *app) dryPlay(ctx context.Context, f *playFlags, all []*script.Scenario, o player.Options) error {
	o.Transcript = a.out
	if f.format != "json" {
		o.Transcript = &report.Requests{Terminal: a.out.text(false), Out: a.out}
	}
	result, err := player.PlayAll(ctx, o, all)
	if result == nil {
		return exit.Usage(err)
	}
	if err != nil {
		return err
	}
	a.err.text(false).Unprepared(a.err, result)
	fmt.Fprintf(a.err, "%s, nothing was sent\n", human.Count(result.Counts.Attempts, "attempt"))
	if result.Interrupted {
		return exit.Silent(scenarios.ExitInterrupted)
	}
	if result.Counts.ChecksFailed > 0 { // a step that cannot be prepared
		return exit.Silent(scenarios.ExitFailed)
	}
	return nil
}
