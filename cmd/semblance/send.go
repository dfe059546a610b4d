package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/files"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/scenarios/load"
	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

type sendFlags struct {
	to     string
	secret flags.Secret

	seed            flags.Seed
	at              time.Time
	set, with, omit []string
	invalid         bool
	raw             string
	subscription    string

	count    int
	rate     float64
	inFlight int

	fault      string
	expect     string
	expectBody string

	headers     []string
	allowPublic bool
	attempt     flags.Attempt

	dryRun, curl   bool
	format         string
	quiet, verbose bool
}

// sendCommand sends events and judges the responses.
func (a *app) sendCommand() *cobra.Command {
	f := &sendFlags{}
	c := &cobra.Command{
		Use:     "send TYPE... --to TARGET",
		Short:   "Send signed events to a receiver and judge its responses",
		GroupID: groupSend,
		Long: `Send makes an event of each TYPE about a record of a simulated clinic, signs it and sends it to the receiver. It expects
a 2xx response unless --expect says otherwise, and of a forgery (--fault signature=…) a refusal, which is any 4xx except 408
and 429. Another fault is not judged without --expect: receivers may differ.

A TYPE is a name or a pattern: * matches any characters, dots included; group:KEY is a group. The first event of a type
carries every optional identifier; with --count the others vary as the clinic's records do.

TARGET is a port (3000), port/path (3000/webhooks), host:port or URL.

Exit code: 0 no response was other than expected; 1 one was; 2 wrong usage; 3 no attempt got a response.

Faults, for --fault:
` + faultList(),
		Example: `  semblance send booking.created --to 3000/webhooks
  semblance send '**' --to 3000/webhooks                   one of every type
  semblance send booking.created --omit patientId --to 3000
  semblance send 'invoice.*' --count 20 --rate 5/s --to 3000
  semblance send booking.created --fault signature=tampered --to 3000
  semblance send booking.created --expect-body ack.schema.json --to 3000
  semblance send booking.created --dry-run --to 3000       print the request, send nothing
  semblance send booking.created --curl --to 3000          print it as a curl command
  semblance send --raw body.json --to 3000                 any bytes, correctly signed`,
		ValidArgsFunction: flags.Patterns,
		RunE:              func(c *cobra.Command, args []string) error { return a.send(c, args, f) },
	}
	f.register(c)
	return c
}

// faultList describes the faults for the help.
func faultList() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, info := range fault.All() {
		attributes := ""
		for _, a := range info.Attributes {
			attributes += "," + a.Name
		}
		fmt.Fprintf(w, "  %s%s\t%s\n", info.Text(), attributes, info.Summary)
	}
	w.Flush() // to memory
	return b.String()
}

// register adds the flags in the order of the help.
func (f *sendFlags) register(c *cobra.Command) {
	set := c.Flags()
	flags.Group(c, "Receiver", func() {
		flags.AddTo(c, &f.to, "`TARGET`: a port, port/path, host:port or URL")
		f.secret.Add(c)
		set.StringArrayVar(&f.headers, "header", nil, "additional header, `'NAME: VALUE'`; repeatable")
		f.attempt.AddTLS(c)
		flags.AddAllowPublic(c, &f.allowPublic)
	})
	flags.Group(c, "Events", func() {
		flags.AddIdentifiers(c, &f.set, &f.with, &f.omit)
		set.BoolVar(&f.invalid, "invalid", false, "allow a payload that breaks its schema")
		f.seed.Add(c, "records, relations and values")
		flags.AddTime(c, &f.at, "at", "time of ids and signatures: RFC 3339 or Unix seconds (default now)")
		set.StringVar(&f.raw, "raw", "", "send the bytes of this `FILE` (- for stdin) instead of an event")
		set.StringVar(&f.subscription, "subscription-id", load.DefaultSubscription, "`ID` of the subscription in the payload")
		set.StringVar(&f.fault, "fault", "", "inject this `FAULT`, such as signature=stale,age=400s")
	})
	flags.Group(c, "Load", func() {
		set.IntVar(&f.count, "count", 1, "send `N` events of each type")
		flags.AddRate(c, &f.rate, "rate", "send at this rate, such as 5/s or 300/m (default unlimited)")
		set.IntVar(&f.inFlight, "in-flight", 1, "send up to `N` events at once")
	})
	flags.Group(c, "Expectations", func() {
		set.StringVar(&f.expect, "expect", "", "`STATUS` such as 202, 2xx or 200,404; \"any\", or \"none\" for no response")
		set.StringVar(&f.expectBody, "expect-body", "", "JSON Schema of the response body: `FILE` or semblance:response/ack")
	})
	flags.Group(c, "Output", func() {
		set.BoolVar(&f.dryRun, "dry-run", false, "print the requests, send nothing")
		set.BoolVar(&f.curl, "curl", false, "print the requests as curl commands, send nothing")
		flags.AddFormat(c, &f.format, "output format; json is one object per line")
		set.BoolVar(&f.quiet, "quiet", false, "print only the summary")
		set.BoolVar(&f.verbose, "verbose", false, "print every attempt with headers and bodies")
	})
	flags.Group(c, "Not published by the provider", func() { f.attempt.Add(c) })
	flags.CompleteFunc(c, "fault", flags.Faults)
	flags.CompleteFunc(c, "expect-body", flags.ResponseSchemas)
	flags.Complete(c, "expect", "2xx", "4xx", "any", "none")
}

