package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// defaultSubscription is the subscriptionId of single sends unless another is given: fixed, as the secret is, so that a
// receiver can be told it once.
const defaultSubscription = "692597070fe21cfa5e6a010f"

// sendFlags are the flags of send, as they were given.
type sendFlags struct {
	to     string
	secret secretFlags

	seed         int64
	at           time.Time
	with, omit   []string
	set          []string
	invalid      bool
	raw          string
	subscription string

	count    int
	rate     rate
	inFlight int

	fault      string
	expect     string
	expectBody string

	headers     []string
	allowPublic bool
	attemptFlags

	dryRun, curl   bool
	format         string
	quiet, verbose bool
}

// sendCommand sends events and judges the answers.
func (a *app) sendCommand() *cobra.Command {
	f := &sendFlags{}
	c := &cobra.Command{
		Use:     "send TYPE... --to TARGET",
		Short:   "Send events to a receiver, signed, and judge its answers",
		GroupID: groupSend,
		Long: `Send makes an event of each type that is named, about a fitting record of a made-up clinic, signs it and sends it to
the receiver. It expects an answer of 2xx unless it is told otherwise.

A TYPE is a full name or a pattern: * stands for any run of characters, dots included, and group:KEY for a group. The
first event of a type carries every optional identifier; with --count the others vary as the clinic's records do.

TARGET is a port (3000), a port and a path (3000/webhooks), a host and a port (localhost:3000/webhooks) or a URL.

The exit code is 0 when every answer was as expected, 1 when one was not, 2 for wrong usage, and 3 when not one
attempt was answered.

The faults, for --fault:
` + faultList(),
		Example: `  semblance send booking.created --to 3000/webhooks
  semblance send '**' --to 3000/webhooks                   one of every type
  semblance send booking.created --omit patientId --to 3000
  semblance send 'invoice.*' --count 20 --rate 5/s --to 3000
  semblance send booking.created --fault signature=tampered --expect 4xx --to 3000
  semblance send booking.created --expect 2xx --expect-body ack.schema.json --to 3000
  semblance send booking.created --dry-run --to 3000       what would be sent
  semblance send booking.created --curl --to 3000          the same as a curl command
  semblance send --raw body.json --to 3000                 any bytes, correctly signed`,
		ValidArgsFunction: completePatterns,
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
	w.Flush() // into memory
	return b.String()
}

// register adds the flags in the order of the help.
func (f *sendFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.to, "to", "", "the `TARGET`: a port, port/path, host:port or URL")
	flags.SetNormalizeFunc(targetAlias)
	f.secret.add(c)

	flags.StringArrayVar(&f.set, "set", nil, "give an identifier a value: `NAME=VALUE`; may be repeated")
	flags.StringSliceVar(&f.with, "with", nil, "have these optional `IDENTIFIERS` there, or all")
	flags.StringSliceVar(&f.omit, "omit", nil, "leave these `IDENTIFIERS` out, or all the optional ones")
	flags.BoolVar(&f.invalid, "invalid", false, "send a payload that breaks its schema all the same")
	flags.Int64Var(&f.seed, "seed", 1, "the `N` that decides everything that is drawn: records, relations, values")
	flags.Var(moment{&f.at}, "at", "fix the time of ids and signatures: RFC 3339 or Unix seconds (default now)")
	flags.StringVar(&f.raw, "raw", "", "send the bytes of this `FILE`, or - for the standard input, instead of an event")
	flags.StringVar(&f.subscription, "subscription-id", defaultSubscription, "the `ID` of the subscription in the payload")

	flags.IntVar(&f.count, "count", 1, "send `N` of each type")
	flags.Var(&f.rate, "rate", "start so many sends in a second: 5/s, 300/m (default as fast as answers come)")
	flags.IntVar(&f.inFlight, "in-flight", 1, "have up to `N` sends under way at once")

	flags.StringVar(&f.expect, "expect", "2xx", "expect this `STATUS`: 202, 2xx, 200,404, any, or none for no answer; with --fault the default is any outcome")
	flags.StringVar(&f.expectBody, "expect-body", "", "expect answers that satisfy this JSON Schema: a `FILE`, or semblance:response/ack")
	flags.StringVar(&f.fault, "fault", "", "spoil what is sent: `FAULT` is signature=NAME or transport=NAME, with attributes as in signature=stale,age=400s")

	flags.StringArrayVar(&f.headers, "header", nil, "send this header too: `'NAME: VALUE'`; may be repeated")
	flags.BoolVar(&f.allowPublic, "allow-public", false, "let faults, and more than 100 sends, go to a public address")
	f.attemptFlags.add(c)

	flags.BoolVar(&f.dryRun, "dry-run", false, "print what would be sent, and send nothing")
	flags.BoolVar(&f.curl, "curl", false, "print curl commands that send the same, and send nothing")
	addChoice(c, &f.format, "format", "how to print the attempts; json is one object a line", "text", "json")
	flags.BoolVar(&f.quiet, "quiet", false, "print the summary alone")
	flags.BoolVar(&f.verbose, "verbose", false, "print every attempt, with the headers and body of its answer")

	completeFunc(c, "with", completeIdentifiers(""))
	completeFunc(c, "omit", completeIdentifiers(""))
	completeFunc(c, "set", completeIdentifiers("="))
	completeFunc(c, "fault", completeFault)
	completeFunc(c, "expect-body", completeSchemas)
	complete(c, "expect", []string{"2xx", "4xx", "any", "none"})
}

// send is the whole command: a plan, then its print, or the sends and what came of them.
func (a *app) send(c *cobra.Command, args []string, f *sendFlags) error {
	p, err := a.plan(c, args, f)
	if err != nil {
		return err
	}
	sender, err := delivery.New(p.options)
	if err != nil {
		return usageError(err)
	}
	defer sender.Close()
	ctx := c.Context()
	if f.dryRun || f.curl {
		return a.show(ctx, sender, p, f)
	}
	if err := p.mayGo(ctx); err != nil {
		return usageError(err)
	}
	run := &sending{plan: p, sender: sender}
	show := &attemptPrinter{app: a, format: f.format, verbose: f.verbose, total: p.total()}
	if !f.quiet {
		run.print = show.print
		if f.format == "json" { // in the order of sending
			run.room = make(chan struct{}, p.printWindow())
			show.room = run.room
		}
	}
	total, err := run.run(ctx)
	show.close()
	if err != nil {
		return err
	}
	if err := total.write(a, f, p.expect.Body != nil); err != nil {
		return err
	}
	return a.conclude(ctx, c, p, f, total)
}
