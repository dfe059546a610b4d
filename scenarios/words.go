package scenarios

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
)

// Level says how binding a requirement is, with the key words of RFC 2119.
type Level string

// The levels, the strongest first.
const (
	Must   Level = "must"   // not met: a failure
	Should Level = "should" // not met: a warning
	May    Level = "may"    // not met: a remark
)

// Word names a set of results of a request.
type Word string

// The words. A redirect is only answered.
const (
	Accepted Word = "accepted" // 2xx
	Refused  Word = "refused"  // 4xx except 408 and 429, which do not concern the event
	Survived Word = "survived" // 2xx or 4xx
	Busy     Word = "busy"     // 429 or 503
	Answered Word = "answered" // any complete response
	Closed   Word = "closed"   // the connection ended without a response; not a status
)

// StatusWords returns the words that are sets of statuses.
func StatusWords() []Word { return []Word{Accepted, Refused, Survived, Busy, Answered} }

// contains reports whether the set of a word contains a status.
func (w Word) contains(status int) bool {
	accepted, client := status/100 == 2, status/100 == 4
	switch w {
	case Accepted:
		return accepted
	case Refused:
		return client && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
	case Survived:
		return accepted || client
	case Busy:
		return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
	case Answered:
		return 100 <= status && status <= 999
	}
	return false
}

// statusesOf are the statuses of the words, for people.
var statusesOf = map[Word]string{
	Accepted: "2xx", Refused: "4xx except 408 and 429", Survived: "2xx or 4xx", Busy: "429 or 503", Answered: "any status", Closed: "no status",
}

// String returns the word with its statuses, such as "accepted (2xx)".
func (w Word) String() string { return string(w) + " (" + statusesOf[w] + ")" }

// Effect says how often an event must have taken effect. A probe counts.
type Effect string

// The effects. The zero value requires nothing.
const (
	EffectOnce    Effect = "once"    // exactly one
	EffectNone    Effect = "none"    // zero
	EffectPresent Effect = "present" // at least one
)

// effects are the allowed numbers of effects, and their description.
var effects = map[Effect]struct {
	least, most int
	words       string
}{
	"":            {0, math.MaxInt, "any effect"},
	EffectOnce:    {1, 1, "must take effect once"},
	EffectNone:    {0, 0, "must have no effect"},
	EffectPresent: {1, math.MaxInt, "must take effect"},
}

// Holds reports whether a number of effects is as required.
func (e Effect) Holds(count int) bool { return effects[e].least <= count && count <= effects[e].most }

// Describe returns the effect in words.
func (e Effect) Describe() string { return effects[e].words }

// Requirement is the requirement of a step for its responses at one level. Zero parts require nothing.
type Requirement struct {
	Level  Level
	Any    []Expect      // each response meets one of them
	One    []Expect      // one of the copies meets one of them,
	Others []Expect      // and each of the others one of these
	Not    []Expect      // each response is complete and meets none of them
	Effect Effect        // of the event
	Shows  []Equal       // values in the response of the probe about the event's record, as far as it has them
	Each   time.Duration // the longest time of a response
	Median time.Duration // the largest median of the times

	// Of the responses of a run; see [Responses.Judge].
	Lack   []Lack // texts that no response contains
	AtMost int64  // the largest size of a body
	Alike  bool   // all refusals have the same status and body
}

// String returns the requirement in words, such as "must be accepted (2xx)".
func (r *Requirement) String() string { return string(r.Level) + " be " + r.Wanted() }

// Wanted returns the requirement in words without its level, such as "accepted (2xx)".
func (r *Requirement) Wanted() string {
	var words []string
	if len(r.Any) > 0 {
		words = append(words, alternatives(r.Any))
	}
	if len(r.One) > 0 {
		words = append(words, "once "+alternatives(r.One)+" and else "+alternatives(r.Others))
	}
	if len(r.Not) > 0 {
		words = append(words, "not "+alternatives(r.Not))
	}
	if r.Effect != "" {
		words = append(words, "effect "+string(r.Effect))
	}
	if len(r.Shows) > 0 {
		words = append(words, "shown by the probe")
	}
	if r.Each > 0 {
		words = append(words, "within "+human.Duration(r.Each))
	}
	if r.Median > 0 {
		words = append(words, "within "+human.Duration(r.Median)+" at the median")
	}
	for _, lack := range r.Lack {
		words = append(words, "without "+lack.String())
	}
	if r.AtMost > 0 {
		words = append(words, "at most "+human.Size(r.AtMost))
	}
	if r.Alike {
		words = append(words, "alike for all refusals")
	}
	return human.And(words)
}

// Judge judges one response. [Requirement.JudgeAll] judges the responses of a step together.
func (r *Requirement) Judge(a *simulator.Attempt) Verdict {
	if r.Refuses() && refusedEarly(&a.Response) {
		return Verdict{}
	}
	verdict := judgeAny(slices.Concat(r.One, r.Others), a)
	if len(r.Any) > 0 {
		verdict = judgeAny(r.Any, a)
	}
	if len(r.Not) > 0 {
		switch {
		case a.Response.Failure != "":
			verdict = Judge(Expect{}, a)
		case slices.ContainsFunc(r.Not, func(e Expect) bool { v := Judge(e, a); return v.Passed() }):
			verdict.Add(Failure{Part: PartStatus, Expected: "not " + alternatives(r.Not), Got: DescribeResponse(&a.Response)})
		}
	}
	return verdict
}

