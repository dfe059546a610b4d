package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// show prints what would be sent and sends nothing: as a request, an object, or a curl command.
func (a *app) show(sender *delivery.Sender, p *plan, f *sendFlags) error {
	if f.curl && p.request.Fault != nil && p.request.Fault.Family() == fault.Transport {
		return usagef("%s acts on the connection, which curl cannot do", p.request.Fault)
	}
	for i := range p.total() {
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
			fmt.Fprintln(a.out, curl(&sent))
		case f.format == "json":
			err = writeLine(a.out, attemptJSON{Sent: &sent})
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

// curl is the command that sends the same bytes. What curl writes by itself is left out.
func curl(s *simulator.Sent) string {
	words := []string{"curl -sS -i", quoteShell(s.URL)}
	for _, h := range s.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "content-length":
			continue
		}
		words = append(words, "-H", quoteShell(h.Name+": "+h.Value))
	}
	if utf8.Valid(s.Body) && !strings.ContainsRune(string(s.Body), 0) {
		return strings.Join(append(words, "--data-raw", quoteShell(string(s.Body))), " ")
	}
	encoded := base64.StdEncoding.EncodeToString(s.Body)
	return "echo " + encoded + " | base64 -d | " + strings.Join(append(words, "--data-binary", "@-"), " ")
}
