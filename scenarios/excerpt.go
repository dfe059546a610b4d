package scenarios

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"semblance/simulator"
)

const (
	// maxText bounds each text of a failure, in bytes: a line or three on a terminal.
	maxText = 300
	// ExcerptBytes bounds each body that a result keeps: a JSON answer that people read is far smaller.
	ExcerptBytes = 4 << 10
	// maxHeaders bounds the headers of each message that a result keeps.
	maxHeaders = 64
)

// excerpt returns text cut to a length that fits a report.
func excerpt(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// quote returns bytes as text for a report: cut to a length, without control characters.
func quote(data []byte) string {
	text := string(data[:min(len(data), maxText+utf8.UTFMax)])
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, text)
	return excerpt(text)
}

// keep returns a copy of the attempt that a result can hold: its bodies and headers cut to their bounds. The bytes are
// copied, so that the sender may use its buffers again.
func keep(a *simulator.Attempt) simulator.Attempt {
	kept := *a
	kept.Request.Body = cut(a.Request.Body)
	kept.Request.Headers = cutHeaders(a.Request.Headers)
	kept.Response.Body = cut(a.Response.Body)
	kept.Response.Truncated = a.Response.Truncated || len(kept.Response.Body) < len(a.Response.Body)
	kept.Response.Headers = cutHeaders(a.Response.Headers)
	kept.Response.Detail = excerpt(a.Response.Detail)
	return kept
}

func cut(body []byte) []byte { return append([]byte(nil), body[:min(len(body), ExcerptBytes)]...) }

func cutHeaders(headers []simulator.Header) []simulator.Header {
	kept := append([]simulator.Header(nil), headers[:min(len(headers), maxHeaders)]...)
	for i := range kept {
		if len(kept[i].Value) > ExcerptBytes {
			kept[i].Value = kept[i].Value[:ExcerptBytes]
		}
		kept[i].Name = excerpt(kept[i].Name)
	}
	return kept
}
