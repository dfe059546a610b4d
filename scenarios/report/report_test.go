package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/simulator"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample returns a run with a step of each outcome, and with responses that contain markup of every form.
func sample(t *testing.T) scenarios.Result {
	t.Helper()
	cover, err := schemas.Match("patient.phone.*")
	if err != nil {
		t.Fatal(err)
	}
	recorder := scenarios.NewRecorder(scenarios.Run{
		Target: "http://127.0.0.1:3000/webhooks", StartedAt: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC),
		Cover: cover, CoverAtLeast: 90,
	})
	step := func(path, kind, what, name string, line int) scenarios.Step {
		return scenarios.Step{Path: path, Kind: kind, Title: what, Name: name, File: "a scenario.yaml", Line: line, Column: 5}
	}
	scenario := recorder.Scenario(scenarios.ScenarioResult{
		Name: "A <b>bold</b> scenario", Description: "It teaches & shows.", File: "a scenario.yaml", Seed: 7,
		StartedAt: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), Reproduce: []string{"play", "a scenario.yaml", "--to", "http://127.0.0.1:3000/webhooks"},
	}, []scenarios.Step{
		step("1", "send", "send patient.phone.added about ada", "", 8),
		step("2", "repeat", "repeat 2 times", "", 10),
		step("2.1", "send", "send patient.phone.updated about ada", "changed", 13),
		step("3", "probe", "GET http://127.0.0.1:3000/patients/1", "", 16),
		step("4", "send", "send patient.phone.removed about ada", "", 20),
		step("5", "wait", "wait 1s", "", 22),
	})
	attempt := func(eventType, fault string, response simulator.Response) *simulator.Attempt {
		return &simulator.Attempt{Number: 1, Response: response, Request: simulator.Request{
			EventID: "692597070fe21cfa5e6a010a", EventType: eventType, Method: "POST", URL: "http://127.0.0.1:3000/webhooks", Proto: "1.1", Fault: fault,
			Headers: []simulator.Header{{Name: "Host", Value: "127.0.0.1:3000"}, {Name: "Content-Type", Value: "application/json"}},
			Body:    []byte(`{"eventType":"` + eventType + `"}`),
		}}
	}
	answered := func(status int, body string, took time.Duration) simulator.Response {
		return simulator.Response{Status: status, Proto: "HTTP/1.1", Body: []byte(body), Size: int64(len(body)), Timings: simulator.Timings{Total: took},
			Headers: []simulator.Header{{Name: "Content-Type", Value: "application/json"}}}
	}
	judge := func(path, round string, at time.Duration, a *simulator.Attempt, expect scenarios.Expect) {
		scenario.Begin(path, at)
		scenario.Attempt(path, scenarios.Evidence{Round: round, StartedAt: at, Attempt: a, Verdict: scenarios.Judge(expect, a)}, expect)
		scenario.End(path, at+a.Response.Timings.Total)
	}
	expect := scenarios.Default()
	judge("1", "", 0, attempt("patient.phone.added", "", answered(202, `{"ok":true}`, 1500*time.Microsecond)), expect)
	scenario.Begin("2", 2*time.Millisecond)
	judge("2.1", "1", 2*time.Millisecond, attempt("patient.phone.updated", "", answered(200, "", time.Millisecond)), expect)
	judge("2.1", "2", 4*time.Millisecond, attempt("patient.phone.updated", "signature=tampered", answered(500, "<script>alert(1)</script>]]>\x00\x1b[31m&\n\xff", 2*time.Millisecond)), expect)
	scenario.End("2", 6*time.Millisecond)
	scenario.Begin("3", 6*time.Millisecond)
	scenario.Probe("3", scenarios.Evidence{StartedAt: 6 * time.Millisecond, Expected: "404", Probe: &scenarios.Probe{Request: "GET http://127.0.0.1:3000/patients/1", Tries: 3, Status: 404, Took: 200 * time.Millisecond}})
	scenario.End("3", 206*time.Millisecond)
	scenario.Skip("4", "no capture named job")
	scenario.Close(207 * time.Millisecond)
	return recorder.Result(210*time.Millisecond, false)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run the test with -update and check the difference. Got:\n%s", file, got)
	}
}

