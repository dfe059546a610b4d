package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/simulator"
)

// Requests is a transcript of player that prints the requests, in wire format, for a dry run.
type Requests struct {
	Terminal
	Out  io.Writer
	line bytes.Buffer // an incomplete line
}

// Write takes a part of the transcript.
func (r *Requests) Write(data []byte) (int, error) {
	r.line.Write(data)
	for {
		end := bytes.IndexByte(r.line.Bytes(), '\n')
		if end < 0 {
			return len(data), nil
		}
		var line struct {
			Step, Round string
			Request     simulator.Request
		}
		if err := json.Unmarshal(r.line.Next(end+1), &line); err != nil {
			return 0, err
		}
		step := line.Step
		if line.Round != "" {
			step += " round " + line.Round
		}
		if _, err := fmt.Fprintf(r.Out, "%s %s %s\n%s", r.paint("-->", color.Bold), r.paint(step, color.Faint), r.Title(&line.Request), RequestText(&line.Request)); err != nil {
			return 0, err
		}
	}
}

// Unprepared says why a dry run did not print the requests of some steps.
func (t Terminal) Unprepared(w io.Writer, r *scenarios.Result) {
	for i := range r.Scenarios {
		for _, s := range r.Scenarios[i].Steps {
			switch {
			case s.Outcome == scenarios.Skipped:
				fmt.Fprintf(w, "%s step %s (%s) is not shown: %s\n", t.Warning("note:"), s.Path, s.Title, s.Reason)
			case s.Outcome == scenarios.Failed && !s.IsBlock():
				var reasons []string
				for _, e := range s.Evidence {
					for _, failure := range e.Verdict.Failures {
						reasons = append(reasons, failure.Got)
					}
				}
				fmt.Fprintf(w, "%s step %s (%s) cannot be prepared: %s\n", t.paint("error:", color.FgRed), s.Path, s.Title, strings.Join(reasons, ": "))
			}
		}
	}
}
