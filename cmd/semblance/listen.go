package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

// defaultListen is where listen is unless it is told otherwise. The provider itself, `semblance serve`, is one below.
const defaultListen = "127.0.0.1:4701"

// listenFlags are the flags of listen.
type listenFlags struct {
	addr      string
	hosts     []string
	secret    secretFlags
	actWrong  string
	tolerance time.Duration
	at        time.Time
	format    string
	quiet     bool
	to        string
}

// listenCommand runs the reference receiver, or a wrong one.
func (a *app) listenCommand() *cobra.Command {
	f := &listenFlags{}
	c := &cobra.Command{
		Use:     "listen",
		Short:   "Run the reference receiver, or a deliberately wrong one",
		GroupID: groupReceive,
		Long: `Listen runs a correct receiver until it is stopped: it verifies each signature, checks the payload, takes an event
once, and prints a line for each delivery, with the reason where it is refused. GET /events, /events/EVENT-ID and
/records/ID tell what it has received.

With --act-wrong it makes one of the mistakes that real receivers make, to see what a test finds of it:
` + wrongList(),
		Example: `  semblance listen
  semblance listen --addr 8080
  semblance listen --secret whsec_mine
  semblance send '**' --to 4701                  in another terminal
  curl localhost:4701/events                     what it has received`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.listen(c.Context(), f) },
	}
	c.Flags().SetNormalizeFunc(targetAlias)
	c.Flags().StringVar(&f.addr, "addr", defaultListen, "the `ADDRESS` to listen at: host:port, or a port of 127.0.0.1; port 0 is a free one")
	c.Flags().StringSliceVar(&f.hosts, "host", nil, "accept this host `NAME` in queries, besides localhost and addresses; repeatable")
	f.secret.add(c)
	c.Flags().StringVar(&f.actWrong, "act-wrong", "", "make this `MISTAKE`")
	c.Flags().DurationVar(&f.tolerance, "tolerance", signature.DefaultTolerance, "the `TIME` after which a signature is too old")
	c.Flags().Var(moment{&f.at}, "at", "have the clock stand at this time, as that of a send with --at does (default the real time)")
	addChoice(c, &f.format, "format", "how to print deliveries; json is one object a line", "text", "json")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print the first line and the summary alone")
	c.Flags().StringVar(&f.to, "to", "", "")
	c.Flags().Lookup("to").Hidden = true // answered with the command that was meant
	var words []string
	for _, w := range receiver.Wrongs() {
		words = append(words, cobra.CompletionWithDesc(w.Name, w.Summary))
	}
	complete(c, "act-wrong", words)
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

// listen serves until ctx is done, which is how it is meant to end.
func (a *app) listen(ctx context.Context, f *listenFlags) error {
	if f.to != "" {
		return usagef("listen receives and sends nothing; to send to %s: `semblance send booking.created --to %s`", f.to, f.to)
	}
	if err := checkTolerance(f.tolerance); err != nil {
		return err
	}
	secrets, err := f.secret.secrets()
	if err != nil {
		return err
	}
	address, err := listenAddress(f.addr)
	if err != nil {
		return usageError(err)
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
		return usageError(err)
	}
	server, err := receiver.Start(address, options)
	if err != nil {
		return &exitError{code: exitInternal, err: fmt.Errorf("cannot listen at %s: %w; choose another with --addr", address, cause(err))}
	}
	l.greet(server.URL)
	<-ctx.Done()
	err = server.Close()
	l.conclude(server.Receiver.Totals())
	return err
}

// listenAddress reads --addr: host:port, or a port of 127.0.0.1. Port 0 is any that is free.
func listenAddress(text string) (string, error) {
	if port := strings.TrimPrefix(text, ":"); isDigits(port) {
		text = net.JoinHostPort("127.0.0.1", port)
	}
	_, port, err := net.SplitHostPort(text)
	if err == nil && port != "0" {
		err = checkPort(port)
	}
	if err != nil {
		return "", fmt.Errorf("--addr %q: expected host:port, or a port such as 4701", text)
	}
	return text, nil
}

// cause is the innermost error: what the system said, without who said it.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// listener prints what a receiver receives. Deliveries come on several goroutines.
type listener struct {
	*app
	flags   *listenFlags
	secrets []simulator.Secret

	mu        sync.Mutex
	explained int
}

// maxExplained is how many refusals are looked into: trying every mistake costs more than refusing.
const maxExplained = 1000

func (l *listener) greet(url string) {
	if l.flags.format == "json" {
		writeLine(l.out, map[string]string{"url": url, "secret": l.flags.secret.describe(l.secrets)})
		return
	}
	wrong := ""
	if l.flags.actWrong != "" {
		wrong = l.out.yellow(", acting wrong: " + l.flags.actWrong)
	}
	fmt.Fprintf(l.out, "listening at %s with the secret %s%s\n", l.out.bold(url), l.flags.secret.describe(l.secrets), wrong)
}

// observe prints a delivery: one line in, and why where it is refused.
func (l *listener) observe(r *receiver.Receipt) {
	if l.flags.quiet {
		return
	}
	sentence, fix := r.Detail, ""
	if r.Status == http.StatusUnauthorized {
		if d := l.explain(r); d.Sentence != "" {
			sentence, fix = d.Sentence, d.Fix
		}
	}
	if l.flags.format == "json" {
		writeLine(l.out, receiptJSON{
			Status: r.Status, Outcome: r.Outcome, EventID: r.Event.EventID, EventType: r.Event.EventType, Bytes: len(r.Body),
			Reason: r.Reason, Detail: sentence, Fix: fix, Violations: r.Violations,
		})
		return
	}
	what := count(len(r.Body), "byte")
	switch {
	case r.Status == http.StatusRequestEntityTooLarge: // it was not read
		what = "too many bytes"
	case r.Event.EventType != "":
		what = fmt.Sprintf("%s [evt %s]", printable([]byte(r.Event.EventType)), shortID(printable([]byte(r.Event.EventID))))
	}
	colour := l.out.green
	if r.Outcome == receiver.Refused {
		colour = l.out.red
	}
	line := fmt.Sprintf("%s %s %s", l.out.bold("-->"), what, colour(fmt.Sprintf("%d %s", r.Status, r.Outcome)))
	for _, more := range []string{sentence, fix} {
		if more != "" {
			line += "\n    " + printable([]byte(more))
		}
	}
	for _, v := range r.Violations {
		line += "\n    " + l.out.yellow("tolerated: ") + printable([]byte(v.String()))
	}
	fmt.Fprintln(l.out, line)
}

// explain asks the doctor why a signature does not hold.
func (l *listener) explain(r *receiver.Receipt) signature.Diagnosis {
	l.mu.Lock()
	l.explained++
	enough := l.explained > maxExplained
	l.mu.Unlock()
	header := r.Request.Header.Get(signature.HeaderName)
	if enough || header == "" {
		return signature.Diagnosis{}
	}
	d := diagnose(l.secrets, signature.Case{
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

	Violations []validate.Violation `json:"violations,omitempty"` // where it departs from its schema, tolerated or not
}
