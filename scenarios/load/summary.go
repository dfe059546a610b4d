package load

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/hint"
)

// Summary counts the attempts of a run, in bounded memory.
type Summary struct {
	Planned   int // requests in the plan
	Sent      int
	Responses int // attempts with a response
	Failed    int // attempts with a failed expectation
	Invalid   int // responses whose body breaks the expected schema
	Unjudged  int // attempts of which nothing was expected

	Statuses map[int]int               // responses by status
	Failures map[simulator.Failure]int // attempts without a response, by failure
	Late     time.Duration             // the longest delay of a start behind the rate
	Elapsed  time.Duration

	First   *Attempt // the first failed attempt in the order of the plan; nil if none failed
	Refused *Attempt // the first failed attempt whose valid signature was refused; nil if there is none

	latency scenarios.Latency
}

// Latency returns the response times.
func (s *Summary) Latency() scenarios.LatencySummary { return s.latency.Summary() }

// PerSecond returns the number of attempts per second.
func (s *Summary) PerSecond() float64 { return float64(s.Sent) / s.Elapsed.Seconds() }

// Unreached reports whether no attempt reached a receiver.
func (s *Summary) Unreached() bool {
	n := 0
	for failure, count := range s.Failures {
		if failure.NoConnection() {
			n += count
		}
	}
	return s.Sent > 0 && s.Sent == n
}

func (s *Summary) add(a *Attempt) {
	s.Sent++
	if a.Response.Failure == "" {
		s.Responses++
		if s.Statuses == nil {
			s.Statuses = map[int]int{}
		}
		s.Statuses[a.Response.Status]++
		s.latency.Record(a.Response.Timings.Total)
	} else {
		if s.Failures == nil {
			s.Failures = map[simulator.Failure]int{}
		}
		s.Failures[a.Response.Failure]++
	}
	if a.Unjudged {
		s.Unjudged++
	}
	if a.Verdict.Passed() {
		return
	}
	s.Failed++
	if slices.ContainsFunc(a.Verdict.Failures, func(f scenarios.Failure) bool { return f.Part == scenarios.PartBody }) {
		s.Invalid++
	}
	s.First = earlier(s.First, a)
	if first := s.Refused == nil || a.Index < s.Refused.Index; first && hint.For(&a.Attempt).Name == hint.Signature {
		s.Refused = earlier(s.Refused, a)
	}
}

// earlier returns first, or a copy of a if that is earlier in the plan.
func earlier(first, a *Attempt) *Attempt {
	if a == nil || first != nil && first.Index < a.Index {
		return first
	}
	clone := *a
	return &clone
}

func (s *Summary) merge(other *Summary) {
	s.Sent += other.Sent
	s.Responses += other.Responses
	s.Failed += other.Failed
	s.Invalid += other.Invalid
	s.Unjudged += other.Unjudged
	s.Statuses = addCounts(s.Statuses, other.Statuses)
	s.Failures = addCounts(s.Failures, other.Failures)
	s.latency.Merge(&other.latency)
	s.Late = max(s.Late, other.Late)
	s.First = earlier(s.First, other.First)
	s.Refused = earlier(s.Refused, other.Refused)
}

func addCounts[K comparable](into, from map[K]int) map[K]int {
	if into == nil {
		return maps.Clone(from)
	}
	for k, n := range from {
		into[k] += n
	}
	return into
}

// Outcomes lists the responses by status and the other attempts by failure: "200 × 99, timeout × 2".
func (s *Summary) Outcomes() string {
	words := naming.List(slices.Sorted(maps.Keys(s.Statuses)), func(status int) string { return fmt.Sprintf("%d × %s", status, human.Number(s.Statuses[status])) })
	for _, failure := range slices.Sorted(maps.Keys(s.Failures)) {
		words = append(words, fmt.Sprintf("%s × %s", failure, human.Number(s.Failures[failure])))
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// MarshalJSON returns the summary as an object, with times in milliseconds.
func (s *Summary) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Sent           int                       `json:"sent"`
		Answered       int                       `json:"responses"`
		Failed         int                       `json:"failed"`
		Unjudged       int                       `json:"notJudged,omitempty"`
		Statuses       map[int]int               `json:"statuses,omitempty"`
		Failures       map[simulator.Failure]int `json:"failures,omitempty"`
		SchemaFailures int                       `json:"schemaFailures"`
		LatencyMs      scenarios.LatencySummary  `json:"latencyMs"`
		LateMs         float64                   `json:"lateMs,omitempty"`
		Seconds        float64                   `json:"seconds"`
		PerSecond      float64                   `json:"perSecond"`
	}{
		s.Sent, s.Responses, s.Failed, s.Unjudged, s.Statuses, s.Failures, s.Invalid,
		s.Latency(), scenarios.Milliseconds(s.Late), s.Elapsed.Seconds(), s.PerSecond(),
	})
}
