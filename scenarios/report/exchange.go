package report

import (
	"github.com/fatih/color"

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
