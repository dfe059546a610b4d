package scenarios

import (
	"slices"

	"semblance/schemas/human"
)

// Judged describes the extent of a run: the kinds of evidence that it judged, and the steps that it left out.
type Judged struct {
	Responses int64 // responses, or their absence
	Effects   int64 // events whose effects were counted
	Probes    int64 // other requests to the receiver's application, and commands
	Skipped   []Skip
	Uncounted string // why a probe counted no effects, or ""
}

// Skip is a reason for which steps were not played.
type Skip struct {
	Reason string `json:"reason"`
	Steps  int    `json:"steps"`
}

// Judged returns the extent of the run.
func (r *Result) Judged() Judged {
	j := Judged{Responses: r.Counts.Attempts, Effects: r.Counts.Effects, Uncounted: r.Uncounted}
	for i := range r.Scenarios {
		for k := range r.Scenarios[i].Steps {
			s := &r.Scenarios[i].Steps[k]
			if s.Kind == "probe" {
				j.Probes += s.Counts.Checks
			}
			if s.Outcome != Skipped || s.IsBlock() {
				continue
			}
			at := slices.IndexFunc(j.Skipped, func(skip Skip) bool { return skip.Reason == s.Reason })
			if at < 0 {
				at = len(j.Skipped)
				j.Skipped = append(j.Skipped, Skip{Reason: s.Reason})
			}
			j.Skipped[at].Steps++
		}
	}
	return j
}

// OnlyResponses reports whether nothing was judged but responses. Such a run shows no effect of any event.
func (j Judged) OnlyResponses() bool { return j.Effects == 0 && j.Probes == 0 }

// String returns the extent in words: "responses only", or "responses, 4 probes, the effects of 3 events".
func (j Judged) String() string {
	if j.OnlyResponses() {
		return "responses only"
	}
	words := []string{"responses"}
	if j.Effects > 0 {
		words = append(words, "the effects of "+human.Count(j.Effects, "event"))
	}
	if j.Probes > 0 {
		words = append(words, human.Count(j.Probes, "probe"))
	}
	return human.And(words)
}

// Hint says why a probe counted no effects, or how to judge more than responses, or returns "".
func (j Judged) Hint() string {
	if j.Uncounted != "" || !j.OnlyResponses() {
		return j.Uncounted
	}
	return "the effects of the events were not checked; play --probe URL counts them"
}
