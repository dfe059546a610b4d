package report

import (
	"encoding/json"
	"io"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/hint"
)

// The JSON form of a result. Programs read it: keys may be added, but not renamed or removed.
type (
	jsonResult struct {
		Stopped    string                   `json:"stopped,omitempty"` // why the rest of the run was not played
		Outcome    string                   `json:"outcome"`           // passed, failed, unreached or interrupted
		ExitCode   int                      `json:"exitCode"`
		Target     string                   `json:"target"`
		StartedAt  time.Time                `json:"startedAt"`
		DurationMs float64                  `json:"durationMs"`
		Counts     scenarios.Counts         `json:"counts"`
		Latency    scenarios.LatencySummary `json:"latencyMs,omitzero"`
		Judged     jsonJudged               `json:"judged"`
		Coverage   jsonCoverage             `json:"coverage"`
		Truncated  bool                     `json:"truncated,omitempty"`
		Scenarios  []jsonScenario           `json:"scenarios"`
	}
	jsonJudged struct {
		Text      string           `json:"text"` // such as "responses only"
		Hint      string           `json:"hint,omitempty"`
		Responses int64            `json:"responses"`
		Effects   int64            `json:"effects"`
		Probes    int64            `json:"probes"`
		Skipped   []scenarios.Skip `json:"skipped,omitempty"`
	}
	jsonCoverage struct {
		Percent float64  `json:"percent"`
		Covered int      `json:"covered"`
		Of      int      `json:"of"`
		AtLeast float64  `json:"atLeast,omitempty"`
		Missing []string `json:"missing"`
	}
	jsonScenario struct {
		Name        string            `json:"name"`
		Description string            `json:"description,omitempty"`
		File        string            `json:"file"`
		Seed        int64             `json:"seed"`
		Outcome     scenarios.Outcome `json:"outcome"`
		StartedAt   time.Time         `json:"startedAt"`
		DurationMs  float64           `json:"durationMs"`
		Counts      scenarios.Counts  `json:"counts"`
		Steps       []jsonStep        `json:"steps"`
	}
	jsonStep struct {
		scenarios.Step
		Outcome    scenarios.Outcome        `json:"outcome"`
		Reason     string                   `json:"reason,omitempty"`
		StartMs    float64                  `json:"startMs"`
		DurationMs float64                  `json:"durationMs"`
		Counts     scenarios.Counts         `json:"counts"`
		Latency    scenarios.LatencySummary `json:"latencyMs,omitzero"`
		Rerun      string                   `json:"rerun,omitempty"` // the command that reproduces a failed step
		Evidence   []jsonEvidence           `json:"evidence,omitempty"`
	}
	jsonEvidence struct {
		Round    string  `json:"round,omitempty"`
		Copy     int     `json:"copy,omitempty"`
		Attempt  int     `json:"attempt,omitempty"`
		StartMs  float64 `json:"startMs"`
		Expected string  `json:"expected,omitempty"`
		scenarios.Verdict
		Hint     *hint.Hint          `json:"hint,omitempty"`
		Request  *simulator.Request  `json:"request,omitempty"`
		Response *simulator.Response `json:"response,omitempty"`
		Check    *jsonCheck          `json:"check,omitempty"`
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
		Outcome: outcome(&r), ExitCode: r.ExitCode(), Target: r.Target, StartedAt: r.StartedAt, DurationMs: scenarios.Milliseconds(r.Duration),
		Counts: r.Counts, Latency: r.Latency, Truncated: r.Truncated, Stopped: r.Stopped,
		Coverage: jsonCoverage{
			Percent: r.Coverage.Percent(), Covered: r.Coverage.Covered(), Of: len(r.Coverage.Types), AtLeast: r.CoverAtLeast, Missing: r.Coverage.Missing(),
		},
		Scenarios: []jsonScenario{},
	}
	j := r.Judged()
	out.Judged = jsonJudged{j.String(), j.Hint(), j.Responses, j.Effects, j.Probes, j.Skipped}
	for i := range r.Scenarios {
		out.Scenarios = append(out.Scenarios, jsonScenarioOf(&r.Scenarios[i]))
	}
	return Indented(w, out)
}

// Indented writes a value as indented JSON.
func Indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Line writes a value as one line of JSON.
func Line(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
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
		Name: s.Name, Description: s.Description, File: s.File, Seed: s.Seed, Outcome: s.Outcome(),
		StartedAt: s.StartedAt, DurationMs: scenarios.Milliseconds(s.Duration), Counts: s.Counts, Steps: []jsonStep{},
	}
	for i := range s.Steps {
		scenario.Steps = append(scenario.Steps, jsonStepOf(s, &s.Steps[i]))
	}
	return scenario
}

func jsonStepOf(s *scenarios.ScenarioResult, step *scenarios.StepResult) jsonStep {
	out := jsonStep{
		Step: step.Step, Outcome: step.Outcome, Reason: step.Reason,
		StartMs: scenarios.Milliseconds(step.StartedAt), DurationMs: scenarios.Milliseconds(step.Duration), Counts: step.Counts, Latency: step.Latency,
	}
	if step.Outcome == scenarios.Failed && !step.IsBlock() {
		out.Rerun = capture.Command(s.ReproduceStep(&step.Step))
	}
	for k := range step.Evidence {
		out.Evidence = append(out.Evidence, jsonEvidenceOf(&step.Evidence[k]))
	}
	return out
}

// StepJSON returns a step of a scenario as [JSON] writes it, for programs that follow a run.
func StepJSON(s *scenarios.ScenarioResult, step *scenarios.StepResult) ([]byte, error) {
	return json.Marshal(jsonStepOf(s, step))
}

func jsonEvidenceOf(e *scenarios.Evidence) jsonEvidence {
	out := jsonEvidence{Round: e.Round, Copy: e.Copy, StartMs: scenarios.Milliseconds(e.StartedAt), Expected: e.Expected, Verdict: e.Verdict}
	if e.Hint.Name != "" {
		out.Hint = &e.Hint
	}
	if e.Attempt != nil {
		out.Attempt, out.Request, out.Response = e.Attempt.Number, &e.Attempt.Request, &e.Attempt.Response
	}
	if c := e.Probe; c != nil && c.Request != "" {
		out.Check = &jsonCheck{Request: c.Request, Tries: c.Tries, Status: c.Status, Response: printable(c.Response), DurationMs: scenarios.Milliseconds(c.Took), Failure: c.Failure}
	}
	return out
}
