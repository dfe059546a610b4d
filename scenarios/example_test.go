package scenarios_test

import (
	"fmt"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
)

func ExampleJudge() {
	attempt := &simulator.Attempt{Response: simulator.Response{
		Status:  404,
		Body:    []byte(`{"job":{"id":17}}`),
		Timings: simulator.Timings{Total: 20 * time.Millisecond},
	}}
	expect := scenarios.Default() // 2xx within the provider's time-out
	expect.Equals = []scenarios.Equal{{Pointer: "/job/id", Value: "17"}}
	verdict := scenarios.Judge(expect, attempt)
	for _, f := range verdict.Failures {
		fmt.Println(f)
	}
	// Output:
	// status: expected 2xx, got 404
	// equals /job/id: expected "17", got 17
}

// A player reports each step and each attempt to a recorder, and takes the result at the end.
func ExampleRecorder() {
	recorder := scenarios.NewRecorder(scenarios.Run{Target: "http://127.0.0.1:3000/webhooks"})
	scenario := recorder.Scenario(scenarios.ScenarioResult{Name: "A first visit", File: "first.yaml", Seed: 7, Reproduce: []string{"play", "first.yaml"}},
		[]scenarios.Step{{Path: "1", Kind: "send", Title: "send booking.created about visit", File: "first.yaml", Line: 12, Column: 5}})

	attempt := &simulator.Attempt{Request: simulator.Request{EventType: "booking.created"}, Response: simulator.Response{Status: 500}}
	expect := scenarios.Default()
	scenario.Begin("1", 0)
	scenario.Attempt("1", scenarios.Evidence{Attempt: attempt, Verdict: scenarios.Judge(expect, attempt)}, expect)
	scenario.End("1", 3*time.Millisecond)
	scenario.Close(3 * time.Millisecond)

	result := recorder.Result(4*time.Millisecond, false)
	for _, scenario := range result.Scenarios {
		for _, step := range scenario.Steps {
			fmt.Printf("%s:%d %s: %s, %s\n", step.File, step.Line, step.Title, step.Outcome, step.Evidence[0].Verdict.Failures[0])
			fmt.Println("semblance", scenario.ReproduceStep(&step.Step))
		}
	}
	fmt.Println(result.Coverage.Covered(), "event type, exit code", result.ExitCode())
	// Output:
	// first.yaml:12 send booking.created about visit: failed, status: expected 2xx, got 500
	// semblance [play first.yaml --until 1 --seed 7]
	// 1 event type, exit code 1
}
