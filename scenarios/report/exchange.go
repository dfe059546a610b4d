package report

import (
	"bytes"
	"fmt"
	"net/url"

	"semblance/scenarios/report/color"
	"semblance/simulator"
)

// RequestLine returns the line of a request, such as "--> booking.created [evt 692…0a]".
func (t Terminal) RequestLine(r *simulator.Request) string {
	return t.paint("-->", color.Bold) + " " + t.Title(r)
}

// ResponseLine returns the line of a response, such as "<-- 200 in 1.3 ms".
func (t Terminal) ResponseLine(r *simulator.Response, passed bool) string {
	return t.paint("<--", color.Bold) + " " + t.Response(r, passed)
}

// Warning returns a text in the color of warnings.
func (t Terminal) Warning(text string) string { return t.paint(text, color.FgYellow) }

// HTTP returns a request as it was sent, for a file or for nc. Credentials are hidden if they are in r.
func HTTP(r *simulator.Request) []byte {
	target := "/"
	if u, err := url.Parse(r.URL); err == nil {
		target = u.RequestURI()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", r.Method, target, r.Proto)
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}
