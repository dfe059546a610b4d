package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

type listenFlags struct {
	addr      string
	hosts     []string
	secret    flags.Secret
	actWrong  string
	tolerance time.Duration
	at        time.Time
	format    string
	quiet     bool
	to        string
}

// listenCommand runs the reference receiver.
func (a *app) listenCommand() *cobra.Command {
	f := &listenFlags{}
	c := &cobra.Command{
		Use:     "listen",
		Short:   "Run the reference receiver, or a deliberately wrong one",
		GroupID: groupReceive,
		Long: `Listen runs a correct receiver until it is stopped. It verifies signatures, checks payloads, accepts each event once and
prints one line for each delivery, with the reason if it refuses it. GET /events, /events/EVENT-ID and /records/ID show
the received events.

With --act-wrong it makes a mistake that real receivers make, to show how tests report it:
` + wrongList(),
		Example: `  semblance listen
  semblance listen --addr 8080
  semblance listen --secret whsec_mine
  semblance send '**' --to 4701                  in another terminal
  curl localhost:4701/events                     the received events`,
		Args:        flags.None,
		RunE:        func(c *cobra.Command, _ []string) error { return a.listen(c.Context(), f) },
		Annotations: map[string]string{untilSignal: "yes"},
	}
	flags.AddAddr(c, &f.addr, flags.DefaultReceiver)
	c.Flags().StringSliceVar(&f.hosts, "host", nil, "additional host `NAME` that queries may use; repeatable")
	f.secret.Add(c)
	c.Flags().StringVar(&f.actWrong, "act-wrong", "", "make this `MISTAKE`")
	flags.AddTolerance(c, &f.tolerance)
	flags.AddTime(c, &f.at, "at", "stop the clock at this time, as send --at does (default real time)")
	flags.AddFormat(c, &f.format, "output format; json is one object per line")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print only the first line and the summary")
	flags.AddTo(c, &f.to, "")
	c.Flags().Lookup("to").Hidden = true // listen names the command that was meant
	var words []string
	for _, w := range receiver.Wrongs() {
		words = append(words, cobra.CompletionWithDesc(w.Name, w.Summary))
	}
	flags.Complete(c, "act-wrong", words...)
	return c
}

// wrongList describes the mistakes for the help.
func wrongList() string {
	var b strings.Builder
	for _, w := range receiver.Wrongs() {
		fmt.Fprintf(&b, "  %-22s %s\n", w.Name, w.Summary)
	}
	return b.String()
}

// listen serves until ctx ends.
func (a *app) listen(ctx context.Context, f *listenFlags) error {
	if f.to != "" {
		return exit.Usagef("listen sends nothing; to send to %s: `semblance send booking.created --to %s`", f.to, f.to)
	}
	if err := flags.CheckTolerance(f.tolerance); err != nil {
		return exit.Usage(err)
	}
	secrets, err := f.secret.Secrets()
	if err != nil {
		return exit.Usage(err)
	}
	address, err := flags.Address(f.addr)
	if err != nil {
		return exit.Usage(err)
	}
	l := &listener{app: a, flags: f, secrets: secrets}
	options := receiver.Options{Tolerance: f.tolerance, Hosts: f.hosts, ActWrong: f.actWrong, Observe: l.observe}
	for _, s := range secrets {
		options.Secrets = append(options.Secrets, s.Reveal())
	}
	if !f.at.IsZero() {
		options.Clock = clock.Fixed(f.at)
	}
	if _, err := receiver.New(options); err != nil {
		return exit.Usage(err)
	}
	server, err := receiver.Start(address, options)
	if err != nil {
		return flags.ListenError(address, err)
	}
	l.greet(server.URL)
	<-ctx.Done()
	err = server.Close()
	l.conclude(server.Receiver.Totals())
	return err
}

// listener prints the deliveries of a receiver, which observes them from several goroutines.
type listener struct {
	*app
	flags   *listenFlags
	secrets []simulator.Secret

	mu        sync.Mutex
	explained int
}

