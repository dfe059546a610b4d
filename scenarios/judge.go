package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// MaxFailuresPerAttempt bounds the failures that a verdict spells out: an answer of a million wrong elements needs no
// million lines.
const MaxFailuresPerAttempt = 20

// Judge compares what came of an attempt with what was expected. It is a pure function: same arguments, same verdict.
func Judge(expect Expect, attempt *simulator.Attempt) Verdict {
	j := judge{expect: &expect, came: &attempt.Came}
	if expect.Answer == AnswerAny || !j.answer() {
		return j.verdict
	}
	j.status()
	j.headers()
	j.within()
	j.body()
	return j.verdict
}

type judge struct {
	expect  *Expect
	came    *simulator.Came
	verdict Verdict
}

func (j *judge) fail(f Failure) {
	if len(j.verdict.Failures) == MaxFailuresPerAttempt {
		j.verdict.More++
		return
	}
	f.Expected, f.Found = excerpt(f.Expected), excerpt(f.Found)
	j.verdict.Failures = append(j.verdict.Failures, f)
}

// answer judges whether an answer came, and reports whether there is more to judge.
func (j *judge) answer() bool {
	came := j.came.Failure == ""
	switch {
	case j.expect.Answer == AnswerNone && came:
		j.fail(Failure{What: WhatAnswer, Expected: "no answer", Found: "status " + strconv.Itoa(j.came.Status)})
	case j.expect.Answer == AnswerNone && !unanswered(j.came):
		j.fail(Failure{What: WhatAnswer, Expected: "no answer to what was sent", Found: j.failure()})
	case j.expect.Answer == AnswerNone:
		if j.came.Failure != simulator.FailureTimeout { // silence lasts as long as anybody listens
			j.within()
		}
	case !came:
		j.fail(Failure{What: WhatAnswer, Expected: j.wanted(), Found: j.failure()})
	default:
		return true
	}
	return false
}

// unanswered reports whether something was sent and no answer came of it. A receiver that was never reached did not
// leave anything unanswered.
func unanswered(came *simulator.Came) bool {
	switch came.Failure {
	case simulator.FailureReset, simulator.FailureClosed, simulator.FailureCut, simulator.FailureLost:
		return true
	case simulator.FailureTimeout:
		return came.Status == 0
	}
	return false
}

// wanted says which answer was expected.
func (j *judge) wanted() string {
	words := "an answer"
	if len(j.expect.Status) > 0 {
		words += " with status " + j.expect.Status.String()
	}
	if j.expect.Within > 0 {
		words += " within " + j.expect.Within.String()
	}
	return words
}

// failure says how no answer came.
func (j *judge) failure() string {
	if j.came.Detail != "" {
		return j.came.Detail
	}
	return string(j.came.Failure)
}

func (j *judge) status() {
	if !j.expect.Status.Contains(j.came.Status) {
		j.fail(Failure{What: WhatStatus, Expected: j.expect.Status.String(), Found: strconv.Itoa(j.came.Status)})
	}
}

func (j *judge) headers() {
	for _, want := range j.expect.Headers {
		var found []string
		met := false
		for _, h := range j.came.Headers {
			if strings.EqualFold(h.Name, want.Name) {
				found = append(found, h.Value)
				met = met || schemas.Fits(want.Pattern, h.Value)
			}
		}
		if met {
			continue
		}
		text := "no such header"
		if len(found) > 0 {
			text = strings.Join(found, " and ")
		}
		j.fail(Failure{What: WhatHeader, Name: want.Name, Expected: want.Pattern, Found: text})
	}
}

func (j *judge) within() {
	if took := j.came.Timings.Total; j.expect.Within > 0 && took > j.expect.Within {
		j.fail(Failure{What: WhatWithin, Expected: "at most " + j.expect.Within.String(), Found: took.String()})
	}
}

func (j *judge) body() {
	switch {
	case j.expect.NoBody:
		if j.came.Size > 0 || len(j.came.Body) > 0 {
			j.fail(Failure{What: WhatBody, Expected: "no body", Found: j.bodyFound()})
		}
	case j.expect.Body == nil && len(j.expect.Equals) == 0:
	case j.came.Truncated:
		j.fail(Failure{What: WhatBody, Expected: fmt.Sprintf("a body of at most %d bytes, to be judged whole", len(j.came.Body)), Found: j.bodyFound()})
	default:
		j.equals()
		j.schema()
	}
}

func (j *judge) bodyFound() string {
	size := max(j.came.Size, int64(len(j.came.Body)))
	if size == 1 {
		return "1 byte: " + quote(j.came.Body)
	}
	return fmt.Sprintf("%d bytes: %s", size, quote(j.came.Body))
}

func (j *judge) equals() {
	if len(j.expect.Equals) == 0 {
		return
	}
	if len(j.came.Body) == 0 {
		j.fail(Failure{What: WhatBody, Expected: "a JSON body", Found: "no body"})
		return
	}
	doc, err := validate.Parse(j.came.Body)
	if err != nil {
		if j.expect.Body == nil { // else the schema says so
			j.fail(Failure{What: WhatBody, Expected: "a JSON body that can be judged", Found: quote(j.came.Body) + " (" + err.Error() + ")"})
		}
		return
	}
	for _, want := range j.expect.Equals {
		found, err := Lookup(doc, want.Pointer)
		switch {
		case err != nil:
			j.fail(Failure{What: WhatEquals, Pointer: want.Pointer, Expected: formatJSON(want.Value), Found: err.Error()})
		case !EqualJSON(want.Value, found):
			j.fail(Failure{What: WhatEquals, Pointer: want.Pointer, Expected: formatJSON(want.Value), Found: formatJSON(found)})
		}
	}
}

func (j *judge) schema() {
	if j.expect.Body == nil {
		return
	}
	for _, v := range j.expect.Body.Validate(j.came.Body) {
		j.fail(Failure{What: WhatBody, Pointer: v.Pointer, Expected: v.Expected, Found: v.Found})
	}
}