// send makes a plan, then prints it, or runs it and prints the results.
func (a *app) send(c *cobra.Command, args []string, f *sendFlags) error {
	ctx := c.Context()
	options, err := a.sendOptions(c, args, f)
	if err != nil {
		return exit.Usage(err)
	}
	plan, err := load.New(options)
	if err != nil {
		return exit.Usage(err)
	}
	defer plan.Close()
	if f.dryRun || f.curl {
		return a.printPlan(ctx, plan, f, options.Fault)
	}
	if warning := flags.StaleTime(f.at); warning != "" {
		a.err.warn("%s", warning)
	}
	if err := plan.Permitted(ctx); err != nil {
		return exit.Usage(err)
	}
	show := &report.Load{
		Out: a.out, Terminal: a.out.text(f.quiet), Notices: a.err, Warnings: a.err.text(false),
		JSON: f.format == "json", Verbose: f.verbose, Secrets: f.secret.Show(), Total: plan.Total(),
	}
	show.Rerun = func(attempt *load.Attempt) []string { return f.rerun(c, attempt, options.Secrets) }
	if !f.invalid {
		show.Refusal = func(r *simulator.Request) string { return f.secret.ExplainRefusal(r, options.Secrets) }
	}
	observe := show.Observe
	if f.quiet {
		observe = nil
	}
	summary, err := plan.Run(ctx, observe)
	show.Clear()
	if err != nil {
		return exit.Usage(err)
	}
	show.Seed = f.seed.Drawn()
	if err := show.Summary(summary, options.Expect); err != nil {
		return err
	}
	return a.concludeSend(c, summary, f, &options)
}

// sendOptions translates the flags.
func (a *app) sendOptions(c *cobra.Command, args []string, f *sendFlags) (o load.Options, err error) {
	if err := f.check(args); err != nil {
		return o, err
	}
	o = load.Options{
		SubscriptionID: f.subscription, With: flags.Trimmed(f.with), Omit: flags.Trimmed(f.omit), Invalid: f.invalid,
		Count: f.count, InFlight: f.inFlight, Rate: f.rate, At: f.at, Ordered: f.format == "json",
	}
	errs := make([]error, 8)
	o.Target, errs[0] = delivery.TargetURL(f.to)
	o.Delivery, errs[1] = f.attempt.Options()
	o.Delivery.AllowPublic = f.allowPublic
	o.Secrets, errs[2] = f.secret.Secrets()
	o.Headers, errs[3] = flags.Headers(f.headers)
	o.Set, errs[4] = flags.Assignments("--set", f.set, false)
	if f.fault != "" {
		o.Fault, errs[5] = fault.Parse(f.fault)
	}
	o.Expect, errs[6] = f.expectation(c.Flags(), o.Fault, o.Delivery.Timeout)
	if f.raw != "" {
		raw, err := files.Read(c.Context(), f.raw, a.in, a.err)
		o.Raw, errs[7] = append([]byte{}, raw...), err // an empty file is an empty body, not a missing one
	} else {
		o.Seed = f.seed.Draw(f.at)
		o.Types, errs[7] = load.Types(args)
	}
	return o, errors.Join(errs...)
}

// check returns an error for flags and arguments that contradict each other.
func (f *sendFlags) check(args []string) error {
	isTarget := func(word string) bool {
		_, err := delivery.TargetURL(word)
		return err == nil && !strings.HasPrefix(word, "group:")
	}
	i := slices.IndexFunc(args, isTarget)
	switch {
	case i >= 0:
		return fmt.Errorf("%q is a target, not an event type; write --to %s", args[i], capture.Shell(args[i]))
	case f.to == "":
		return errors.New("no target; use --to, such as --to 3000/webhooks (`semblance listen` starts a receiver at 4701)")
	case f.raw != "" && len(args) > 0:
		return fmt.Errorf("--raw sends the bytes of %s instead of an event; leave out %q", f.raw, args[0])
	case f.raw != "" && len(f.set)+len(f.with)+len(f.omit) > 0:
		return errors.New("--raw sends the bytes of a file; --set, --with and --omit change events")
	case f.raw != "" && f.fault == "" && f.invalid:
		return errors.New("--raw sends any bytes; leave out --invalid")
	case f.raw == "" && len(args) == 0:
		return errors.New("no event type; name one, such as booking.created (`semblance events` lists them)")
	case f.count < 1:
		return fmt.Errorf("--count %d: send at least 1", f.count)
	case f.inFlight < 1:
		return fmt.Errorf("--in-flight %d: send at least 1 at once", f.inFlight)
	case f.dryRun && f.curl:
		return errors.New("use either --dry-run or --curl")
	case f.curl && f.format == "json":
		return errors.New("--curl prints commands; use --dry-run --format json to print objects")
	case f.expect == "none" && f.expectBody != "":
		return errors.New("--expect none expects no response, so --expect-body has no body to check")
	}
	return nil
}

