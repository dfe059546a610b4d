package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// conclude gives the exit code of a send, and says on stderr what to do about a failure: what was expected, what came, and
// the command that does it again.
func (a *app) conclude(ctx context.Context, c *cobra.Command, p *plan, f *sendFlags, t *summary) error {
	stopped := ctx.Err() != nil
	switch {
	case t.first != nil:
		a.advise(c, p, f, t)
	case t.unreached(): // which with a fault is an outcome like any other, and yet says nothing of the receiver
		fmt.Fprintf(a.err, "%s no attempt reached %s: %s\n", a.err.yellow("warning:"), p.url, t.counts())
	}
	switch {
	case stopped:
		fmt.Fprintf(a.err, "interrupted after %d of %d\n", t.sent, t.planned)
		return silent(exitInterrupted)
	case t.sent > 0 && t.answered == 0 && p.expect.Response == scenarios.ResponseExpected:
		return silent(exitUnreached)
	case t.failed > 0:
		return silent(exitFailed)
	}
	return nil
}

// advise explains the first failure.
func (a *app) advise(c *cobra.Command, p *plan, f *sendFlags, t *summary) {
	o := t.first
	what := o.Request.EventType
	if what == "" {
		what = "the raw body"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s %s, sent to %s\n", a.err.red("not as expected:"), what, o.Request.URL)
	line := func(label, text string) { fmt.Fprintf(&b, "  %-9s %s\n", label, text) }
	line("expected", p.expect.String())
	line("got", formatResponse(o))
	if t.failed > 1 {
		line("", fmt.Sprintf("and %d more", t.failed-1))
	}
	if hint := hintOn(o, p); hint != "" {
		line("mend", hint)
	}
	if t.refused != nil && p.request.Fault == nil && !f.invalid {
		value := t.refused.Request.Header(signature.HeaderName)
		line("signed", signature.HeaderName+": "+value)
		line("", "with the secret "+f.secret.describe(p.secrets)+f.secret.reveals(p.secrets))
		line("why", "save the bytes that your receiver verifies as body.json, then ask")
		line("", askVerify(t.refused, f, p))
	}
	line("rerun", again(c, o, &f.secret, p))
	fmt.Fprint(a.err, b.String())
}

// came says what came of an attempt, as far as it was not expected.
func formatResponse(o *sentEvent) string {
	if o.Response.Failure != "" {
		return o.Response.Detail
	}
	words := []string{"status " + strconv.Itoa(o.Response.Status)}
	for _, f := range o.verdict.Failures {
		if f.Part != scenarios.PartStatus {
			words = append(words, f.String())
		}
	}
	return strings.Join(words, "; ")
}

// hintOn says what to do about a failure that has a likely cause.
func hintOn(o *sentEvent, p *plan) string {
	u, err := url.Parse(p.url)
	if err != nil {
		return ""
	}
	switch o.Response.Failure {
	case simulator.FailureRefused:
		return howToReceive(u)
	case simulator.FailureTLS:
		if strings.Contains(o.Response.Detail, "certificate") { // and not that it speaks no TLS at all
			return "--insecure accepts any certificate; --ca-file FILE trusts the one in FILE"
		}
	case simulator.FailureClosed, simulator.FailureReset: // as a TLS server may, when it is spoken to without
		if u.Scheme == "http" && o.Response.Status == 0 {
			return "if it speaks TLS, write https:// in --to"
		}
	}
	if location := o.Response.Header("Location"); o.Response.Failure == "" && o.Response.Status/100 == 3 && location != "" {
		if to, err := u.Parse(location); err == nil {
			location = to.String()
		}
		return "redirects are not followed; send to " + excerpt([]byte(location))
	}
	if o.Response.Failure == "" && (o.Response.Status == http.StatusNotFound || o.Response.Status == http.StatusMethodNotAllowed) {
		return "the receiver takes no POST at " + u.EscapedPath() + "; name the path of its webhooks, as in --to 3000/webhooks"
	}
	return ""
}

// howToReceive says how to have a receiver at a URL of this machine where nothing listens.
func howToReceive(u *url.URL) string {
	host := u.Hostname()
	if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
		return "start the receiver, or see that the address is right"
	}
	command := "semblance listen"
	if u.Host != "localhost:4701" && u.Host != defaultListen {
		command += " --addr " + cmp.Or(u.Port(), "80")
	}
	return "start your receiver, or `" + command + "` in another terminal"
}

// askVerify is the command that tells why a receiver refuses what was rightly signed.
func askVerify(o *sentEvent, f *sendFlags, p *plan) string {
	words := []string{"semblance verify body.json --signature", report.Shell(o.Request.Header(signature.HeaderName))}
	words = append(words, f.secret.arguments(p.secrets)...)
	return strings.Join(append(words, "--at", o.Request.Header(signature.TimestampName)), " ")
}

// again returns the command that makes the attempt again. It repeats the flags that were given, but for those that only say
// how many and how they are shown.
func again(c *cobra.Command, o *sentEvent, secret *secretFlags, p *plan) string {
	words := []string{"semblance send"}
	if o.Request.EventType != "" {
		words = append(words, o.Request.EventType)
	}
	if o.ofType > 1 && o.Request.EventType != "" {
		words = append(words, "--count", fmt.Sprint(o.ofType))
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Changed {
			return
		}
		switch f.Name {
		case "count", "rate", "in-flight", "quiet", "verbose", "format", "secret":
			return
		case "allow-public", "insecure", "invalid", "show-secret":
			words = append(words, "--"+f.Name)
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				words = append(words, "--"+f.Name, report.Shell(v))
			}
			return
		}
		words = append(words, "--"+f.Name, report.Shell(f.Value.String()))
	})
	words = append(words, secret.arguments(p.secrets)...)
	return strings.Join(words, " ")
}
