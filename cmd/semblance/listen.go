package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/hint"
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
	forward   string
	public    bool
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
the received events, GET /deliveries and /stream also refused deliveries with the reason.

With --forward-to it passes each delivery on to another receiver, shows both responses, and returns that receiver's.

With --act-wrong it makes a mistake that real receivers make, to show how tests report it:
` + wrongList(),
		Example: `  semblance listen
  semblance listen --addr 8080
  semblance listen --secret whsec_mine
  semblance send '**' --to 4701                  in another terminal
  semblance listen --forward-to 3000/webhooks    compare your receiver with this one
  curl localhost:4701/events                     the received events
  curl localhost:4701/deliveries                 every delivery, with the reason of a refusal`,
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
	c.Flags().StringVar(&f.forward, "forward-to", "", "pass each delivery on to `TARGET`: a port, port/path, host:port or URL")
	flags.AddAllowPublic(c, &f.public)
	c.Flags().StringVar(&f.to, "to", "", "")
	c.Flags().Lookup("to").Hidden = true // listen names the command that was meant
	words := naming.List(receiver.Wrongs(), func(w receiver.Wrong) string { return cobra.CompletionWithDesc(w.Name, w.Summary) })
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
		return exit.Usagef("listen sends nothing; to send to %s: `semblance send booking.created --to %s`; to pass deliveries on: --forward-to %[1]s", f.to, f.to)
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
	closeSender, err := l.forwardTo(f.forward, address, &options)
	if err != nil {
		return exit.Usage(err)
	}
	defer closeSender()
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

	forwardURL string // "" if deliveries are not passed on

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
	fmt.Fprintf(l.out, "  its page is at %s%s in a browser on this machine\n", url, receiver.PagePath)
	if l.forwardURL != "" {
		fmt.Fprintf(l.out, "  passes deliveries on to %s and returns its responses\n", human.Line(simulator.RedactURL(l.forwardURL)))
	}
}

// forwardTo makes the receiver at address pass each delivery on to a target, if there is one. The caller calls done at the end.
func (l *listener) forwardTo(target, address string, o *receiver.Options) (done func(), err error) {
	if target == "" {
		return func() {}, nil
	}
	if l.forwardURL, err = delivery.TargetURL(target); err != nil {
		return nil, fmt.Errorf("--forward-to: %w", err)
	}
	to, err := url.Parse(l.forwardURL)
	if err != nil {
		return nil, err // not reached: it is the URL of a target
	}
	if same(to, address) {
		return nil, fmt.Errorf("--forward-to %s is the address of listen itself; name your receiver, or use another --addr", target)
	}
	sender, err := delivery.New(delivery.Options{AllowPublic: l.flags.public})
	if err != nil {
		return nil, err
	}
	o.Forward = func(ctx context.Context, r *receiver.Receipt) *simulator.Response {
		if r.Request.Header.Get(receiver.ForwardedName) != "" {
			return &simulator.Response{Status: http.StatusLoopDetected, Body: []byte(forwardedTwice)}
		}
		request := r.ForwardTo(to)
		if r.Outcome == receiver.Refused { // it may be forged
			request.Kind = simulator.KindExact
		}
		response := sender.Send(ctx, request)
		return &response
	}
	return sender.Close, nil
}

// forwardedTwice is the response to a delivery that was forwarded before.
const forwardedTwice = "not forwarded again: another listen forwarded it here (" + receiver.ForwardedName + "), so they may form a loop; --forward-to names your receiver\n"

// same reports whether a URL is that of the address of a listener.
func same(to *url.URL, address string) bool {
	host, port, err := net.SplitHostPort(address)
	local := func(host string) bool {
		ip, err := netip.ParseAddr(host)
		return host == "" || host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsUnspecified())
	}
	return err == nil && port == cmp.Or(to.Port(), "80") && (host == to.Hostname() || local(host) && local(to.Hostname()))
}

// observe prints a delivery, and why it is refused.
func (l *listener) observe(r *receiver.Receipt) {
	if r.Status == http.StatusUnauthorized {
		d := l.explain(r)
		r.Why, r.Fix = d.Sentence, d.Fix
	}
	if l.flags.quiet {
		return
	}
	if l.flags.format == "json" {
		_ = report.Line(l.out, receiptJSON{
			Status: r.Status, Outcome: r.Outcome, EventID: r.Event.EventID, EventType: r.Event.EventType, Bytes: len(r.Body),
			Reason: r.Reason, Detail: cmp.Or(r.Why, r.Detail), Fix: r.Fix, Violations: r.Violations, Forwarded: r.Forwarded,
		})
		return
	}
	title := human.Size(len(r.Body))
	switch {
	case r.Status == http.StatusRequestEntityTooLarge: // it was not read
		title = "body too large"
	case r.Event.EventType != "":
		title = report.EventTitle(r.Event.EventType, r.Event.EventID)
	}
	paint := l.out.green
	if r.Outcome == receiver.Refused {
		paint = l.out.red
	}
	line := fmt.Sprintf("%s %s %s", l.out.bold("-->"), title, paint(fmt.Sprintf("%d %s", r.Status, r.Outcome)))
	for _, more := range []string{cmp.Or(r.Why, r.Detail), r.Fix} {
		if more != "" {
			line += "\n    " + human.Line(more)
		}
	}
	for _, v := range r.Violations {
		line += "\n    " + l.out.yellow("tolerated: ") + human.Line(v.String())
	}
	if r.Forwarded != nil {
		line += l.forwarded(r)
	}
	fmt.Fprintln(l.out, line)
}

// forwarded returns the response of the receiver to which a delivery was passed on, and whether the two differ.
func (l *listener) forwarded(r *receiver.Receipt) string {
	accepts := r.Forwarded.OK()
	text := fmt.Sprintf("\n%s %s from %s", l.out.bold("<--"), l.out.text(false).Response(r.Forwarded, accepts), human.Line(simulator.RedactURL(l.forwardURL)))
	if body := human.Excerpt(hint.Text(r.Forwarded), 200); body != "" && !accepts {
		text += "\n    response: " + body
	}
	switch {
	case accepts && r.Outcome == receiver.Refused:
		text += "\n    " + l.out.yellow("differs: ") + "it accepts the delivery, and the reference receiver refuses it"
	case !accepts && r.Outcome != receiver.Refused:
		text += "\n    " + l.out.yellow("differs: ") + "it refuses the delivery, and the reference receiver accepts it"
	}
	return text
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
	Forwarded  *simulator.Response  `json:"forwarded,omitempty"`  // of the receiver to which it was passed on
}