// expectation returns the expected response: by default 2xx, for a forgery a refusal, and with any other fault every outcome.
func (f *sendFlags) expectation(set *pflag.FlagSet, injected *fault.Fault, within time.Duration) (scenarios.Expect, error) {
	e, statuses := scenarios.Expect{Within: within}, f.expect
	if !set.Changed("expect") && f.fault == "" {
		statuses = "2xx"
	} else if !set.Changed("expect") && injected != nil && injected.Forges() {
		statuses = string(scenarios.Refused)
	}
	var err error
	switch {
	case statuses == "none":
		e.Response = scenarios.ResponseNone
		return e, nil
	case f.fault != "" && statuses == "" && f.expectBody == "" && !set.Changed("expect"):
		e.Response = scenarios.ResponseAny
		return e, nil
	case statuses != "" || set.Changed("expect"):
		if e.Status, err = scenarios.ParseStatuses(statuses); err != nil {
			return e, fmt.Errorf("--expect: %w, or none for no response", err)
		}
	}
	if f.expectBody != "" {
		schema, err := flags.ResponseSchema(f.expectBody)
		if err != nil {
			return e, fmt.Errorf("--expect-body: %w", err)
		}
		e.Body = schema
	}
	return e, nil
}

// printPlan prints the requests of a plan and sends nothing.
func (a *app) printPlan(ctx context.Context, plan *load.Plan, f *sendFlags, injected *fault.Fault) error {
	if f.curl && injected != nil && injected.Family() == fault.Transport {
		return exit.Usagef("--curl cannot show %s, which is a transport fault; use --dry-run", injected)
	}
	text, printed := a.out.text(false), 0
	for request, err := range plan.Requests() {
		if !f.curl && !f.secret.Show() {
			request = request.Redacted()
		}
		switch {
		case ctx.Err() != nil:
			fmt.Fprintf(a.err, "interrupted after %d of %s, nothing was sent\n", printed, human.Count(plan.Total(), "event"))
			return exit.Silent(scenarios.ExitInterrupted)
		case err != nil:
			return exit.Usage(err)
		case f.curl:
			fmt.Fprintln(a.out, capture.Curl(&request, f.secret.Show(), f.attempt.Curl()...))
		case f.format == "json":
			err = report.Line(a.out, report.LoadAttempt{Request: &request})
		case !f.quiet:
			fmt.Fprintf(a.out, "%s %s\n%s", a.out.bold("-->"), text.Title(&request), report.RequestText(&request))
		}
		if err != nil {
			return err
		}
		printed++
	}
	if f.format == "text" && !f.curl {
		fmt.Fprintf(a.err, "%s, nothing was sent\n", human.Count(printed, "event"))
	}
	return nil
}

// concludeSend returns the exit code of a run.
func (a *app) concludeSend(c *cobra.Command, s *load.Summary, f *sendFlags, o *load.Options) error {
	variable := flags.Variable("secret") // named by the commands if --secret was used
	if s.Failed > 0 && slices.Contains(f.secret.Arguments(o.Secrets), "$"+variable) && os.Getenv(variable) != o.Secrets[0].Reveal() {
		fmt.Fprintf(a.err, "before you repeat a command above: export %s=… (the value of --secret)\n", variable)
	}
	switch {
	case c.Context().Err() != nil:
		fmt.Fprintf(a.err, "interrupted after %d of %d\n", s.Sent, s.Planned)
		return exit.Silent(scenarios.ExitInterrupted)
	case s.Unreached(), s.Sent > 0 && s.Responses == 0 && o.Expect.Response == scenarios.ResponseExpected:
		return exit.Silent(scenarios.ExitUnreached)
	case s.Failed > 0:
		return exit.Silent(scenarios.ExitFailed)
	}
	return nil
}

// rerun returns the command that repeats an attempt.
func (f *sendFlags) rerun(c *cobra.Command, attempt *load.Attempt, secrets []simulator.Secret) []string {
	words := []string{"send"}
	if attempt.Request.EventType != "" {
		words = append(words, attempt.Request.EventType)
		if attempt.OfType > 1 {
			words = append(words, "--count", strconv.Itoa(attempt.OfType))
		}
	}
	words = append(words, f.secret.Rerun(c.Flags(), secrets, "count", "rate", "in-flight", "quiet", "verbose", "format")...)
	return append(words, f.seed.Rerun()...)
}