// maxExplained bounds how many refused signatures are explained: trying every mistake costs more than refusing.
const maxExplained = 1000

func (l *listener) greet(url string) {
	secrets := l.flags.secret.Describe(l.secrets)
	if l.flags.format == "json" {
		_ = report.Line(l.out, map[string]string{"url": url, "secret": secrets}) // the output keeps its error
		return
	}
	wrong := ""
	if l.flags.actWrong != "" {
		wrong = l.out.yellow(", acting wrong: " + l.flags.actWrong)
	}
	fmt.Fprintf(l.out, "listening at %s with the secret %s%s\n", l.out.bold(url), secrets, wrong)
}

// observe prints a delivery, and why it is refused.
func (l *listener) observe(r *receiver.Receipt) {
	if l.flags.quiet {
		return
	}
	reason, fix := r.Detail, ""
	if r.Status == http.StatusUnauthorized {
		if d := l.explain(r); d.Sentence != "" {
			reason, fix = d.Sentence, d.Fix
		}
	}
	if l.flags.format == "json" {
		_ = report.Line(l.out, receiptJSON{
			Status: r.Status, Outcome: r.Outcome, EventID: r.Event.EventID, EventType: r.Event.EventType, Bytes: len(r.Body),
			Reason: r.Reason, Detail: reason, Fix: fix, Violations: r.Violations,
		})
		return
	}
	title := human.Size(len(r.Body))
	switch {
	case r.Status == http.StatusRequestEntityTooLarge: // it was not read
		title = "body too large"
	case r.Event.EventType != "":
		title = human.Line(fmt.Sprintf("%s [evt %s]", r.Event.EventType, report.ShortID(r.Event.EventID)))
	}
	paint := l.out.green
	if r.Outcome == receiver.Refused {
		paint = l.out.red
	}
	line := fmt.Sprintf("%s %s %s", l.out.bold("-->"), title, paint(fmt.Sprintf("%d %s", r.Status, r.Outcome)))
	for _, more := range []string{reason, fix} {
		if more != "" {
			line += "\n    " + human.Line(more)
		}
	}
	for _, v := range r.Violations {
		line += "\n    " + l.out.yellow("tolerated: ") + human.Line(v.String())
	}
	fmt.Fprintln(l.out, line)
}

// explain returns why a signature is invalid, or the zero Diagnosis.
func (l *listener) explain(r *receiver.Receipt) signature.Diagnosis {
	l.mu.Lock()
	l.explained++
	enough := l.explained > maxExplained
	l.mu.Unlock()
	header := r.Request.Header.Get(signature.HeaderName)
	if enough || header == "" {
		return signature.Diagnosis{}
	}
	d := flags.Explain(l.secrets, signature.Case{
		Body: r.Body, Header: header, TimestampHeader: r.Request.Header.Get(signature.TimestampName), Now: r.At, Tolerance: l.flags.tolerance,
	})
	if d.Valid { // it was refused for another reason
		return signature.Diagnosis{}
	}
	return d
}

func (l *listener) conclude(t receiver.Totals) {
	if l.flags.format == "json" {
		return
	}
	fmt.Fprintf(l.out, "%d received: %d accepted, %d unchanged, %d duplicate, %d ignored, %d refused\n",
		t.Received, t.Accepted, t.Unchanged, t.Duplicate, t.Ignored, t.Refused)
}

// receiptJSON is a delivery as one line of NDJSON.
type receiptJSON struct {
	Status    int              `json:"status"`
	Outcome   receiver.Outcome `json:"outcome"`
	EventID   string           `json:"eventId,omitempty"`
	EventType string           `json:"eventType,omitempty"`
	Bytes     int              `json:"bytes"`
	Reason    string           `json:"reason,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Fix       string           `json:"fix,omitempty"`

	Violations []validate.Violation `json:"violations,omitempty"` // of its schema, also the tolerated ones
}
