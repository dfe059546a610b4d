package scenarios

import (
	"strconv"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/pointer"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// Judge compares the response of an attempt with an expectation. It is a pure function.
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

func (j *judge) fail(f Failure) { j.verdict.Add(f) }

// presence judges whether there is a response, and reports whether the rest of the expectation applies.
func (j *judge) presence() bool {
	complete := j.response.Failure == ""
	switch {
	case j.expect.Response == ResponseClosed && !closed(j.response):
		j.fail(Failure{Part: PartResponse, Expected: "a closed connection", Got: DescribeResponse(j.response)})
	case j.expect.Response == ResponseClosed:
	case j.expect.Response == ResponseNone && complete:
		j.fail(Failure{Part: PartResponse, Expected: "no response", Got: "status " + strconv.Itoa(j.response.Status)})
	case j.expect.Response == ResponseNone && !noResponse(j.response):
		j.fail(Failure{Part: PartResponse, Expected: "a request without a response", Got: DescribeResponse(j.response)})
	case j.expect.Response == ResponseNone:
		if j.response.Failure != simulator.FailureTimeout { // a time-out always takes the whole time
			j.within()
		}
	case !complete:
		j.fail(Failure{Part: PartResponse, Expected: j.wanted(), Got: DescribeResponse(j.response)})
	default:
		return true
	}
	return false
}

// noResponse reports whether a request was sent and got no response. If the connection failed, no request was sent.
func noResponse(response *simulator.Response) bool {
	switch response.Failure {
	case simulator.FailureReset, simulator.FailureClosed, simulator.FailureIdleClose, simulator.FailureCut, simulator.FailureLost:
		return true
	case simulator.FailureTimeout:
		return response.Status == 0
	}
	return false
}

// wanted describes the expected response.
func (j *judge) wanted() string {
	words := "a response"
	if len(j.expect.Status) > 0 {
		words += " with status " + j.expect.Status.String()
	}
	if j.expect.Within > 0 {
		words += " within " + human.Duration(j.expect.Within)
	}
	return words
}

func (j *judge) status() {
	if !j.expect.Status.Contains(j.response.Status) {
		j.fail(Failure{Part: PartStatus, Expected: j.expect.Status.String(), Got: strconv.Itoa(j.response.Status)})
	}
}

// noHeader stands for the value of a missing header.
const noHeader = "no such header"

func (j *judge) headers() {
	for _, want := range j.expect.Headers {
		var values []string
		matches := false
		for _, h := range j.response.Headers {
			if strings.EqualFold(h.Name, want.Name) {
				values = append(values, h.Value)
				matches = matches || naming.Match(want.Pattern, h.Value)
			}
		}
		if matches {
			continue
		}
		got := noHeader
		if len(values) > 0 {
			got = human.And(values)
		}
		j.fail(Failure{Part: PartHeader, Name: want.Name, Expected: want.String(), Got: got})
	}
}

func (j *judge) within() {
	if took := j.response.Timings.Total; j.expect.Within > 0 && took > j.expect.Within {
		j.fail(TooLate(j.expect.Within, took))
	}
}

func (j *judge) body() {
	switch {
	case j.expect.NoBody:
		if j.response.Size > 0 || len(j.response.Body) > 0 {
			j.fail(Failure{Part: PartBody, Expected: "no body", Got: j.describeBody()})
		}
	case j.expect.Body == nil && len(j.expect.Equals) == 0:
	case j.response.Truncated:
		j.fail(Failure{Part: PartBody, Expected: "a body of at most " + human.Size(len(j.response.Body)), Got: j.describeBody()})
	default:
		j.equals()
		j.schema()
	}
}

// describeBody returns the size of the body and its beginning.
func (j *judge) describeBody() string {
	size := max(j.response.Size, int64(len(j.response.Body)))
	return human.Size(size) + ": " + excerpt(j.response.Body)
}

func (j *judge) equals() {
	if len(j.expect.Equals) == 0 {
		return
	}
	if len(j.response.Body) == 0 {
		j.fail(Failure{Part: PartBody, Expected: "a JSON body", Got: "no body"})
		return
	}
	doc, err := validate.Parse(j.response.Body)
	if err != nil {
		if j.expect.Body == nil { // otherwise schema reports it
			j.fail(Failure{Part: PartBody, Expected: "a JSON body", Got: excerpt(j.response.Body) + " (" + err.Error() + ")"})
		}
		return
	}
	for _, want := range j.expect.Equals {
		f := Failure{Part: PartEquals, Pointer: want.Pointer, Expected: want.String()}
		if value, err := pointer.Lookup(doc, want.Pointer); err != nil {
			f.Got = noValue + err.Error()
		} else if EqualJSON(want.Value, value) {
			continue
		} else {
			f.Got = EncodeJSON(value)
		}
		j.fail(f)
	}
}

// noValue begins the description of a value that a response does not have.
const noValue = "nothing: "

func (j *judge) schema() {
	if j.expect.Body == nil {
		return
	}
	for _, v := range j.expect.Body.Validate(j.response.Body) {
		j.fail(Failure{Part: PartBody, Pointer: v.Pointer, Expected: v.Expected, Got: v.Got})
	}
}

// excerpt returns the beginning of a body as one line of printable text.
func excerpt(body []byte) string {
	return human.Excerpt(string(body[:min(len(body), 4*(maxText+1))]), maxText)
}
