package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/files"
	"semblance/cmd/semblance/internal/flags"
	"semblance/cmd/semblance/internal/playapi"
	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator/delivery"
)

type checkFlags struct {
	to     string
	secret flags.Secret

	headers   []string
	events    []string
	probe     string
	api       string
	hook      string
	tolerance time.Duration
	skip      []string
	timing    bool
	strict    bool

	baseline      string
	writeBaseline bool

	inFlight  int
	pace      string
	timeLimit time.Duration

	explain string
	list    bool
	quiet   bool
	verbose bool
	reports flags.Reports

	allowPublic bool
	attempt     flags.Attempt
}

// checkCommand checks a receiver.
func (a *app) checkCommand() *cobra.Command {
	f := &checkFlags{}
	c := &cobra.Command{
		Use:     "check [ID...] --to TARGET",
		Short:   "Judge a receiver by named checks, each with its reason and fix",
		GroupID: groupScenarios,
		Long: `Check sends right, forged, late, repeated and broken requests to a receiver and judges it in one sentence. Each check that
does not pass shows the request, the expected and actual response, the reason, the fix and a command that runs it again.

An ID selects checks: an id (SIG-03), a pattern ('SIG-*'), a group (signature) or a level (must). The default is all checks.
--list shows them, --explain SIG-03 explains one. A MUST that is not met is a failure, a SHOULD a warning, a MAY a remark.

Without --probe and --api only responses are judged. With --probe, check also counts how often an event took effect. With --api
it serves the provider's API and counts what the receiver asks there: no query after a forged event, no second write after a
duplicate (--explain api).

Exit code: 0 no MUST failed; 1 a MUST failed, or the baseline is out of date; 2 wrong usage or file; 3 the receiver was not
reached; 4 a report could not be written; 5 nothing failed, but a MUST was inconclusive; 130 interrupted.`,
		Example: `  semblance check --to 3000/webhooks
  semblance check signature --to 3000/webhooks
  semblance check --to 3000/webhooks --probe 'http://localhost:3000/test/effects/${id}'
  semblance check --to 3000/webhooks --api 4000
  semblance check --to 3000/webhooks --report junit=checks.xml --report html=checks.html
  semblance check --explain SIG-06`,
		ValidArgsFunction: completeChecks,
		RunE:              func(c *cobra.Command, args []string) error { return a.check(c, args, f) },
	}
	f.register(c)
	return c
}

// register adds the flags in the order of the help.
func (f *checkFlags) register(c *cobra.Command) {
	set := c.Flags()
	flags.Group(c, "Receiver", func() {
		flags.AddTo(c, &f.to, "`TARGET`: port, port/path, host:port or URL")
		f.secret.Add(c)
		f.attempt.AddTLS(c)
		flags.AddAllowPublic(c, &f.allowPublic)
		set.StringArrayVar(&f.headers, "header", nil, "additional header, `'NAME: VALUE'`; repeatable")
		set.StringSliceVar(&f.events, "events", nil, "subscribed event types, `PATTERNS` such as 'booking.*' (default all)")
		set.StringVar(&f.probe, "probe", "", "count the effects on record ${id}: `PROBE` is a URL or exec:COMMAND")
		set.StringVar(&f.api, "api", "", "serve the provider's GraphQL API at `ADDRESS`; count its requests")
		set.StringVar(&f.hook, "hook", "", "POST to this `URL` to make the receiver's work fail or wait once")
		flags.AddTolerance(c, &f.tolerance)
	})
	flags.Group(c, "Checks", func() {
		set.StringSliceVar(&f.skip, "skip", nil, "skip the checks that `ID` selects")
		set.BoolVar(&f.timing, "timing", false, "also measure the signature comparison (LEAK-06)")
		set.BoolVar(&f.strict, "strict", false, "treat warnings as failures")
		set.StringVar(&f.baseline, "baseline", "", "known failures: a `FILE` of check ids with reasons")
		set.BoolVar(&f.writeBaseline, "write-baseline", false, "write the failed checks to the baseline file")
		set.IntVar(&f.inFlight, "in-flight", 0, "send `N` requests at once (default 1 to 8, by latency)")
		set.StringVar(&f.pace, "pace", "", "send at this `RATE`, such as 5/s")
		set.DurationVar(&f.timeLimit, "time-limit", check.DefaultTimeLimit, "stop after this `TIME`")
	})
	flags.Group(c, "Output", func() {
		f.reports.AddChecks(c)
		set.BoolVar(&f.quiet, "quiet", false, "print only failures and the verdict")
		set.BoolVar(&f.verbose, "verbose", false, "print a line for each check, and the requests")
		set.StringVar(&f.explain, "explain", "", "explain a `TOPIC`: a check (SIG-03), probe, api, hook, new or levels")
		set.BoolVar(&f.list, "list", false, "list all checks")
	})
	flags.Group(c, "Not published by the provider", func() { f.attempt.Add(c) })
	set.Lookup("follow-redirects").Hidden = true // a redirect is a result
	flags.CompleteFunc(c, "events", flags.Patterns)
	flags.CompleteFunc(c, "skip", completeChecks)
	flags.CompleteFunc(c, "explain", completeChecks)
}

