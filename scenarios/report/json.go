package report

import (
	"encoding/json"
	"io"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
)

// The JSON form of a result. Programs read it: keys may be added, but not renamed or removed.
type (
	jsonResult struct {
		Outcome    string         `json:"outcome"` // passed, failed, unreached or interrupted
		ExitCode   int            `json:"exitCode"`
		Target     string         `json:"target"`
		StartedAt  time.Time      `json:"startedAt"`
		DurationMs float64        `json:"durationMs"`
		Counts     jsonCounts     `json:"counts"`
		Latency    *jsonLatency   `json:"latencyMs,omitempty"`
		Coverage   jsonCoverage   `json:"coverage"`
		Truncated  bool           `json:"truncated,omitempty"`
		Scenarios  []jsonScenario `json:"scenarios"`
	}
	jsonCounts struct {
		Attempts     int64 `json:"attempts"`
		Responses    int64 `json:"responses"`
		Failed       int64 `json:"failed"`
		Checks       int64 `json:"checks"`
		ChecksFailed int64 `json:"checksFailed"`
	}
	jsonLatency struct {
		Min  float64 `json:"min"`
		Mean float64 `json:"mean"`
		P50  float64 `json:"p50"`
		P90  float64 `json:"p90"`
		P95  float64 `json:"p95"`
		P99  float64 `json:"p99"`
		P999 float64 `json:"p999"`
		Max  float64 `json:"max"`
	}
	jsonCoverage struct {
		Percent float64  `json:"percent"`
		Covered int      `json:"covered"`
		Of      int      `json:"of"`
		AtLeast float64  `json:"atLeast,omitempty"`
		Missing []string `json:"missing"`
	}
	jsonScenario struct {
		Name        string     `json:"name"`
		Description string     `json:"description,omitempty"`
		File        string     `json:"file"`
		Seed        int64      `json:"seed"`
		Outcome     string     `json:"outcome"`
		StartedAt   time.Time  `json:"startedAt"`
		DurationMs  float64    `json:"durationMs"`
		Counts      jsonCounts `json:"counts"`
		Steps       []jsonStep `json:"steps"`
	}
	jsonStep struct {
		Path        string         `json:"path"`
		Kind        string         `json:"kind"`
		Title       string         `json:"title"`
		Name        string         `json:"name,omitempty"`
		Description string         `json:"description,omitempty"`
		Tags        []string       `json:"tags,omitempty"`
		File        string         `json:"file"`
		Line        int            `json:"line"`
		Column      int            `json:"column"`
		Outcome     string         `json:"outcome"`
		Reason      string         `json:"reason,omitempty"`
		StartMs     float64        `json:"startMs"`
		DurationMs  float64        `json:"durationMs"`
		Counts      jsonCounts     `json:"counts"`
		Latency     *jsonLatency   `json:"latencyMs,omitempty"`
		Rerun       string         `json:"rerun,omitempty"` // the command that reproduces a failed step
		Evidence    []jsonEvidence `json:"evidence,omitempty"`
	}
	jsonEvidence struct {
		Round    string              `json:"round,omitempty"`
		Copy     int                 `json:"copy,omitempty"`
		Attempt  int                 `json:"attempt,omitempty"`
		StartMs  float64             `json:"startMs"`
		Expected string              `json:"expected,omitempty"`
		Failures []jsonFailure       `json:"failures,omitempty"`
		Omitted  int                 `json:"omittedFailures,omitempty"` // failures that are not listed
		Request  *simulator.Request  `json:"request,omitempty"`
		Response *simulator.Response `json:"response,omitempty"`
		Check    *jsonCheck          `json:"check,omitempty"`
	}
	jsonFailure struct {
		Part     string `json:"part"`
		Name     string `json:"name,omitempty"`
		Pointer  string `json:"pointer,omitempty"`
		Expected string `json:"expected"`
		Got      string `json:"got"`
	}
	jsonCheck struct {
		Request    string  `json:"request"`
		Tries      int     `json:"tries"`
		Status     int     `json:"status"`
		Response   string  `json:"response,omitempty"`
		DurationMs float64 `json:"durationMs"`
		Failure    string  `json:"failure,omitempty"`
	}
)

