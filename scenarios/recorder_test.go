package scenarios_test

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/schemas"
	"semblance/simulator"
)

// scenario adds a scenario with steps of these paths; a step such as "8" before "8.1" is a block.
func scenario(r *scenarios.Recorder, paths ...string) *scenarios.ScenarioRecorder {
	var steps []scenarios.Step
	for _, path := range paths {
		steps = append(steps, scenarios.Step{Path: path, Kind: "send"})
	}
	for i := range steps[:len(steps)-1] {
		if strings.HasPrefix(steps[i+1].Path, steps[i].Path+".") {
			steps[i].Kind = "shuffle"
		}
	}
	return r.Scenario(scenarios.ScenarioResult{Name: "A scenario", File: "a.yaml", Seed: 7, Reproduce: []string{"play", "a.yaml"}}, steps)
}

// sent returns an attempt with its verdict.
func sent(eventType string, status int) scenarios.Evidence {
	attempt := answered(status, `{}`)
	attempt.Request.EventType = eventType
	attempt.Request.Body = []byte("body")
	return scenarios.Evidence{Attempt: attempt, Verdict: scenarios.Judge(scenarios.Default(), attempt)}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	booking, err := schemas.Match("booking.*")
	if err != nil {
		t.Fatal(err)
	}
	r := scenarios.NewRecorder(scenarios.Run{Target: "http://127.0.0.1:1/", Cover: booking, CoverAtLeast: 40})
	s := scenario(r, "1", "2", "3", "3.1", "3.2", "4", "5", "6")
	s.Begin("1", time.Second)
	s.Attempt("1", sent("booking.created", 200), scenarios.Default())
	s.End("1", 3*time.Second)
	if got := s.Step("1"); got.Outcome != scenarios.Passed || got.StartedAt != time.Second || got.Duration != 2*time.Second {
		t.Errorf("step 1: %+v", got)
	}
	s.Begin("2", 0)
	s.Attempt("2", sent("booking.updated", 500), scenarios.Default())
	s.Attempt("2", sent("booking.updated", 200), scenarios.Default()) // a later success does not change the outcome
	s.Begin("3", 0)
	s.Begin("3.1", 0)
	faulty := sent("booking.deleted", 401)
	faulty.Attempt.Request.Fault = "signature=tampered"
	s.Attempt("3.1", faulty, scenarios.Default())
	s.Begin("3.2", 0)
	if got := s.Step("3"); got.Outcome != scenarios.Failed {
		t.Errorf("a block with a failed step is %s", got.Outcome)
	}
	s.Skip("4", "no capture named job")
	s.Begin("5", 0)
	s.Probe("5", scenarios.Evidence{Probe: &scenarios.Probe{Request: "GET /", Response: []byte(strings.Repeat("x", 1<<20))}})
	s.Skip("5", "skipped in round 2")
	s.Fail("5", "3", "the clinic has no such record")
	s.Close(4 * time.Second)

	result := r.Result(5*time.Second, false)
	var outcomes []string
	for _, step := range result.Scenarios[0].Steps {
		outcomes = append(outcomes, step.Path+" "+string(step.Outcome))
	}
	if got, want := strings.Join(outcomes, ", "), "1 passed, 2 failed, 3 failed, 3.1 failed, 3.2 passed, 4 skipped, 5 failed, 6 not run"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := result.Counts, (scenarios.Counts{Attempts: 4, Responses: 4, ResponsesExpected: 4, Failed: 2, Checks: 2, ChecksFailed: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := result.Coverage.String(), "2 of 7 event types (29 %)"; got != want {
		t.Errorf("coverage: got %s, want %s", got, want)
	}
	if missing := result.Coverage.Missing(); len(missing) != 5 || missing[0] != "booking.deleted" {
		t.Errorf("an attempt with a fault must not count as coverage; missing: %v", missing)
	}
	if got := len(result.Scenarios[0].Steps[6].Evidence[0].Probe.Response); got != scenarios.MaxBody {
		t.Errorf("the recorder keeps %d bytes of a response", got)
	}
	if got := result.Scenarios[0].ReproduceStep(&result.Scenarios[0].Steps[3].Step); strings.Join(got, " ") != "play a.yaml --until 3.1 --seed 7" {
		t.Errorf("reproduce: %v", got)
	}
	if got := result.Scenarios[0].Summary(); got[scenarios.Failed] != 3 || got[scenarios.Passed] != 2 || got[scenarios.Skipped] != 1 || got[scenarios.NotRun] != 1 {
		t.Errorf("summary: %v", got)
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	refused := scenarios.Evidence{Attempt: unanswered(simulator.FailureRefused)}
	refused.Verdict = scenarios.Judge(scenarios.Default(), refused.Attempt)
	none := scenarios.Expect{Response: scenarios.ResponseNone}
	reset := scenarios.Evidence{Attempt: unanswered(simulator.FailureReset)}
	for name, test := range map[string]struct {
		play        func(*scenarios.ScenarioRecorder)
		atLeast     float64
		interrupted bool
		want        int
	}{
		"passed":                     {play: func(s *scenarios.ScenarioRecorder) { s.Attempt("1", sent("lab.created", 200), scenarios.Default()) }},
		"no attempts":                {play: func(s *scenarios.ScenarioRecorder) { s.Begin("1", 0) }},
		"an expectation failed":      {play: func(s *scenarios.ScenarioRecorder) { s.Attempt("1", sent("lab.created", 400), scenarios.Default()) }, want: 1},
		"no response":                {play: func(s *scenarios.ScenarioRecorder) { s.Attempt("1", refused, scenarios.Default()) }, want: 3},
		"no response, none expected": {play: func(s *scenarios.ScenarioRecorder) { s.Attempt("1", reset, none) }},
		"one response of two": {play: func(s *scenarios.ScenarioRecorder) {
			s.Attempt("1", refused, scenarios.Default())
			s.Attempt("1", sent("lab.created", 200), scenarios.Default())
		}, want: 1},
		"coverage too low": {play: func(s *scenarios.ScenarioRecorder) { s.Begin("1", 0) }, atLeast: 1, want: 1},
		"interrupted":      {play: func(s *scenarios.ScenarioRecorder) { s.Attempt("1", refused, scenarios.Default()) }, interrupted: true, want: 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := scenarios.NewRecorder(scenarios.Run{CoverAtLeast: test.atLeast})
			test.play(scenario(r, "1", "2"))
			result := r.Result(0, test.interrupted)
			if got := result.ExitCode(); got != test.want || result.Passed() != (got == 0) {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// Many attempts, recorded by several goroutines while another reads the result, leave exact counts and a small result.
func TestRecorderIsBounded(t *testing.T) {
	const workers, each = 4, 25_000
	r := scenarios.NewRecorder(scenarios.Run{})
	s := scenario(r, "1", "2")
	before := live()
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			good, bad := sent("booking.created", 200), sent("booking.updated", 500)
			good.Attempt.Response.Body = []byte(strings.Repeat("x", 64<<10))
			for i := range each {
				good.Attempt.Response.Timings.Total = time.Duration(w*each+i+1) * time.Microsecond
				s.Attempt("1", good, scenarios.Default())
				if i%2 == 0 {
					s.Attempt("2", bad, scenarios.Default())
				}
				if i%5000 == 0 {
					r.Result(0, false)
				}
			}
		})
	}
	wait.Wait()
	result := r.Result(0, false)
	if grown := int64(live()) - int64(before); grown > 32<<20 {
		t.Errorf("the recorder holds %d bytes", grown)
	}
	if got, want := result.Counts, (scenarios.Counts{Attempts: 150_000, Responses: 150_000, ResponsesExpected: 150_000, Failed: 50_000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	steps := result.Scenarios[0].Steps
	failing := 0
	for _, step := range steps {
		for _, e := range step.Evidence {
			if !e.Verdict.Passed() {
				failing++
			}
		}
	}
	evidence := len(steps[0].Evidence) + len(steps[1].Evidence)
	if !result.Truncated || failing != scenarios.MaxFailures || evidence < scenarios.MaxAttempts || evidence > scenarios.MaxAttempts+scenarios.MaxFailures {
		t.Errorf("got %d attempts, %d of them failures; truncated: %t", evidence, failing, result.Truncated)
	}
	latency := steps[0].Latency
	near := func(got, want time.Duration) bool { return got > want*98/100 && got < want*102/100 }
	if latency.Count != 100_000 || latency.Min != time.Microsecond || latency.Max != 100*time.Millisecond ||
		!near(latency.P50, 50*time.Millisecond) || !near(latency.P99, 99*time.Millisecond) || !near(latency.Mean, 50*time.Millisecond) {
		t.Errorf("latency: %+v", latency)
	}
}

// The first attempt and the first failure of each step are kept, even after a busy step.
func TestFirstEvidenceOfEachStep(t *testing.T) {
	t.Parallel()
	r := scenarios.NewRecorder(scenarios.Run{})
	s := r.Scenario(scenarios.ScenarioResult{}, []scenarios.Step{{Path: "1"}, {Path: "2"}})
	failed := scenarios.Verdict{Failures: []scenarios.Failure{{Part: scenarios.PartStatus}}}
	for range 2 * scenarios.MaxFailures {
		s.Attempt("1", scenarios.Evidence{Attempt: &simulator.Attempt{}, Verdict: failed}, scenarios.Expect{})
	}
	for _, verdict := range []scenarios.Verdict{{}, {}, failed, failed} {
		s.Attempt("2", scenarios.Evidence{Attempt: &simulator.Attempt{}, Verdict: verdict}, scenarios.Expect{})
	}
	result := r.Result(0, false)
	if evidence := result.Scenarios[0].Steps[1].Evidence; len(evidence) != 2 || !evidence[0].Verdict.Passed() || evidence[1].Verdict.Passed() {
		t.Errorf("evidence of step 2: %+v", evidence)
	}
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestLatency(t *testing.T) {
	t.Parallel()
	var none, few, many, all scenarios.Latency
	if none.Summary() != (scenarios.LatencySummary{}) {
		t.Error("the summary of no values is not zero")
	}
	for i := range 100 {
		few.Record(time.Duration(i+1) * time.Millisecond)
	}
	s := few.Summary()
	if s.P50 != 50*time.Millisecond || s.P95 != 95*time.Millisecond || s.P999 != 100*time.Millisecond || s.Mean != 50500*time.Microsecond {
		t.Errorf("a hundred values are not exact: %+v", s)
	}
	for range 1000 {
		many.Record(3 * time.Hour) // beyond the range of the histogram
		many.Record(-time.Second)
	}
	all.Merge(&none)
	all.Merge(&few)
	all.Merge(&many)
	if s := all.Summary(); s.Count != 2100 || s.Min != 0 || s.Max != 3*time.Hour || s.P99 < 59*time.Minute {
		t.Errorf("merged: %+v", s)
	}
}

func BenchmarkRecord(b *testing.B) {
	s := scenario(scenarios.NewRecorder(scenarios.Run{}), "1", "2")
	e := sent("booking.created", 200)
	expect := scenarios.Default()
	b.ReportAllocs()
	for b.Loop() {
		s.Attempt("1", e, expect)
	}
}

func BenchmarkJudge(b *testing.B) {
	for _, size := range []int{0, 10} {
		expect := scenarios.Default()
		for i := range size {
			expect.Equals = append(expect.Equals, scenarios.Equal{Pointer: "/job/id", Value: strconv.Itoa(i)})
		}
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			attempt := answered(200, `{"job":{"id":"a"}}`)
			b.ReportAllocs()
			for b.Loop() {
				scenarios.Judge(expect, attempt)
			}
		})
	}
}
