// Package report writes what a run came to, in the forms that people and programs read: the terminal, JUnit XML, one
// HTML file, JSON. Each form is a view of one scenarios.Result and computes no verdict of its own.
//
//	err := report.JUnit(file, result)
//	err := report.Terminal{}.Write(os.Stdout, result)
//
// [Terminal.Live] writes the same lines while the scenario is still being played.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"semblance/scenarios"
)

// Form is one way to write a result.
type Form struct {
	Name    string // what --report calls it
	Summary string
	Write   func(w io.Writer, r scenarios.Result) error
}

// Forms returns the forms that a report file can have.
func Forms() []Form {
	return []Form{
		{"junit", "JUnit XML, as CI systems read it", JUnit},
		{"html", "one HTML file for people, with everything in it", HTML},
		{"json", "the whole result as JSON", JSON},
		{"text", "what the terminal shows", func(w io.Writer, r scenarios.Result) error { return Terminal{}.Write(w, r) }},
	}
}

// milliseconds is a duration as reports print it.
func milliseconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return fmt.Sprintf("%.2f ms", ms)
	}
}

// count is a number with its noun, in the form for one and the form for many.
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// holds reports whether a step only holds others: it fails when one of them does, and has nothing to show of its own.
func holds(s *scenarios.StepResult) bool {
	switch s.Kind {
	case "shuffle", "repeat", "parallel", "play":
		return s.Counts == scenarios.Counts{}
	}
	return false
}

// place is where a step is written.
func place(s *scenarios.Step) string { return fmt.Sprintf("%s:%d:%d", s.File, s.Line, s.Column) }

// happened says in a few words what an attempt or a check brought.
func happened(e *scenarios.Evidence) string {
	switch {
	case e.Check != nil && e.Check.Request == "" && len(e.Verdict.Failures) > 0 && e.Verdict.Failures[0].What == scenarios.WhatCapture:
		return "nothing to capture"
	case e.Check != nil && e.Check.Request == "":
		return "not played"
	case e.Check != nil && e.Check.Failure != "":
		return e.Check.Failure
	case e.Check != nil:
		text := fmt.Sprintf("%d in %s", e.Check.Status, milliseconds(e.Check.Took))
		if e.Check.Tries > 1 {
			text += fmt.Sprintf(", asked %d times", e.Check.Tries)
		}
		return text
	case e.Attempt.Response.Failure != "":
		return "no answer: " + e.Attempt.Response.Detail
	}
	return fmt.Sprintf("%d in %s", e.Attempt.Response.Status, milliseconds(e.Attempt.Response.Timings.Total))
}

// answer is the excerpt of what came, "" where nothing did.
func responseText(e *scenarios.Evidence) string {
	if e.Check != nil {
		return printable(e.Check.Response)
	}
	return printable(e.Attempt.Response.Body)
}

// printable is a body as text: what cannot be printed is a dot.
func printable(body []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		if r == '\r' {
			return -1
		}
		return '·'
	}, strings.ToValidUTF8(string(body), "·"))
}

// which tells the rounds and copies of a step apart, "" where there is but one.
func which(e *scenarios.Evidence) string {
	var words []string
	if e.Round != "" {
		words = append(words, "round "+e.Round)
	}
	if e.Copy > 0 {
		words = append(words, fmt.Sprintf("copy %d", e.Copy))
	}
	if e.Attempt != nil && e.Attempt.Number > 1 {
		words = append(words, fmt.Sprintf("attempt %d", e.Attempt.Number))
	}
	return strings.Join(words, ", ")
}

// firstLine is the text up to its first line break, cut to a width.
func firstLine(text string, width int) string {
	line, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width]) + "…"
	}
	if more {
		return line + " …"
	}
	return line
}
