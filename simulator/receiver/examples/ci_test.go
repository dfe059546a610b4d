package examples

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The release of the tests.
const version = "v1.2.0"

// A step is a step of a job, or of an action, of GitHub.
type step struct {
	ID, If, Run, Uses string
	Env               map[string]string
	With              map[string]string
}

// A job is a folder in which steps run as on a runner, with a receiver at its port.
type job struct {
	t    *testing.T
	dir  string
	port string
	env  []string
}

func newJob(t *testing.T) *job {
	dir := t.TempDir()
	j := &job{t: t, dir: dir, port: receiving(t)}
	for name, file := range map[string]string{
		"RUNNER_TEMP": "temporary", "GITHUB_OUTPUT": "outputs", "GITHUB_PATH": "path", "GITHUB_STEP_SUMMARY": "summary.md",
	} {
		j.env = append(j.env, name+"="+filepath.Join(dir, ".runner", file))
	}
	if err := os.MkdirAll(filepath.Join(dir, ".runner", "temporary"), 0o777); err != nil {
		t.Fatal(err)
	}
	j.env = append(j.env, "RUNNER_OS="+map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows"}[runtime.GOOS],
		"RUNNER_ARCH="+map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH])
	return j
}

// shell runs a line. Where it says 3000, it means the job's receiver.
func (j *job) shell(line string) { shell(j.t, j.dir, "", j.port, line) }

// read returns a file of the job.
func (j *job) read(name string) string {
	return read(j.t, filepath.Join(j.dir, filepath.FromSlash(name)))
}

