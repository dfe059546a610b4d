package delivery

import (
	"strings"

	"semblance/simulator"
)

// commonHead is the head of a response of the common form: HTTP/1.1, a final status, one line per header, a known length,
// nothing about the connection. Its parser saves a tenth of an attempt's time. net/http parses every other head, and a fuzz
// test compares both.
type commonHead struct {
	status  int
	headers []simulator.Header
	length  int64
}

// parseCommonHead parses a head, and reports whether it has the common form.
func parseCommonHead(head string) (p commonHead, ok bool) {
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
		if !found || checkField(h) != nil || !p.addHeader(h) {
			return p, false
		}
		p.headers = append(p.headers, h)
	}
	if p.status == 204 || p.status == 304 {
		p.length = 0 // no body, whatever Content-Length says
	}
	return p, rest == "" && p.status >= 200 && p.length >= 0
}

// addHeader reads the length, and reports whether the header belongs to the common form.
func (p *commonHead) addHeader(h simulator.Header) bool {
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
