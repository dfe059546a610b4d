package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// MaxFailuresPerAttempt bounds the failures that a verdict spells out: an answer of a million wrong elements needs no
// million lines.
const MaxFailuresPerAttempt = 20

// Judge compares what came of an attempt with what was expected. It is a pure function: same arguments, same verdict.
func Judge(expect Expect, attempt *simulator.Attempt) Verdict {
	j := judge{expect: &expect, response: &attempt.Response}
	if expect.Response == ResponseAny || !j.presence() {
		return j.verdict
	}
	j.status()
	j.headers()
	j.within()
	j.body()
	return j.verdict
}

type judge struct {
	expect   *Expect
	response *simulator.Response
	verdict  Verdict
}

func (j *judge) fail(f Failure) {
	if len(j.verdict.Failures) == MaxFailuresPerAttempt {
		j.verdict.More++
		return
	}
	f.Expected, f.Got = excerpt(f.Expected), excerpt(f.Got)
	j.verdict.Failures = append(j.verdict.Failures, f)
}

// answer judges whether an answer came, and reports whether there is more to judge.
func (j *judge) presence() bool {
	response := j.response.Failure == ""
	switch {
	case j.expect.Response == ResponseNone && response:
		j.fail(Failure{What: WhatResponse, Expected: "no answer", Got: "status " + strconv.Itoa(j.response.Status)})
	case j.expect.Response == ResponseNone && !unanswered(j.response):
		j.fail(Failure{What: WhatResponse, Expected: "no answer to what was sent", Got: j.failure()})
	case j.expect.Response == ResponseNone:
		if j.response.Failure != simulator.FailureTimeout { // silence lasts as long as anybody listens
			j.within()
		}
	case !response:
		j.fail(Failure{What: WhatResponse, Expected: j.wanted(), Got: j.failure()})
	default:
		return true
	}
	return false
}

// unanswered reports whether something was sent and no answer came of it. A receiver that was never reached did not
// leave anything unanswered.
func unanswered(response *simulator.Response) bool {
	switch response.Failure {
	case simulator.FailureReset, simulator.FailureClosed, simulator.FailureCut, simulator.FailureLost:
		return true
	case simulator.FailureTimeout:
		return response.Status == 0
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
	if j.response.Detail != "" {
		return j.response.Detail
	}
	return string(j.response.Failure)
}

func (j *judge) status() {
	if !j.expect.Status.Contains(j.response.Status) {
		j.fail(Failure{What: WhatStatus, Expected: j.expect.Status.String(), Got: strconv.Itoa(j.response.Status)})
	}
}

func (j *judge) headers() {
	for _, want := range j.expect.Headers {
		var found []string
		met := false
		for _, h := range j.response.Headers {
			if strings.EqualFold(h.Name, want.Name) {
				found = append(found, h.Value)
				met = met || naming.Match(want.Pattern, h.Value)
			}
		}
		if met {
			continue
		}
		text := "no such header"
		if len(found) > 0 {
			text = strings.Join(found, " and ")
		}
		j.fail(Failure{What: WhatHeader, Name: want.Name, Expected: want.Pattern, Got: text})
	}
}

func (j *judge) within() {
	if took := j.response.Timings.Total; j.expect.Within > 0 && took > j.expect.Within {
		j.fail(Failure{What: WhatWithin, Expected: "at most " + j.expect.Within.String(), Got: took.String()})
	}
}

func (j *judge) body() {
	switch {
	case j.expect.NoBody:
		if j.response.Size > 0 || len(j.response.Body) > 0 {
			j.fail(Failure{What: WhatBody, Expected: "no body", Got: j.gotBody()})
		}
	case j.expect.Body == nil && len(j.expect.Equals) == 0:
	case j.response.Truncated:
		j.fail(Failure{What: WhatBody, Expected: fmt.Sprintf("a body of at most %d bytes, to be judged whole", len(j.response.Body)), Got: j.gotBody()})
	default:
		j.equals()
		j.schema()
	}
}

func (j *judge) gotBody() string {
	size := max(j.response.Size, int64(len(j.response.Body)))
	if size == 1 {
		return "1 byte: " + quote(j.response.Body)
	}
	return fmt.Sprintf("%d bytes: %s", size, quote(j.response.Body))
}

func (j *judge) equals() {
	if len(j.expect.Equals) == 0 {
		return
	}
	if len(j.response.Body) == 0 {
		j.fail(Failure{What: WhatBody, Expected: "a JSON body", Got: "no body"})
		return
	}
	doc, err := validate.Parse(j.response.Body)
	if err != nil {
		if j.expect.Body == nil { // else the schema says so
			j.fail(Failure{What: WhatBody, Expected: "a JSON body that can be judged", Got: quote(j.response.Body) + " (" + err.Error() + ")"})
		}
		return
	}
	for _, want := range j.expect.Equals {
		found, err := Lookup(doc, want.Pointer)
		switch {
		case err != nil:
			j.fail(Failure{What: WhatEquals, Pointer: want.Pointer, Expected: formatJSON(want.Value), Got: err.Error()})
		case !EqualJSON(want.Value, found):
			j.fail(Failure{What: WhatEquals, Pointer: want.Pointer, Expected: formatJSON(want.Value), Got: formatJSON(found)})
		}
	}
}

func (j *judge) schema() {
	if j.expect.Body == nil {
		return
	}
	for _, v := range j.expect.Body.Validate(j.response.Body) {
		j.fail(Failure{What: WhatBody, Pointer: v.Pointer, Expected: v.Expected, Got: v.Got})
	}
}