// completeChecks completes ids and groups.
func completeChecks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, err := check.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	words := naming.List(all, func(c *check.Case) string { return cobra.CompletionWithDesc(c.ID, c.Name) })
	for _, group := range scenarios.CheckGroups()[1:] {
		words = append(words, cobra.CompletionWithDesc(group, "all checks of this group"))
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) check(c *cobra.Command, words []string, f *checkFlags) error {
	all, err := check.Load()
	if err != nil {
		return err
	}
	switch {
	case f.list:
		chosen, err := check.Select(all, words)
		if err != nil {
			return exit.Usage(err)
		}
		return check.List(a.out, chosen)
	case f.explain != "":
		return exit.Usage(check.Explain(a.out, all, f.explain))
	}
	o, err := f.options(c.Flags(), all, words)
	if err != nil {
		return exit.Usage(err)
	}
	defer o.Player.Effects.Close()
	o.Player.Env = a.getenv
	if err := errors.Join(exit.Usage(f.reports.Parse()), f.reports.Check()); err != nil {
		return err
	}
	if f.api != "" {
		api, err := playapi.Beside(c.Context(), f.api, &o.Player)
		if err != nil {
			return err
		}
		defer api.Close()
		fmt.Fprintf(a.err, "GraphQL API at %s, x-token %s\n", api.URL(), api.Token())
	}
	progress := a.progress(f)
	o.Progress = progress.show
	result, err := check.Run(c.Context(), o)
	progress.clear()
	if err != nil {
		return exit.Usage(err)
	}
	return a.concludeCheck(f, result)
}

