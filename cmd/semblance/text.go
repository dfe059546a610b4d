package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// writeJSON prints a value for another program, and for a person who looks at it.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writeLine prints a value as one line of NDJSON.
func writeLine(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// indented lays JSON out for reading, two spaces in from the margin.
func indented(data []byte) string {
	var b bytes.Buffer
	b.WriteString("  ")
	if err := json.Indent(&b, bytes.TrimSpace(data), "  ", "  "); err != nil {
		return "  " + string(data)
	}
	return b.String()
}

// milliseconds is a duration as JSON has it.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// count is a number with its noun: 1 event type, 2 event types.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
