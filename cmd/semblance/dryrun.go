package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"semblance/scenarios/report"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// show prints what would be sent and sends nothing: as a request, an object, or a curl command.
func (a *app) show(ctx context.Context, sender *delivery.Sender, p *plan, f *sendFlags) error {
	if f.curl && p.request.Fault != nil && p.request.Fault.Family() == fault.Transport {
		return usagef("--curl cannot show %s, which is a fault of the transport; --dry-run does", p.request.Fault)
	}
	for i := range p.total() {
		if ctx.Err() != nil {
			fmt.Fprintf(a.err, "interrupted after %d of %s, nothing was sent\n", i, count(p.total(), "event"))
			return silent(exitInterrupted)
		}
		j, err := p.job(i)
		if err != nil {
			return err
		}
		sent, err := p.prepare(sender, &j)
		if err != nil {
			return usageError(err)
		}
		switch {
		case f.curl:
			fmt.Fprintln(a.out, curl(&sent, p.options))
		case f.format == "json":
			err = writeLine(a.out, attemptJSON{Request: &sent})
		case f.quiet:
		default:
			fmt.Fprintf(a.out, "%s %s%s\n%s", a.out.bold("-->"), title(&sent), a.out.yellow(faultText(&sent)), wire(&sent))
		}
		if err != nil {
			return err
		}
	}
	if f.format == "text" && !f.curl {
		fmt.Fprintf(a.err, "%s, nothing was sent\n", count(p.total(), "event"))
	}
	return nil
}

// curl is the command that sends the same bytes in the same way. What curl writes by itself is left out.
func curl(s *simulator.Request, o delivery.Options) string {
	words := []string{"curl -sS -i"}
	if o.Insecure {
		words = append(words, "--insecure")
	}
	if o.CAFile != "" {
		words = append(words, "--cacert", report.Shell(o.CAFile))
	}
	if o.Timeout != delivery.DefaultTimeout {
		words = append(words, "--max-time", strconv.FormatFloat(o.Timeout.Seconds(), 'f', -1, 64))
	}
	if strings.ContainsAny(s.URL, "[]{}") { // which curl takes for a range of URLs
		words = append(words, "--globoff")
	}
	words = append(words, report.Shell(s.URL))
	for _, h := range s.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "content-length":
			continue
		}
		words = append(words, "-H", report.Shell(curlHeader(h)))
	}
	if utf8.Valid(s.Body) && !strings.ContainsRune(string(s.Body), 0) {
		return strings.Join(append(words, "--data-raw", report.Shell(string(s.Body))), " ")
	}
	encoded := base64.StdEncoding.EncodeToString(s.Body)
	return "echo " + encoded + " | base64 -d | " + strings.Join(append(words, "--data-binary", "@-"), " ")
}

// curlHeader writes a header for curl, which would drop one that has a colon and no value.
func curlHeader(h simulator.Header) string {
	if h.Value == "" {
		return h.Name + ";"
	}
	return h.Name + ": " + h.Value
}
