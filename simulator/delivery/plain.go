package delivery

import (
	"strings"

	"semblance/simulator"
)

// plain is the head of an answer of the common form: HTTP/1.1, a final status, headers of one line each, a body of a known
// length, and nothing about the connection. Reading it ourselves saves a tenth of an attempt's work; what is in any way
// unusual is left to net/http, and a fuzz test holds the two equal.
type plain struct {
	status  int
	headers []simulator.Header
	length  int64
}

// parsePlain reads a head, or reports that it is not plain.
func parsePlain(head string) (p plain, ok bool) {
	const version = "HTTP/1.1 "
	line, rest, _ := strings.Cut(head, "\r\n")
	if len(line) < len(version)+3 || line[:len(version)] != version ||
		len(line) > len(version)+3 && line[len(version)+3] != ' ' || strings.IndexByte(line, '\n') >= 0 {
		return p, false
	}
	p.status = decimal(line[len(version) : len(version)+3])
	p.headers = make([]simulator.Header, 0, max(strings.Count(rest, "\n")-1, 0))
	p.length = -1
	for {
		if line, rest, ok = strings.Cut(rest, "\r\n"); !ok {
			return p, false
		}
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		h := simulator.Header{Name: name, Value: strings.Trim(value, " \t")}
		if !found || checkField(h) != nil || !p.note(h) {
			return p, false
		}
		p.headers = append(p.headers, h)
	}
	if p.status == 204 || p.status == 304 {
		p.length = 0 // whatever is said of it: there is no body
	}
	return p, rest == "" && p.status >= 200 && p.length >= 0
}

// note takes the length from a header, and reports whether the header leaves the answer plain.
func (p *plain) note(h simulator.Header) bool {
	switch len(h.Name) {
	case len("Content-Length"):
		if strings.EqualFold(h.Name, "Content-Length") {
			if p.length >= 0 || h.Value == "" {
				return false
			}
			p.length = int64(decimal(h.Value))
			return p.length >= 0
		}
	case len("Transfer-Encoding"):
		return !strings.EqualFold(h.Name, "Transfer-Encoding")
	case len("Connection"):
		return !strings.EqualFold(h.Name, "Connection")
	}
	return true
}
