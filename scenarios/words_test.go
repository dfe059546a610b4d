package scenarios_test

import (
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
)

// The words are sets of statuses; a redirect is only answered, and 408 and 429 are no refusals.
func TestWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[scenarios.Word][2][]int{
		scenarios.Accepted: {{200, 204, 299}, {199, 300, 400, 500}},
		scenarios.Refused:  {{400, 401, 407, 409, 428, 431, 499}, {200, 302, 408, 429, 500}},
		scenarios.Survived: {{200, 404, 408, 429}, {302, 500, 503}},
		scenarios.Busy:     {{429, 503}, {200, 500, 408}},
		scenarios.Answered: {{200, 302, 404, 500, 599}, nil},
	} {
		set := scenarios.Statuses{{Word: word}}
		for _, status := range want[0] {
			if !set.Contains(status) {
				t.Errorf("%s does not contain %d", set, status)
			}
		}
		for _, status := range want[1] {
			if set.Contains(status) {
				t.Errorf("%s contains %d", set, status)
			}
		}
	}
}

func response(status int) *simulator.Attempt {
	return &simulator.Attempt{Response: simulator.Response{Status: status}}
}

func closedConnection() *simulator.Attempt {
	return &simulator.Attempt{Response: simulator.Response{Failure: simulator.FailureReset, Detail: "the receiver reset the connection"}}
}

func cutResponse(status int) *simulator.Attempt {
	a := closedConnection()
	a.Response.Status = status
	return a
}

func wanted(words ...scenarios.Word) []scenarios.Expect {
	var e scenarios.Expect
	for _, word := range words {
		e.Status = append(e.Status, scenarios.StatusRange{Word: word})
	}
	return []scenarios.Expect{e}
}

func TestRequirementOfOneResponse(t *testing.T) {
	t.Parallel()
	refusedOrClosed := append(wanted(scenarios.Refused), scenarios.Expect{Response: scenarios.ResponseClosed})
	tests := []struct {
		name     string
		required scenarios.Requirement
		attempt  *simulator.Attempt
		want     string // the failure, "" if it passes
	}{
		{"accepted", scenarios.Requirement{Any: wanted(scenarios.Accepted)}, response(202), ""},
		{"not accepted", scenarios.Requirement{Any: wanted(scenarios.Accepted)}, response(302), "status: expected accepted (2xx), got 302"},
		{"closed", scenarios.Requirement{Any: refusedOrClosed}, closedConnection(), ""},
		{"refused early", scenarios.Requirement{Any: refusedOrClosed}, cutResponse(431), ""},
		{"failed early", scenarios.Requirement{Any: refusedOrClosed}, cutResponse(500), "response: expected refused (4xx except 408 and 429) or a closed connection, got the receiver reset the connection"},
		{"neither", scenarios.Requirement{Any: refusedOrClosed}, response(500), "response: expected refused (4xx except 408 and 429) or a closed connection, got status 500"},
		{"not", scenarios.Requirement{Not: []scenarios.Expect{{Status: scenarios.Statuses{{Low: 500, High: 599}}}}}, response(302), ""},
		{"not, but is", scenarios.Requirement{Not: []scenarios.Expect{{Status: scenarios.Statuses{{Low: 500, High: 599}}}}}, response(502), "status: expected not 5xx, got status 502"},
		{"not needs a response", scenarios.Requirement{Not: []scenarios.Expect{{Status: scenarios.Statuses{{Low: 500, High: 599}}}}}, closedConnection(), "response: expected a response, got the receiver reset the connection"},
		{"one or another", scenarios.Requirement{One: wanted(scenarios.Accepted), Others: wanted(scenarios.Busy)}, response(503), ""},
		{"neither one nor another", scenarios.Requirement{One: wanted(scenarios.Accepted), Others: wanted(scenarios.Busy)}, response(404), "response: expected accepted (2xx) or busy (429 or 503), got status 404"},
	}
	for _, test := range tests {
		verdict := test.required.Judge(test.attempt)
		got := ""
		if !verdict.Passed() {
			got = verdict.Failures[0].String()
		}
		if got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestRequirementOfAllResponses(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) *simulator.Attempt {
		a := response(200)
		a.Response.Timings.Total = d
		return a
	}
	times := scenarios.Requirement{Each: 2 * time.Second, Median: time.Second}
	one := scenarios.Requirement{One: wanted(scenarios.Accepted), Others: wanted(scenarios.Busy)}
	tests := []struct {
		name     string
		required scenarios.Requirement
		attempts []*simulator.Attempt
		want     string
	}{
		{"in time", times, []*simulator.Attempt{after(1), after(2), after(2 * time.Second)}, ""},
		{"one late", times, []*simulator.Attempt{after(1), after(2), after(3 * time.Second)}, "within: expected at most 2 s, got 3 s"},
		{"most slow", times, []*simulator.Attempt{after(1), after(1500 * time.Millisecond), after(1500 * time.Millisecond)}, "within: expected at most 1 s at the median, got 1.5 s"},
		{"one accepted", one, []*simulator.Attempt{response(503), response(200)}, ""},
		{"none accepted", one, []*simulator.Attempt{response(503), response(503), response(429)}, "response: expected one of 3 responses accepted (2xx), got status 503 and status 429"},
	}
	for _, test := range tests {
		verdict := test.required.JudgeAll(test.attempts)
		var got []string
		for _, f := range verdict.Failures {
			got = append(got, f.String())
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, strings.Join(got, "; "), test.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	refused := scenarios.Requirement{Level: scenarios.Must, Any: wanted(scenarios.Refused)}
	survived := scenarios.Requirement{Level: scenarios.Must, Any: wanted(scenarios.Survived)}
	if !refused.Refuses() || survived.Refuses() {
		t.Error("only refused needs the same event without the mistake")
	}
	for _, a := range []*simulator.Attempt{response(500), closedConnection()} {
		if !refused.ByAccident(&a.Response) || survived.ByAccident(&a.Response) {
			t.Errorf("%+v", a.Response)
		}
	}
	if a := response(200); refused.ByAccident(&a.Response) {
		t.Error("200 is no refusal by accident")
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	for effect, want := range map[scenarios.Effect][3]bool{
		"": {true, true, true}, scenarios.EffectOnce: {false, true, false}, scenarios.EffectNone: {true, false, false}, scenarios.EffectPresent: {false, true, true},
	} {
		for count, holds := range want {
			if effect.Holds(count) != holds {
				t.Errorf("%q with %d effects", effect, count)
			}
		}
	}
}
