package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/scenarios/script"
)

// scenario writes a scenario into a new folder and returns its path.
func scenario(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// binary runs a shell line, in which semblance is the program under test.
func binary(t *testing.T, line string) (string, int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", line)
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// wrongShape is a scenario whose third step fails at a receiver that responds with a number as an id.
const wrongShape = `name: The shape
seed: 9
cast: {ada: {kind: patient}}
steps:
  - {send: patient.created, about: ada}
  - {send: patient.updated, about: ada, tags: [update]}
  - send: booking.created
    tags: [update]
    expect:
      body: {type: object, required: [job], properties: {job: {type: object, required: [id], properties: {id: {type: string}}}}}
  - {send: booking.updated}
`

// Every report of a failure names the line, both values and a command; the command reproduces the failure.
func TestReportsOfAWrongShapeReproduceIt(t *testing.T) {
	t.Parallel()
	file := scenario(t, "the shape.yaml", wrongShape)
	url := receiving(t, "answers-oddly")
	for _, more := range [][]string{nil, {"--at", "2026-03-02T09:00:00Z", "--seed", "3", "--timeout", "3s"}, {"--tag", "update"}, {"--only", "3"}, {"--secret", "whsec_of_my_own", "--show-secret"}} {
		t.Run(strings.Join(more, " "), func(t *testing.T) {
			folder := t.TempDir()
			args := []string{"play", file, "--to", url}
			for _, kind := range flags.ReportKinds() {
				args = append(args, "--report", kind+"="+filepath.Join(folder, kind))
			}
			got := runHere(t, nil, append(args, more...)...)
			if got.code != scenarios.ExitFailed {
				t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			texts := map[string]string{"terminal": got.stdout}
			for _, kind := range flags.ReportKinds() {
				texts[kind] = plainReport(t, kind, filepath.Join(folder, kind))
			}
			command := regexp.MustCompile(`semblance play .*`).FindString(got.stdout)
			for kind, text := range texts {
				for _, want := range []string{"the shape.yaml", "/job/id", "a string", "the number 12", `{"job":{"id":12}}`, command} {
					if !strings.Contains(text, want) {
						t.Errorf("the report %s does not contain %q:\n%.3000s", kind, want, text)
					}
				}
				if place := regexp.MustCompile(`the shape\.yaml:7:5|"line": 7,`); !place.MatchString(text) {
					t.Errorf("the report %s does not name line 7", kind)
				}
			}
			again, code := binary(t, command)
			if code != scenarios.ExitFailed {
				t.Fatalf("%s: exit code %d\n%s", command, code, again)
			}
			if want, got := failingStep(got.stdout), failingStep(again); want == "" || got != want {
				t.Errorf("%s\nshows\n%s\nwant\n%s", command, got, want)
			}
		})
	}
}

// plainReport returns the text of a report as people and programs read it.
func plainReport(t *testing.T, kind, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "html":
		return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(data), ""))
	case "junit":
		return characters(t, data)
	case "json":
		if !json.Valid(data) {
			t.Fatalf("the report is no JSON: %s", data)
		}
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(string(data))
	}
	return string(data)
}

// characters returns the attributes and the text of an XML document, which must be well-formed.
func characters(t *testing.T, data []byte) string {
	t.Helper()
	var b strings.Builder
	for decoder := xml.NewDecoder(strings.NewReader(string(data))); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatalf("the report is no XML: %v\n%s", err, data)
		}
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				b.WriteString(a.Value + "\n")
			}
		case xml.CharData:
			b.Write(token)
		}
	}
}

// failingStep returns the lines of the first failed step, without the response and the command.
func failingStep(text string) string {
	return regexp.MustCompile(`(?s)  FAIL  .*?\n        response`).FindString(text)
}

// The command of a failure at the built-in receiver plays there again.
func TestRerunAtTheBuiltInReceiver(t *testing.T) {
	t.Parallel()
	file := scenario(t, "-conflict.yaml", "name: Conflict\nsteps:\n  - {send: booking.created, expect: {status: 409}}\n")
	got := runHere(t, nil, "play", file, "--appointments", "older")
	command := regexp.MustCompile(`semblance play .*`).FindString(got.stdout)
	if strings.Contains(command, "--to") || !strings.Contains(command, "--appointments older") {
		t.Errorf("the command is %s", command)
	}
	again, code := binary(t, command)
	if code != scenarios.ExitFailed || failingStep(again) != failingStep(got.stdout) {
		t.Errorf("%s: exit code %d\n%s", command, code, again)
	}
}