// options translates the flags.
func (f *checkFlags) options(set *pflag.FlagSet, all []*check.Case, words []string) (o check.Options, err error) {
	if f.to == "" {
		return o, flags.ErrNoTarget
	}
	if err := flags.CheckTolerance(f.tolerance); err != nil {
		return o, err
	}
	secrets, err := f.secret.Secrets()
	if err != nil {
		return o, err
	}
	o = check.Options{All: all, Tolerance: f.tolerance, Timing: f.timing, InFlight: f.inFlight, TimeLimit: f.timeLimit, Strict: f.strict,
		Player: player.Options{Secret: secrets[0], OtherSecrets: secrets[1:]}}
	o.Reproduce = f.secret.Rerun(set, secrets, "report", "transcript", "quiet", "verbose", "baseline", "write-baseline", "explain", "list", "skip")
	if o.Player.Target, err = delivery.TargetURL(f.to); err != nil {
		return o, err
	}
	if o.Player.Delivery, err = f.attempt.Options(); err != nil {
		return o, err
	}
	if o.Player.Headers, err = flags.Headers(f.headers); err != nil {
		return o, err
	}
	o.Player.Delivery.AllowPublic = f.allowPublic
	if err := f.choose(&o, words); err != nil {
		return o, err
	}
	if f.probe != "" {
		if o.Player.Effects, err = player.ParseEffects(f.probe, o.Player.Delivery); err != nil {
			return o, fmt.Errorf("--probe: %w", err)
		}
	}
	if f.hook != "" {
		if err := check.CheckHook(f.hook); err != nil {
			return o, fmt.Errorf("--hook: %w", err)
		}
		o.HookURL = f.hook
	}
	if f.pace != "" {
		rate, ok := script.ParseRate(f.pace)
		if !ok {
			return o, fmt.Errorf("--pace %q: expected a rate such as 5/s or 300/m", f.pace)
		}
		o.Pace = rate
	}
	if f.inFlight < 0 || f.inFlight > check.MaxInFlight*8 {
		return o, fmt.Errorf("--in-flight %d: expected 1 to %d", f.inFlight, check.MaxInFlight*8)
	}
	return o, f.readBaseline(&o)
}

// choose selects checks and event types.
func (f *checkFlags) choose(o *check.Options, words []string) (err error) {
	if o.Checks, err = check.Select(o.All, words); err != nil {
		return err
	}
	if o.Checks, err = check.Without(o.Checks, f.skip); err != nil {
		return fmt.Errorf("--skip: %w", err)
	}
	if len(f.events) > 0 {
		if o.Events, err = schemas.MatchAny(f.events); err != nil {
			return fmt.Errorf("--events: %w", err)
		}
	}
	return nil
}

func (f *checkFlags) readBaseline(o *check.Options) error {
	switch {
	case f.baseline == "" && f.writeBaseline:
		return errors.New("--write-baseline needs --baseline FILE")
	case f.baseline == "" || f.writeBaseline:
		return nil
	}
	data, err := os.ReadFile(f.baseline)
	if err != nil {
		return fmt.Errorf("--baseline: %w", err)
	}
	o.Baseline, err = check.ParseBaseline(f.baseline, data, o.All)
	return err
}

// concludeCheck prints the result, writes the reports and returns the exit code.
func (a *app) concludeCheck(f *checkFlags, r *scenarios.CheckRun) error {
	text := a.out.text(f.quiet)
	text.Verbose = f.verbose
	if err := text.Checks(a.out, r); err != nil {
		return err
	}
	failure := f.reports.WriteChecks(r)
	if err := flags.StepSummary(a.getenv, func(w io.Writer) error { return report.ChecksMarkdown(w, r) }); err != nil {
		a.err.warn("the summary of the step cannot be written: %v", err)
	}
	if f.writeBaseline {
		data, err := check.WriteBaseline(r)
		if err == nil {
			err = files.Write(f.baseline, func(w io.Writer) error { _, err := w.Write(data); return err })
		}
		failure = errors.Join(failure, err)
	}
	if failure != nil {
		return failure
	}
	if code := r.ExitCode(); code != scenarios.ExitPassed {
		return exit.Silent(code)
	}
	return nil
}

// checkProgress shows how far a run of checks is, in one line of a terminal.
type checkProgress struct {
	mu    sync.Mutex
	out   *output
	shown bool
}

func (a *app) progress(f *checkFlags) *checkProgress {
	if !a.err.terminal || f.quiet {
		return &checkProgress{}
	}
	return &checkProgress{out: a.err}
}

func (p *checkProgress) show(group string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil {
		p.shown = true
		fmt.Fprintf(p.out, "\r%-40s", fmt.Sprintf("%s: %d of %d checks", group, done, total))
	}
}

func (p *checkProgress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil && p.shown {
		fmt.Fprintf(p.out, "\r%-40s\r", "")
	}
}