// JSON writes the whole result as one JSON document.
func JSON(w io.Writer, r scenarios.Result) error {
	out := jsonResult{
		Outcome: outcome(&r), ExitCode: r.ExitCode(), Target: r.Target, StartedAt: r.StartedAt, DurationMs: ms(r.Duration),
		Counts: jsonCountsOf(r.Counts), Latency: jsonLatencyOf(r.Latency), Truncated: r.Truncated,
		Coverage: jsonCoverage{
			Percent: r.Coverage.Percent(), Covered: r.Coverage.Covered(), Of: len(r.Coverage.Types), AtLeast: r.CoverAtLeast, Missing: []string{},
		},
		Scenarios: []jsonScenario{},
	}
	for _, eventType := range r.Coverage.Missing() {
		out.Coverage.Missing = append(out.Coverage.Missing, eventType.Name)
	}
	for i := range r.Scenarios {
		out.Scenarios = append(out.Scenarios, jsonScenarioOf(&r.Scenarios[i]))
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// outcome returns the outcome of the run in one word.
func outcome(r *scenarios.Result) string {
	switch r.ExitCode() {
	case scenarios.ExitPassed:
		return "passed"
	case scenarios.ExitUnreached:
		return "unreached"
	case scenarios.ExitInterrupted:
		return "interrupted"
	}
	return "failed"
}

func jsonScenarioOf(s *scenarios.ScenarioResult) jsonScenario {
	scenario := jsonScenario{
		Name: s.Name, Description: s.Description, File: s.File, Seed: s.Seed, Outcome: string(s.Outcome()),
		StartedAt: s.StartedAt, DurationMs: ms(s.Duration), Counts: jsonCountsOf(s.Counts), Steps: []jsonStep{},
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		out := jsonStep{
			Path: step.Path, Kind: step.Kind, Title: step.Title, Name: step.Name, Description: step.Description, Tags: step.Tags,
			File: step.File, Line: step.Line, Column: step.Column, Outcome: string(step.Outcome), Reason: step.Reason,
			StartMs: ms(step.StartedAt), DurationMs: ms(step.Duration), Counts: jsonCountsOf(step.Counts), Latency: jsonLatencyOf(step.Latency),
		}
		if step.Outcome == scenarios.Failed && !step.IsBlock() {
			out.Rerun = Command(s.ReproduceStep(&step.Step))
		}
		for k := range step.Evidence {
			out.Evidence = append(out.Evidence, jsonEvidenceOf(&step.Evidence[k]))
		}
		scenario.Steps = append(scenario.Steps, out)
	}
	return scenario
}

func jsonEvidenceOf(e *scenarios.Evidence) jsonEvidence {
	out := jsonEvidence{Round: e.Round, Copy: e.Copy, StartMs: ms(e.StartedAt), Expected: e.Expected, Omitted: e.Verdict.Omitted}
	for _, f := range e.Verdict.Failures {
		out.Failures = append(out.Failures, jsonFailure(f))
	}
	if e.Attempt != nil {
		out.Attempt, out.Request, out.Response = e.Attempt.Number, &e.Attempt.Request, &e.Attempt.Response
	}
	if c := e.Check; c != nil && c.Request != "" {
		out.Check = &jsonCheck{Request: c.Request, Tries: c.Tries, Status: c.Status, Response: printable(c.Response), DurationMs: ms(c.Took), Failure: c.Failure}
	}
	return out
}

func jsonCountsOf(c scenarios.Counts) jsonCounts {
	return jsonCounts{Attempts: c.Attempts, Responses: c.Responses, Failed: c.Failed, Checks: c.Checks, ChecksFailed: c.ChecksFailed}
}

func jsonLatencyOf(l scenarios.LatencySummary) *jsonLatency {
	if l.Count == 0 {
		return nil
	}
	return &jsonLatency{
		Min: ms(l.Min), Mean: ms(l.Mean), P50: ms(l.P50), P90: ms(l.P90), P95: ms(l.P95), P99: ms(l.P99), P999: ms(l.P999), Max: ms(l.Max),
	}
}

// ms returns a duration in milliseconds, rounded down to the microsecond.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
