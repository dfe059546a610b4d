package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/objectid"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/receiver"
)

// demoCommand shows the main job with nothing else installed: a clinic's morning at the built-in receiver.
func (a *app) demoCommand() *cobra.Command {
	var seed int64
	pace := rate(12)
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Play a clinic's morning at the built-in receiver, and show it",
		GroupID: groupSend,
		Long: `Demo starts the built-in receiver on a free port and plays a clinic's morning at it. It shows each event as it goes
out, signed, and the answer that comes in. Nothing else is needed, and nothing leaves this machine.`,
		Example: `  semblance demo
  semblance demo --seed 2      another clinic
  semblance demo --rate 100/s  in a hurry`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !a.out.terminal && !c.Flags().Changed("rate") {
				pace = 0 // nobody is watching
			}
			return a.demo(c.Context(), seed, pace)
		},
	}
	c.Flags().Int64Var(&seed, "seed", 1, "the `N` that decides everything that is drawn: who comes, and the ids")
	c.Flags().Var(&pace, "rate", "show so many events in a second")
	return c
}

// demo plays the morning and ends with the figures of it.
func (a *app) demo(ctx context.Context, seed int64, pace rate) error {
	clinic := fixtures.New(fixtures.Options{Seed: seed})
	events, err := playMorning(clinic)
	if err != nil {
		return err
	}
	var violations atomic.Int64
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{
		Secrets: []string{simulator.DefaultSecret.Reveal()},
		Observe: func(r *receiver.Receipt) { violations.Add(int64(len(r.Violations))) },
	})
	if err != nil {
		return err
	}
	defer server.Close() // nothing is in flight any more
	sender, err := delivery.New(delivery.Options{})
	if err != nil {
		return err
	}
	defer sender.Close()
	fmt.Fprintf(a.out, "A clinic's morning, sent to the built-in receiver at %s and signed with %s.\n", server.URL, simulator.DefaultSecret)
	d := &demonstration{
		app: a, sender: sender, url: server.URL, ids: objectid.NewGenerator(rand.Uint64()), pace: pace, start: clock.Now(),
		print: &attemptPrinter{app: a}, covered: map[*schemas.EventType]bool{},
	}
	for _, h := range events {
		if err := d.play(ctx, h); err != nil {
			return err
		}
	}
	return d.conclude(server.Receiver.Totals(), violations.Load())
}

// demonstration is a morning that is being played.
type demonstration struct {
	*app
	sender *delivery.Sender
	url    string
	ids    *objectid.Generator
	pace   rate
	start  time.Time

	print   *attemptPrinter
	summary summary
	covered map[*schemas.EventType]bool
}

// play shows one thing that happens and sends each event of it.
func (d *demonstration) play(ctx context.Context, h happening) error {
	if h.says != "" {
		fmt.Fprintf(d.out, "\n%5s  %s\n", h.at, d.out.bold(h.says))
	}
	for i := range h.changes {
		due := d.start.Add(d.pace.due(d.summary.sent))
		if err := clock.Sleep(ctx, -clock.Since(due)); err != nil {
			return err
		}
		o := &sentEvent{job: job{index: d.summary.sent}}
		err := d.sender.Attempt(ctx, delivery.Message{
			URL: d.url, SubscriptionID: defaultSubscription, EventID: d.ids.New(clock.Now()).String(), Event: &h.changes[i],
			Secrets: []simulator.Secret{simulator.DefaultSecret},
		}, &o.Attempt)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.verdict = scenarios.Judge(scenarios.Default(), &o.Attempt)
		d.summary.add(o)
		d.covered[h.changes[i].Type] = true
		fmt.Fprint(d.out, d.print.text(o))
	}
	return nil
}

// conclude prints the figures and what to try next.
func (d *demonstration) conclude(totals receiver.Totals, violations int64) error {
	s := d.summary.latency.Summary()
	schemaErrors := "none"
	if violations > 0 {
		schemaErrors = strconv.FormatInt(violations, 10)
	}
	fmt.Fprintln(d.out)
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "sent\t%d\n", d.summary.sent)
	fmt.Fprintf(w, "accepted\t%d\n", totals.Accepted)
	fmt.Fprintf(w, "event types covered\t%d of %d\n", len(d.covered), len(schemas.All()))
	fmt.Fprintf(w, "schema errors\t%s\n", schemaErrors)
	fmt.Fprintf(w, "p50, p99\t%s, %s\n", short(s.P50), short(s.P99))
	w.Flush() // the sink remembers an error
	fmt.Fprint(d.out, `
Try next:
  semblance listen                           a receiver, in a second terminal
  semblance send booking.created --to 4701   one event, signed, to it
  semblance play first-visit --to 4701       a whole scenario, and a verdict on each answer
  semblance events                           what else the provider sends
`)
	if d.summary.failed > 0 || violations > 0 || totals.Accepted != d.summary.sent {
		return silent(exitFailed)
	}
	return nil
}