// hasReport checks a JUnit report.
func (j *job) hasReport(name string) {
	j.t.Helper()
	var report struct {
		XMLName xml.Name `xml:"testsuites"`
		Cases   []struct {
			Name string `xml:"name,attr"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal([]byte(j.read(name)), &report); err != nil || len(report.Cases) < 20 {
		j.t.Errorf("%s has %d test cases: %v", name, len(report.Cases), err)
	}
}

// endServe ends the provider that the action started.
func (j *job) endServe() {
	j.t.Helper()
	if out, err := exec.Command("sh", "-c", "kill "+strings.TrimSpace(j.read("semblance-reports/serve.pid"))).CombinedOutput(); err != nil {
		j.t.Errorf("%v: %s", err, out)
	}
}

var expression = regexp.MustCompile(`\$\{\{ ([a-z._]+) \}\}`)

// action runs an action of the checkout with inputs, and returns its output. It stops at a step that fails.
func (j *job) action(folder string, inputs map[string]string) (string, error) {
	j.t.Helper()
	path, err := filepath.Abs(filepath.Join(top, filepath.FromSlash(folder)))
	if err != nil {
		j.t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(read(j.t, filepath.Join(path, "action.yml"))), &action); err != nil {
		j.t.Fatal(err)
	}
	values := map[string]string{"github.action_ref": version}
	for name, in := range action.Inputs {
		value, given := inputs[name]
		if !given {
			value = in.Default
		}
		values["inputs."+name] = strings.ReplaceAll(value, "3000", j.port)
	}
	for name := range inputs {
		if _, known := action.Inputs[name]; !known {
			j.t.Errorf("the action has no input %s", name)
		}
	}
	evaluate := func(text string) string {
		for range 2 { // a default may hold an expression too
			text = expression.ReplaceAllStringFunc(text, func(e string) string { return values[expression.FindStringSubmatch(e)[1]] })
		}
		return text
	}
	var out bytes.Buffer
	for _, s := range action.Runs.Steps {
		if name, want, compared := strings.Cut(s.If, " == "); compared && values[name] != strings.Trim(want, "'") {
			continue
		}
		if name, _, compared := strings.Cut(s.If, " != ''"); compared && values[name] == "" {
			continue
		}
		c := exec.CommandContext(j.t.Context(), "bash", "-e", "-c", s.Run)
		c.Dir, c.Env = j.dir, append(os.Environ(), j.env...)
		c.Env = append(c.Env, "GITHUB_ACTION_PATH="+path, "NO_COLOR=1")
		for name, value := range s.Env {
			c.Env = append(c.Env, name+"="+evaluate(value))
		}
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			return out.String(), fmt.Errorf("step %s: %w", s.ID, err)
		}
		if outputs, err := os.ReadFile(filepath.Join(j.dir, ".runner", "outputs")); err == nil {
			for line := range strings.Lines(string(outputs)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				values["steps."+s.ID+".outputs."+name] = value
			}
		}
	}
	return out.String(), nil
}

// release writes the archive of this platform and its checksum as a release has them, and returns the URL of the releases.
func (j *job) release(content []byte) string {
	j.t.Helper()
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	w.WriteHeader(&tar.Header{Name: "semblance", Mode: 0o755, Size: int64(len(content))})
	w.Write(content)
	w.Close()
	z.Close()
	folder := filepath.Join(j.dir, "releases", version)
	name := fmt.Sprintf("semblance_%s_%s_%s.tar.gz", version[1:], runtime.GOOS, runtime.GOARCH)
	checksums := fmt.Sprintf("%x  %s\n", sha256.Sum256(archive.Bytes()), name)
	err := os.MkdirAll(folder, 0o777)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), archive.Bytes(), 0o666)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "checksums.txt"), []byte(checksums), 0o666)
	}
	if err != nil {
		j.t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(filepath.Dir(folder))
}

// programLike is a small program that runs the built one, so that a release of it is packed quickly.
func programLike(t *testing.T) []byte {
	return fmt.Appendf(nil, "#!/bin/sh\nexec '%s' \"$@\"\n", semblance(t))
}

// needUnix skips a test of shell scripts on Windows: there they run in the bash of the runner.
func needUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts need sh")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		missing(t, "curl is not installed")
	}
}

// The workflow of this repository uses the action as another repository does.
func TestWorkflowUsesTheAction(t *testing.T) {
	t.Parallel()
	needUnix(t)
	var workflow struct {
		Jobs map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(top, ".github", "workflows", "ci.yml"))), &workflow); err != nil {
		t.Fatal(err)
	}
	if steps := workflow.Jobs["check"].Steps; !strings.HasSuffix(steps[len(steps)-1].Run, ".ci/run") {
		t.Errorf("the last step of the job check is not .ci/run: %+v", steps[len(steps)-1])
	}
	j := newJob(t)
	temporary := filepath.Join(j.dir, ".runner", "temporary")
	if err := os.WriteFile(filepath.Join(temporary, "semblance"), programLike(t), 0o755); err != nil {
		t.Fatal(err)
	}
	used := false
	for _, s := range workflow.Jobs["action"].Steps {
		if strings.Contains(s.Run, "listen") {
			_, port := freeAddress(t)
			j.shell(fmt.Sprintf("RUNNER_TEMP=%s\n%s\nkill $!", temporary, strings.ReplaceAll(s.Run, "4701", port)))
		}
		if s.Uses != "./"+actionFolder {
			continue
		}
		used = true
		inputs := map[string]string{}
		for name, value := range s.With {
			inputs[name] = strings.NewReplacer("${{ runner.temp }}", temporary, "4701", j.port).Replace(value)
		}
		out, err := j.action(actionFolder, inputs)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		j.endServe()
		j.hasReport("semblance-reports/play.xml")
	}
	if !used {
		t.Error("no step uses the action")
	}
}

const actionFolder = ".github/actions/semblance"

func TestActionPlays(t *testing.T) {
	t.Parallel()
	needUnix(t)
	j := newJob(t)
	out, err := j.action(actionFolder, map[string]string{
		"releases": j.release(programLike(t)), "to": "3000/webhooks", "play": "first-visit dup*", "serve": "true",
		"check": "CTL-01 AGE-*",
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		exec.Command("sh", "-c", "kill "+strings.TrimSpace(j.read("semblance-reports/serve.pid"))).Run()
	})
	for name, want := range map[string]string{
		".runner/summary.md": "2 scenarios passed", ".runner/path": filepath.Join(j.dir, ".runner", "temporary", "semblance"),
		".runner/outputs": "api=http://127.0.0.1:", "semblance-reports/play.json": `"seed": `, "semblance-reports/play.html": "<html",
		"semblance-reports/check.json": `"verdict": "passed"`, "semblance-reports/check.xml": "AGE-02",
	} {
		if got := j.read(name); !strings.Contains(got, want) {
			t.Errorf("%s does not hold %q:\n%.1000s", name, want, got)
		}
	}
}

func TestActionFails(t *testing.T) {
	t.Parallel()
	needUnix(t)
	for name, test := range map[string]struct {
		inputs  map[string]string
		want    string
		prepare func(j *job)
	}{
		"an expectation": {map[string]string{"play": "first-visit", "to": "3000", "flags": "--secret whsec_another"}, "exit status 1", nil},
		"no receiver":    {map[string]string{"play": "first-visit", "to": "1"}, "exit status 3", nil},
		"no version":     {map[string]string{"version": "main"}, "'main' is not a release of Semblance", nil},
		"no release":     {map[string]string{"version": "v9.9.9"}, "exit status 37", nil}, // curl: the file cannot be read
		"wrong checksum": {map[string]string{}, "checksum", func(j *job) {
			files, err := filepath.Glob(filepath.Join(j.dir, "releases", version, "*.gz"))
			if err == nil {
				err = os.WriteFile(files[0], []byte("another archive"), 0o666)
			}
			if err != nil {
				j.t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			test.inputs["releases"] = j.release(programLike(t))
			if test.prepare != nil {
				test.prepare(j)
			}
			out, err := j.action(actionFolder, test.inputs)
			if err == nil {
				t.Fatalf("it passes:\n%s", out)
			}
			if all := out + err.Error(); !strings.Contains(all, test.want) {
				t.Errorf("it fails without %q:\n%s", test.want, all)
			}
		})
	}
}

// The template for GitLab gets the program of a release and puts it into the PATH, as its comment shows.
func TestGitLabTemplate(t *testing.T) {
	t.Parallel()
	needUnix(t)
	text := read(t, filepath.Join(top, ".ci", "gitlab.yml"))
	var template map[string]struct {
		Before    []string `yaml:"before_script"`
		Script    []string
		Variables map[string]string
	}
	if err := yaml.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	var comment strings.Builder
	for line := range strings.Lines(text) {
		if inside, ok := strings.CutPrefix(line, "#   "); ok {
			comment.WriteString(inside)
		}
	}
	var example map[string]any
	if err := yaml.Unmarshal([]byte(comment.String()), &example); err != nil {
		t.Fatal(err)
	}
	script := template[".semblance"].Before
	for _, line := range example["webhooks"].(map[string]any)["script"].([]any) {
		if !strings.HasPrefix(line.(string), "npm ") {
			script = append(script, line.(string))
		}
	}
	j := newJob(t)
	variables := fmt.Sprintf("export SEMBLANCE_RELEASE=%s SEMBLANCE_RELEASES=%s\n", version, j.release(programLike(t)))
	j.shell(variables + strings.Join(script, "\n"))
	j.hasReport("semblance-reports/play.xml")
}
