package examples

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"semblance/simulator"
	"semblance/simulator/receiver"
)

// top is the checkout, seen from here.
const top = "../../.."

// fences returns the blocks of a page in a language, without their fences.
func fences(t *testing.T, page, language string) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no block in %s", page, language)
	}
	return blocks
}

// receiving starts a receiver that knows the published secret and returns its port.
func receiving(t *testing.T) string {
	t.Helper()
	s, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{string(simulator.DefaultSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.URL[strings.LastIndex(s.URL, ":")+1:]
}

// shell runs a script with sh, which stops at what fails. Where it says 3000, it means the port.
func shell(t *testing.T, dir, path, port, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-e", "-c", strings.ReplaceAll(script, "3000", port))
	c.Dir, c.WaitDelay = dir, time.Second
	c.Env = append(os.Environ(), "PATH="+path+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1", "CI_SERVER_URL=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return string(out)
}

// The blocks of README.md in sh are one session, from starting the provider to its end.
func TestReadmeSpeaksTheProtocol(t *testing.T) {
	t.Parallel()
	program := semblance(t)
	script := "trap 'kill $! 2>/dev/null || true' EXIT\n" + strings.Join(fences(t, "README.md", "sh"), "\n")
	out := shell(t, t.TempDir(), filepath.Dir(program), receiving(t), script)
	for _, want := range []string{`"outcome":"unanswered"`, `"outcome":"accepted"`, `"state":"passed"`} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %s:\n%s", want, out)
		}
	}
}

// pages are the documents about tests with Semblance, apart from those in Go.
var pages = []string{"README.md", "containers.md", "ci.md", top + "/scenarios/simtest/node/README.md", top + "/scenarios/simtest/python/README.md"}

// What the pages show of an example is there.
func TestPagesShowTheExamples(t *testing.T) {
	shown := 0
	for _, page := range pages {
		for _, m := range regexp.MustCompile("(?ms)^<!-- (\\S+) -->\n```\\w+\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
			shown++
			for part := range strings.SplitSeq(m[2], "\n\n") {
				if file := read(t, filepath.FromSlash(m[1])); !strings.Contains(file, part) {
					t.Errorf("%s: %s does not hold\n%s", page, m[1], part)
				}
			}
		}
	}
	if shown != 7 {
		t.Errorf("the pages show %d extracts of examples, want 7", shown)
	}
}

// Every link of the pages leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range pages {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil && !strings.Contains(m[1], "://") {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// What containers.md shows in JavaScript can be parsed. Nothing here can run it: that takes Docker.
func TestContainersPageParses(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node is not installed")
	}
	file := filepath.Join(t.TempDir(), "snippet.mjs")
	if err := os.WriteFile(file, []byte("const port = 3000;\n"+fences(t, "containers.md", "js")[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "node", "--check", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The jobs of ci.md run, in a folder with a checkout, and leave a report.
func TestCIRuns(t *testing.T) {
	var github struct {
		Jobs map[string]struct{ Steps []step }
	}
	var gitlab struct {
		Semblance, Webhooks struct{ Script []string }
	}
	blocks := fences(t, "ci.md", "yaml")
	for i, into := range []any{&github, &gitlab} {
		if err := yaml.Unmarshal([]byte(blocks[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	steps := map[string][]step{"GitHub": github.Jobs["webhooks"].Steps}
	for _, line := range append(gitlab.Semblance.Script, gitlab.Webhooks.Script...) {
		steps["GitLab"] = append(steps["GitLab"], step{Run: line})
	}
	for name, report := range map[string]string{"GitHub": "semblance-reports/play.xml", "GitLab": "webhooks.xml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			checkout, err := filepath.Abs(top)
			if err == nil {
				err = os.Symlink(checkout, filepath.Join(j.dir, "semblance"))
			}
			if err != nil {
				t.Fatal(err)
			}
			ran := 0
			for _, s := range steps[name] {
				line, _ := strings.CutPrefix(s.Run, "CGO_ENABLED=0 ") // it would compile everything once more
				switch {
				case strings.HasPrefix(s.Uses, "./semblance/"):
					if out, err := j.action(strings.TrimPrefix(s.Uses, "./semblance/"), s.With); err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
				case line == "", strings.HasPrefix(line, "git clone "), strings.HasSuffix(line, "# your application"), strings.HasPrefix(line, "npm "):
					continue
				default:
					j.shell(line)
				}
				ran++
			}
			if ran != 3 {
				t.Errorf("%d steps ran, want those that build, wait and play", ran)
			}
			j.hasReport(report)
		})
	}
}
