package report

import (
	"fmt"
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
		title = EventTitle(r.EventType, r.EventID)
	}
	if r.Fault != "" {
		title += " " + t.paint(human.Line(r.Fault), color.FgYellow)
	}
	return title
}

// EventTitle names an event, such as "booking.created [evt 692…0a]".
func EventTitle(eventType, eventID string) string {
	if eventID == "" {
		return human.Line(eventType) + " (no eventId)"
	}
	return human.Line(fmt.Sprintf("%s [evt %s]", eventType, ShortID(eventID)))
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

// FirstHint returns the first failed attempt that has a hint, or nil.
func FirstHint(result *scenarios.Result) *scenarios.Evidence {
	for i := range result.Scenarios {
		for _, step := range result.Scenarios[i].Steps {
			for k := range step.Evidence {
				if e := &step.Evidence[k]; e.Hint.Fix != "" {
					return e
				}
			}
		}
	}
	return nil
}