func written(t *testing.T, write func(io.Writer, scenarios.Result) error, r scenarios.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		if form.Write != nil {
			golden(t, "sample."+form.Name, written(t, form.Write, sample(t)))
		}
	}
	golden(t, "sample.colour", written(t, report.Terminal{Color: true}.Write, sample(t)))
}

// A Live that is called as a player calls it writes the same text as Write.
func TestLive(t *testing.T) {
	t.Parallel()
	result := sample(t)
	var b bytes.Buffer
	live := report.Terminal{}.Live(&b)
	for _, scenario := range result.Scenarios {
		live.Begin(scenario)
		for _, step := range scenario.Steps {
			live.Progress(step.Step, 1)
			live.Step(step)
		}
		live.End(scenario)
	}
	if err := live.Summary(result); err != nil {
		t.Fatal(err)
	}
	if want := written(t, report.Terminal{}.Write, result); b.String() != string(want) {
		t.Errorf("Live wrote\n%s\nWrite\n%s", b.String(), want)
	}
}

// Other XML parsers read the JUnit form.
func TestJUnitParses(t *testing.T) {
	t.Parallel()
	document := written(t, report.JUnit, sample(t))
	var back struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	if err := xml.Unmarshal(document, &back); err != nil {
		t.Fatal(err)
	}
	if back.Tests != 6 || back.Failures != 2 || back.Skipped != 2 {
		t.Errorf("the parsed totals are %+v", back)
	}
	filter(t, document, "xmllint", "--noout", "-")
	output := filter(t, document, "python3", "-c", `
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.stdin.buffer).getroot()
print(root.tag, len(root.findall("testsuite")), len(root.findall(".//testcase")), len(root.findall(".//failure")), len(root.findall(".//skipped")))
print("<script>alert(1)</script>]]>" in root.find(".//failure").text)
`)
	if want := "testsuites 2 6 2 2\nTrue\n"; output != want {
		t.Errorf("Python parses %q, want %q", output, want)
	}
}

// filter runs a command with the document as its input. If it is not installed, the test is skipped, but fails in CI.
func filter(t *testing.T, document []byte, name string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("SEMBLANCE_CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Stdin = bytes.NewReader(document)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestHTMLIsSelfContained(t *testing.T) {
	t.Parallel()
	document := string(written(t, report.HTML, sample(t)))
	if n := strings.Count(document, "<script"); n != 1 || !strings.Contains(document, "Content-Security-Policy") {
		t.Errorf("the page has %d scripts, want its own, and a policy that allows no other", n)
	}
	for _, never := range []string{"<script>alert", "<link", "src=", "@import", "url(", "<b>bold"} {
		if strings.Contains(document, never) {
			t.Errorf("the page contains %q", never)
		}
	}
	for _, always := range []string{"<svg", "prefers-color-scheme: dark", "&lt;script&gt;alert(1)", "semblance play", "a scenario.yaml:13:5", "2 of 3 event types"} {
		if !strings.Contains(document, always) {
			t.Errorf("the page does not contain %q", always)
		}
	}
}

func TestJSONContainsAttempts(t *testing.T) {
	t.Parallel()
	var back struct {
		Outcome   string
		ExitCode  int
		Scenarios []struct {
			Steps []struct {
				Outcome  string
				Evidence []struct{ Request *simulator.Request }
			}
		}
	}
	if err := json.Unmarshal(written(t, report.JSON, sample(t)), &back); err != nil {
		t.Fatal(err)
	}
	if back.Outcome != "failed" || back.ExitCode != 1 {
		t.Errorf("outcome %q, exit code %d", back.Outcome, back.ExitCode)
	}
	if request := back.Scenarios[0].Steps[0].Evidence[0].Request; request == nil || request.EventType != "patient.phone.added" {
		t.Errorf("the request of the first attempt is %+v", request)
	}
}

// failingWriter always returns an error.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		if form.Write != nil && form.Write(failingWriter{}, sample(t)) == nil {
			t.Errorf("%s: no error", form.Name)
		}
		if form.WriteChecks != nil && form.WriteChecks(failingWriter{}, &scenarios.CheckRun{}) == nil {
			t.Errorf("%s of checks: no error", form.Name)
		}
	}
	if err := (report.Terminal{}).Live(failingWriter{}).Summary(sample(t)); err == nil {
		t.Error("live: no error")
	}
}
