package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// advisePlay says on stderr what to do about a failure that has a likely cause: nobody listens, or what was rightly signed
// is refused.
func (a *app) advisePlay(f *playFlags, result *scenarios.Result) {
	failed := likelyCause(result)
	if failed == nil {
		return
	}
	var b strings.Builder
	line := func(label, text string) { fmt.Fprintf(&b, "  %-7s %s\n", label, text) }
	switch {
	case failed.Response.Failure == simulator.FailureRefused:
		if u, err := url.Parse(result.Target); err == nil {
			line("mend", "start your receiver, or `semblance listen --addr "+u.Host+"` in another terminal")
		}
	case failed.Response.Status/100 == 4:
		secrets, err := f.secret.secrets()
		if err != nil {
			return
		}
		value := failed.Request.Header(signature.HeaderName)
		fmt.Fprintf(&b, "\n%s refused an event that was rightly signed, %s\n", result.Target, failed.Request.EventType)
		line("signed", signature.HeaderName+": "+value)
		line("", "with the secret "+f.secret.describe(secrets))
		line("why", "save the bytes that your receiver verifies as body.json, then ask")
		words := append([]string{"semblance verify body.json --signature", report.Shell(value)}, f.secret.arguments(secrets)...)
		line("", strings.Join(append(words, "--at", failed.Request.Header(signature.TimestampName)), " "))
	}
	fmt.Fprint(a.err, b.String())
}

// likelyCause returns the first unspoiled attempt that was refused, by the network or by the receiver.
func likelyCause(result *scenarios.Result) *simulator.Attempt {
	for i := range result.Scenarios {
		for _, step := range result.Scenarios[i].Steps {
			if step.Kind == "request" { // its bytes are its own
				continue
			}
			for _, e := range step.Evidence {
				if e.Attempt == nil || e.Verdict.Passed() || e.Attempt.Request.Fault != "" {
					continue
				}
				if e.Attempt.Response.Failure == simulator.FailureRefused || e.Attempt.Response.Failure == "" && e.Attempt.Response.Status/100 == 4 {
					return e.Attempt
				}
			}
		}
	}
	return nil
}

// dryPlay prints what the scenarios would send, and sends nothing.
func (a *app) dryPlay(ctx context.Context, f *playFlags, scenarios []*script.Scenario, o player.Options) error {
	shown := &dryPrinter{app: a, format: f.format}
	o.Transcript, o.Observer = shown, shown
	result, err := playAll(ctx, scenarios, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s, nothing was sent\n", count(int(result.Counts.Attempts), "attempt"))
	if result.Interrupted {
		return silent(exitInterrupted)
	}
	if result.Counts.ChecksFailed > 0 { // a step that could not be prepared
		return silent(exitFailed)
	}
	return nil
}

// dryPrinter shows the attempts of a dry run on stdout, and on stderr the steps that cannot be known before they are
// played.
type dryPrinter struct {
	*app
	format string
	file   string
	begun  bytes.Buffer // the line that is being written
}

// Write takes lines of a transcript.
func (d *dryPrinter) Write(data []byte) (int, error) {
	if d.format == "json" {
		return d.out.Write(data)
	}
	d.begun.Write(data)
	for {
		i := bytes.IndexByte(d.begun.Bytes(), '\n')
		if i < 0 {
			return len(data), nil
		}
		var line player.Line
		if err := json.Unmarshal(d.begun.Next(i+1), &line); err != nil {
			return 0, err
		}
		if err := d.print(&line); err != nil {
			return 0, err
		}
	}
}

func (d *dryPrinter) print(line *player.Line) error {
	step := line.Step
	if line.Round != "" {
		step += " round " + line.Round
	}
	_, err := fmt.Fprintf(d.out, "%s %s %s%s\n%s", d.out.bold("-->"), d.out.faint(step), title(&line.Request), d.out.yellow(faultText(&line.Request)), wire(&line.Request))
	return err
}

func (d *dryPrinter) Begin(scenario scenarios.ScenarioResult) { d.file = scenario.File }
func (d *dryPrinter) Progress(scenarios.Step, int64)          {}
func (d *dryPrinter) End(scenarios.ScenarioResult)            {}

// Step says why nothing is shown of a step.
func (d *dryPrinter) Step(result scenarios.StepResult) {
	switch {
	case result.Outcome == scenarios.Skipped:
		fmt.Fprintf(d.err, "%s step %s (%s) is not shown: %s\n", d.err.yellow("note:"), result.Path, result.Title, result.Reason)
	case result.Outcome == scenarios.Failed && !result.IsBlock():
		fmt.Fprintf(d.err, "%s step %s (%s) cannot be prepared", d.err.red("wrong:"), result.Path, result.Title)
		for _, e := range result.Evidence {
			for _, failure := range e.Verdict.Failures {
				fmt.Fprintf(d.err, ": %s", failure.Got)
			}
		}
		fmt.Fprintln(d.err)
	}
}
