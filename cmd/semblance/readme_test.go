package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readme returns README.md.
func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// fences returns the blocks of README.md in a language, without their fences.
func fences(t *testing.T, language string) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("README.md has no block in %s", language)
	}
	return blocks
}

// runByCI are lines that build the program or run all tests. The test checks that .ci/run contains them.
var runByCI = []string{"go run ./cmd/semblance demo", "go test ./...", "go install ./cmd/semblance"}

// Every link of the front pages leads to a file.
func TestFrontPagesLinkToFiles(t *testing.T) {
	t.Parallel()
	top := filepath.Join("..", "..")
	for _, page := range []string{"README.md", "CHANGELOG.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", "simulator/signature/README.md"} {
		data, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join(top, filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil && !strings.Contains(m[1], "://") {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// The Go code of README.md is part of a test that another page shows, and that runs in a module of its own.
func TestReadmeGoCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "scenarios", "simtest", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range fences(t, "go") {
		for line := range strings.Lines(block) {
			if line = strings.TrimSpace(line); !strings.Contains(string(page), line) {
				t.Errorf("scenarios/simtest/README.md does not contain %q", line)
			}
		}
	}
}

// README.md stays short.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(readme(t), "\n"); lines >= 200 {
		t.Errorf("README.md has %d lines, want fewer than 200", lines)
	}
}

// Every shell line of README.md succeeds, in order, in one folder. A port in a line is that of a running receiver;
// `semblance listen` and `semblance serve` run in the background.
func TestReadmeCommandsRun(t *testing.T) {
	t.Parallel()
	place := newReadmePlace(t)
	ci, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range fences(t, "sh") {
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if i := strings.Index(strings.Join(runByCI, "\n"), line); i >= 0 {
				if !strings.Contains(string(ci), line) {
					t.Errorf(".ci/run does not run %q", line)
				}
				continue
			}
			if strings.HasPrefix(line, "semblance listen") || strings.HasPrefix(line, "semblance serve") {
				place.start(line)
				continue
			}
			if out, err := place.shell(line); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
}

// Every transcript of README.md is the actual output, except ids, durations and ports.
func TestReadmeTranscripts(t *testing.T) {
	t.Parallel()
	place := newReadmePlace(t)
	for _, block := range fences(t, "console") {
		for _, part := range strings.Split(block, "$ ")[1:] {
			line, want, _ := strings.Cut(part, "\n")
			got, _ := place.shell(line)
			if got, want := place.plain(got), place.plain(want); got != want {
				t.Errorf("%s\ngot:\n%s\nREADME.md:\n%s", line, got, want)
			}
		}
	}
}

// readmePlace is a folder in which lines of README.md run.
type readmePlace struct {
	t     *testing.T
	dir   string
	ports map[string]string // actual ports by those in README.md
}

func newReadmePlace(t *testing.T) *readmePlace {
	p := &readmePlace{t: t, dir: t.TempDir(), ports: map[string]string{}}
	p.ports["3000"] = portOf(receiving(t, "queues"))
	sample, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "samples", "booking.created.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "body.json"), sample, 0o666); err != nil {
		t.Fatal(err)
	}
	return p
}

func portOf(url string) string { return regexp.MustCompile(`:(\d+)(/|$)`).FindStringSubmatch(url)[1] }

var port = regexp.MustCompile(`\b(3000|470[0-9])\b`)

// shell runs a line with sh, with the ports of the test.
func (p *readmePlace) shell(line string) (string, error) {
	c := exec.Command("sh", "-c", p.withPorts(line))
	c.Dir, c.Env = p.dir, append(os.Environ(), "NO_COLOR=1", "GORACE=atexit_sleep_ms=0")
	if n := p.ports["4700"]; n != "" { // where emit and log look for a provider
		c.Env = append(c.Env, "SEMBLANCE_VIA="+n)
	}
	out, err := c.CombinedOutput()
	return string(out), err
}

// withPorts replaces the ports of README.md by those of the test.
func (p *readmePlace) withPorts(line string) string {
	return port.ReplaceAllStringFunc(line, func(n string) string {
		if p.ports[n] == "" {
			p.t.Errorf("%s: nothing listens at %s", line, n)
		}
		return p.ports[n]
	})
}

// start runs a line that begins with `semblance listen` or `semblance serve` until the test ends, at a free port.
func (p *readmePlace) start(line string) {
	words := strings.Fields(line)[1:]
	n := map[string]string{"listen": "4701", "serve": "4700"}[words[0]]
	for i, w := range words {
		if w == "--addr" {
			n, words = words[i+1], append(words[:i:i], words[i+2:]...)
			break
		}
	}
	for i, w := range words {
		if i > 0 && words[i-1] == "--to" {
			words[i] = p.withPorts(w)
		}
	}
	c := exec.Command("semblance", append(words, "--addr", "0", "--format", "json")...)
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	first := make([]byte, 4096)
	length, err := out.Read(first)
	if err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	p.t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			p.t.Errorf("%s: %v", line, err)
		}
	})
	p.ports[n] = regexp.MustCompile(`:(\d+)"`).FindStringSubmatch(string(first[:length]))[1]
}

// plain replaces ids, durations and ports.
func (p *readmePlace) plain(text string) string {
	for documented, actual := range p.ports {
		text = strings.ReplaceAll(text, actual, documented)
	}
	text = regexp.MustCompile(`evt [0-9a-f]{3}…[0-9a-f]{2}`).ReplaceAllString(text, "evt …")
	text = regexp.MustCompile(`of \d+ event types \(\d+ %\)`).ReplaceAllString(text, "of … event types")
	text = regexp.MustCompile(`seed \d+`).ReplaceAllString(text, "seed …")
	return regexp.MustCompile(`\b\d+(\.\d+)? ?(µs|ms)`).ReplaceAllString(text, "…ms")
}