// JudgeShown judges the response of the probe. A probe may show less: nothing is judged by values that it does not have.
func (r *Requirement) JudgeShown(probed *simulator.Response) Verdict {
	verdict := Judge(Expect{Equals: r.Shows}, &simulator.Attempt{Response: *probed})
	verdict.Failures = slices.DeleteFunc(verdict.Failures, func(f Failure) bool { return f.Part != PartEquals || strings.HasPrefix(f.Got, noValue) })
	return verdict
}

// JudgeAll judges what concerns all responses of a step: one of the copies, and the times.
func (r *Requirement) JudgeAll(attempts []*simulator.Attempt) Verdict {
	var verdict Verdict
	if len(r.One) > 0 && !slices.ContainsFunc(attempts, func(a *simulator.Attempt) bool { v := judgeAny(r.One, a); return v.Passed() }) {
		var got []string
		for _, a := range attempts {
			if text := DescribeResponse(&a.Response); !slices.Contains(got, text) {
				got = append(got, text)
			}
		}
		verdict.Add(Failure{Part: PartResponse, Expected: "one of " + human.Count(len(attempts), "response") + " " + alternatives(r.One), Got: human.And(got)})
	}
	if (r.Each > 0 || r.Median > 0) && len(attempts) > 0 {
		took := make([]time.Duration, len(attempts))
		for i, a := range attempts {
			took[i] = a.Response.Timings.Total
		}
		slices.Sort(took)
		if slowest := took[len(took)-1]; r.Each > 0 && slowest > r.Each {
			verdict.Add(TooLate(r.Each, slowest))
		}
		if median := took[len(took)/2]; r.Median > 0 && median > r.Median {
			f := TooLate(r.Median, median)
			f.Expected += " at the median"
			verdict.Add(f)
		}
	}
	return verdict
}

// Refuses reports whether the requirement is that requests are refused. Such a result counts only if the same event without
// the mistake is accepted.
func (r *Requirement) Refuses() bool {
	return slices.ContainsFunc(slices.Concat(r.Any, r.One, r.Others), func(e Expect) bool {
		return slices.ContainsFunc(e.Status, func(s StatusRange) bool { return s.Word == Refused })
	})
}

// Names reports whether the requirement names a status, by the word busy or itself, and not in a larger set such as survived.
func (r *Requirement) Names(status int) bool {
	return slices.ContainsFunc(slices.Concat(r.Any, r.One, r.Others), func(e Expect) bool {
		return slices.ContainsFunc(e.Status, func(s StatusRange) bool { return (s.Word == Busy || s.Word == "") && s.contains(status) })
	})
}

// ByAccident reports whether a request that had to be refused was not accepted, but by accident: the receiver responded with
// 5xx or ended the connection without a response.
func (r *Requirement) ByAccident(response *simulator.Response) bool {
	return r.Refuses() && (response.Failure == "" && response.Status/100 == 5 || closed(response))
}

// judgeAny judges a response that may meet any of some expectations.
func judgeAny(expects []Expect, a *simulator.Attempt) Verdict {
	if len(expects) == 0 {
		return Verdict{}
	}
	verdict := Judge(expects[0], a)
	for _, e := range expects[1:] {
		if v := Judge(e, a); verdict.Passed() || v.Passed() {
			return Verdict{}
		}
	}
	if len(expects) > 1 && !verdict.Passed() {
		verdict = Verdict{}
		verdict.Add(Failure{Part: PartResponse, Expected: alternatives(expects), Got: DescribeResponse(&a.Response)})
	}
	return verdict
}

// alternatives describes expectations of which one must be met.
func alternatives(expects []Expect) string {
	words := make([]string, len(expects))
	for i, e := range expects {
		e.Within = 0
		words[i] = e.String()
	}
	return human.Or(words)
}

// DescribeResponse describes a response in a few words: its status, or the failure.
func DescribeResponse(r *simulator.Response) string {
	switch {
	case r.Failure == "":
		return "status " + human.Number(r.Status)
	case r.Detail != "":
		return r.Detail
	}
	return string(r.Failure)
}

// refusedEarly reports whether the receiver refused a request before it had read all of it: it responded and ended the
// connection, which can cut its response. Node does so with status 431.
func refusedEarly(r *simulator.Response) bool {
	ended := r.Failure == simulator.FailureReset || r.Failure == simulator.FailureClosed
	return ended && Refused.contains(r.Status)
}

// closed reports whether the receiver ended the connection without a response.
func closed(r *simulator.Response) bool {
	switch r.Failure {
	case simulator.FailureReset, simulator.FailureClosed, simulator.FailureIdleClose:
		return r.Status == 0
	}
	return false
}