// allThatIsDrawn is a scenario with every kind of step that draws from the seed.
const allThatIsDrawn = `name: Drawn
cast:
  ada: {kind: patient}
  bob: {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - shuffle:
      - {send: patient.created, about: ada}
      - {send: patient.created, about: bob}
      - {send: invoice.created}
  - parallel:
      - {send: booking.updated, about: visit, again: {copies: 3, as: retry, together: true}}
      - repeat: {times: 3, steps: [{send: lab.created}, {send: letter.created, again: {copies: 1, as: replay}}]}
      - {do: merge, about: {source: bob, target: ada}}
      - traffic: {events: 50, in-flight: 8}
      - {send: prescription.created, fault: {transport: reset}, deliver: with-retries, expect: {status: 2xx}}
  - traffic: {events: 200, types: ["booking.*", "invoice.*"]}
  - request: {raw: '{"round":"${run.round}","seed":"${run.seed}","id":"${run.id}"}'}
    expect: {status: any}
`

// Two plays with the same seed and time send the same bytes, and a dry run prints them.
func TestSeedAndTimeFixEveryByte(t *testing.T) {
	t.Parallel()
	url := receiving(t, "acknowledges")
	file := scenario(t, "drawn.yaml", allThatIsDrawn)
	sent := func(flags ...string) string {
		args := []string{"play", file, "patient-merge", "--to", url, "--at", "2026-03-02T09:00:00Z", "--format", "json"}
		got := runHere(t, nil, append(args, flags...)...)
		if got.code != scenarios.ExitPassed {
			t.Fatalf("exit code %d\n%s", got.code, got.stderr)
		}
		return regexp.MustCompile(`(?m)(,"response":.*)?}$`).ReplaceAllString(got.stdout, "")
	}
	first := sent("--seed", "7")
	if n := strings.Count(first, "\n"); n < 270 {
		t.Fatalf("%d attempts", n)
	}
	if again := sent("--seed", "7"); again != first {
		t.Error("two plays with the same seed and time differ")
	}
	if dry := sent("--seed", "7", "--dry-run"); dry != first {
		t.Error("a dry run prints other requests than a play sends")
	}
	if sent("--seed", "8") == first {
		t.Error("another seed sends the same")
	}
}

// After an interrupt the reports are complete and contain what was played; the exit code is 130.
func TestPlayInterrupted(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	var received atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if received.Add(1) == 50+script.DefaultInFlight { // the interrupt cancels up to DefaultInFlight of them
			close(reached)
		}
	}))
	defer server.Close()
	file := scenario(t, "long.yaml", "name: Long\nsteps:\n  - {send: booking.created}\n  - traffic: {events: 1000000, rate: 1000/s}\n  - {send: booking.updated}\n")
	folder := t.TempDir()
	c := exec.Command("semblance", "play", file, "first-visit", "--to", server.URL, "--transcript", filepath.Join(folder, "transcript"))
	for _, kind := range flags.ReportKinds() {
		c.Args = append(c.Args, "--report", kind+"="+filepath.Join(folder, kind))
	}
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	<-reached
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.Wait() // its exit code says more
	if code := c.ProcessState.ExitCode(); code != scenarios.ExitInterrupted || !strings.Contains(out.String(), "\ninterrupted  steps: ") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	for _, kind := range flags.ReportKinds() {
		text := plainReport(t, kind, filepath.Join(folder, kind))
		if !strings.Contains(text, "nterrupted") || kind != "markdown" && !strings.Contains(text, "booking.updated") { // Markdown lists no steps
			t.Errorf("the report %s: %.2000s", kind, text)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(flags.ReportKinds())+1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	transcript, err := os.ReadFile(filepath.Join(folder, "transcript"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(transcript), "\n"), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the transcript is cut: %q", line)
		}
	}
	if len(lines) < 45 {
		t.Errorf("the transcript has %d lines", len(lines))
	}
}

// Only a terminal gets a line of progress, which is removed at the end.
func TestPlayOnATerminal(t *testing.T) {
	t.Parallel()
	file := scenario(t, "traffic.yaml", "name: Traffic\nsteps:\n  - traffic: {events: 3000}\n")
	url := receiving(t, "acknowledges")
	got := runWith(t.Context(), nil, true, "play", file, "--to", url)
	if !strings.Contains(got.stdout, "\r\x1b[K  …     1     traffic") || !strings.Contains(got.stdout, "\r\x1b[K  \x1b[32mok  ") {
		t.Errorf("on a terminal it prints %q", got.stdout)
	}
	if got := runWith(t.Context(), map[string]string{"NO_COLOR": "1"}, false, "play", file, "--to", url); strings.Contains(got.stdout, "\x1b") {
		t.Errorf("into a file it prints %q", got.stdout)
	}
}
