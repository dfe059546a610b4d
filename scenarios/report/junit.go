package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/simulator/capture"
)

// The elements of JUnit XML that all CI systems support.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		File       string          `xml:"file,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name       string           `xml:"name,attr"`
		ClassName  string           `xml:"classname,attr"`
		File       string           `xml:"file,attr,omitempty"`
		Line       int              `xml:"line,attr,omitempty"`
		Time       string           `xml:"time,attr"`
		Properties *junitProperties `xml:"properties"` // nil: no element
		Failure    *junitFailure    `xml:"failure"`
		Skipped    *junitSkipped    `xml:"skipped"`
		Output     string           `xml:"system-out,omitempty"`
	}
	junitProperties struct {
		All []junitProperty `xml:"property"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// JUnit writes the result as JUnit XML: a suite for each scenario and a test case for each step. A required coverage is
// a test case too, so that CI systems show that it failed.
func JUnit(w io.Writer, r scenarios.Result) error {
	all := junitSuites{Name: "semblance", Time: seconds(r.Duration)}
	for i := range r.Scenarios {
		all.add(junitScenario(&r, &r.Scenarios[i]))
	}
	if r.CoverAtLeast > 0 {
		all.add(junitCoverage(&r))
	}
	return all.write(w)
}

// add adds a suite, and counts its test cases.
func (all *junitSuites) add(suite junitSuite) {
	suite.Tests = len(suite.Cases)
	for _, c := range suite.Cases {
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Skipped != nil {
			suite.Skipped++
		}
	}
	all.Tests, all.Failures, all.Skipped = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Skipped+suite.Skipped
	all.Suites = append(all.Suites, suite)
}

func (all *junitSuites) write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitScenario(r *scenarios.Result, s *scenarios.ScenarioResult) junitSuite {
	suite := junitSuite{
		Name: s.Name, Time: seconds(s.Duration), Timestamp: timestamp(s.StartedAt), File: fileOf(s, s.File),
		Properties: []junitProperty{{"target", r.Target}, {"seed", fmt.Sprint(s.Seed)}, {"judged", r.Judged().String()}, {"covered", r.Coverage.String()}},
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.IsBlock() { // its steps have test cases
			continue
		}
		c := junitCase{Name: step.Path + " " + title(&step.Step), ClassName: s.Name, File: fileOf(s, step.File), Line: lineOf(s, step), Time: seconds(step.Duration)}
		switch step.Outcome {
		case scenarios.Failed:
			c.Failure = junitFailed(s, step)
		case scenarios.Skipped:
			c.Skipped = &junitSkipped{Message: step.Reason}
		case scenarios.NotRun:
			c.Skipped = &junitSkipped{Message: "the scenario was stopped before this step"}
		}
		suite.Cases = append(suite.Cases, c)
	}
	return suite
}

// fileOf returns a file that a CI system can link, or "": a file of the library is in no repository of the user.
func fileOf(s *scenarios.ScenarioResult, file string) string {
	if s.Library || file != s.File {
		return ""
	}
	return file
}

// lineOf returns the line of a step in the file that fileOf returns.
func lineOf(s *scenarios.ScenarioResult, step *scenarios.StepResult) int {
	if fileOf(s, step.File) == "" {
		return 0
	}
	return step.Line
}

func junitFailed(s *scenarios.ScenarioResult, step *scenarios.StepResult) *junitFailure {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", position(&step.Step))
	message := ""
	for i := range step.Evidence {
		e := &step.Evidence[i]
		for _, failure := range e.Verdict.Failures {
			message = cmp.Or(message, failure.String())
			if text := instance(e); text != "" {
				fmt.Fprintf(&b, "%s: ", text)
			}
			fmt.Fprintf(&b, "%s\n", failure)
		}
		if !e.Verdict.Passed() {
			fmt.Fprintf(&b, "got: %s\n", brief(e))
			if text := responseText(e); text != "" {
				fmt.Fprintf(&b, "response: %s\n", text)
			}
		}
	}
	fmt.Fprintf(&b, "rerun: %s\n", capture.Command(s.ReproduceStep(&step.Step)))
	return &junitFailure{Type: "expectation", Message: cmp.Or(message, "failed"), Text: b.String()}
}

func junitCoverage(r *scenarios.Result) junitSuite {
	c := junitCase{Name: fmt.Sprintf("at least %g %% of the event types are covered", r.CoverAtLeast), ClassName: "coverage", Time: seconds(0)}
	if !r.CoverageMet() {
		c.Failure = &junitFailure{Type: "coverage", Message: r.Coverage.String(), Text: "not covered: " + missing(&r.Coverage)}
	}
	return junitSuite{Name: "coverage", Time: seconds(0), Timestamp: timestamp(r.StartedAt), Cases: []junitCase{c}}
}

// timestamp returns a time as JUnit XML has it: without a zone.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
