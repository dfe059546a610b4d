package report

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
	"semblance/simulator"
)

// Title names a request in a few words, such as "booking.created [evt 692…0a] signature=tampered".
func (t Terminal) Title(r *simulator.Request) string {
	title := fmt.Sprintf("raw body [%s]", human.Size(len(r.Body)))
	if r.EventType != "" {
		title = human.Line(fmt.Sprintf("%s [evt %s]", r.EventType, ShortID(r.EventID)))
	}
	if r.Fault != "" {
		title += " " + t.paint(human.Line(r.Fault), color.FgYellow)
	}
	return title
}

// ShortID returns the ends of an id.
func ShortID(id string) string {
	if len(id) < 8 {
		return id
	}
	return id[:3] + "…" + id[len(id)-2:]
}

// Response names a response in a few words, such as "200 in 1.3 ms".
func (t Terminal) Response(r *simulator.Response, passed bool) string {
	paint, after := color.FgGreen, ""
	if !passed {
		paint = color.FgRed
	}
	if r.Timings.Total > 0 {
		after = " in " + human.Duration(r.Timings.Total)
	}
	if r.Failure != "" {
		return t.paint(human.Line(string(r.Failure)), paint) + after + ": " + human.Line(r.Detail)
	}
	return t.paint(strconv.Itoa(r.Status), paint) + after
}

// RequestText returns a request in wire format, indented.
func RequestText(r *simulator.Request) string {
	return "    " + human.Line(fmt.Sprintf("%s %s HTTP/%s", r.Method, r.URL, r.Proto)) + "\n" + messageText(r.Headers, r.Body)
}

// ResponseText returns the headers and the body of a response, indented.
func ResponseText(r *simulator.Response) string { return messageText(r.Headers, r.Body) }

func messageText(headers []simulator.Header, body []byte) string {
	var b strings.Builder
	for _, h := range headers {
		fmt.Fprintf(&b, "    %s\n", human.Line(h.Name+": "+h.Value))
	}
	if len(body) == 0 {
		return b.String()
	}
	b.WriteByte('\n')
	if !utf8.Valid(body) {
		fmt.Fprintf(&b, "    (%s of binary data; --format json prints them in base64)\n", human.Size(len(body)))
		return b.String()
	}
	for line := range strings.Lines(human.Printable(string(body))) {
		fmt.Fprintf(&b, "    %s\n", strings.TrimRight(line, "\n"))
	}
	return b.String()
}

// Hint returns the likely fix for a failed attempt, or "". The attempt has no fault.
func Hint(a *simulator.Attempt) string {
	u, err := url.Parse(a.Request.URL)
	if err != nil {
		return ""
	}
	switch a.Response.Failure {
	case "":
		return statusHint(u, &a.Response)
	case simulator.FailureRefused:
		return listenHint(u)
	case simulator.FailureTLS:
		if strings.Contains(a.Response.Detail, "certificate") { // else it does not speak TLS
			return "--insecure accepts any certificate; --ca-file FILE trusts the one in FILE"
		}
	case simulator.FailureClosed, simulator.FailureReset: // as a TLS server may do with plain HTTP
		if u.Scheme == "http" && a.Response.Status == 0 {
			return "if the receiver speaks TLS, write https:// in --to"
		}
	}
	return ""
}

func statusHint(u *url.URL, r *simulator.Response) string {
	location := r.Header("Location")
	switch {
	case r.Status/100 == 3 && location != "":
		if to, err := u.Parse(location); err == nil {
			location = to.String()
		}
		return "redirects are not followed; send to " + human.Excerpt(location, 200)
	case r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed:
		return "the receiver has no POST " + u.EscapedPath() + "; name the path of its webhooks, such as --to 3000/webhooks"
	}
	return ""
}

// listenHint says how to start a receiver at a URL where nothing listens.
func listenHint(u *url.URL) string {
	host := u.Hostname()
	if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
		return "start the receiver, or check the address"
	}
	command := "semblance listen"
	if port := u.Port(); port == "" {
		command += " --addr 80"
	} else if port != "4701" {
		command += " --addr " + port
	}
	return "start your receiver, or `" + command + "` in another terminal"
}

// FirstRefused returns the first failed attempt without a fault that got no connection or a 4xx response.
func FirstRefused(result *scenarios.Result) *simulator.Attempt {
	for i := range result.Scenarios {
		for _, step := range result.Scenarios[i].Steps {
			if step.Kind == "request" { // its bytes are the scenario's
				continue
			}
			for _, e := range step.Evidence {
				if e.Attempt == nil || e.Verdict.Passed() || e.Attempt.Request.Fault != "" {
					continue
				}
				if r := &e.Attempt.Response; r.Failure == simulator.FailureRefused || r.Failure == "" && r.Status/100 == 4 {
					return e.Attempt
				}
			}
		}
	}
	return nil
}
