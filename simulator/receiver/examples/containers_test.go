package examples

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// freeAddress is an address of every interface, as in a container, at a port where nothing listens.
func freeAddress(t *testing.T) (address, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return "0.0.0.0:" + port, port
}

// container runs a command with the variables of a container alone until the test ends, and returns when it has said its
// first line.
func container(t *testing.T, env []string, words ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), words[0], words[1:]...)
	c.Env = env
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%s: %v", strings.Join(words, " "), err)
	}
}

// ask makes a request of a container, as another container does that knows it by a name.
func ask(t *testing.T, method, port, path, host, token, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:"+port+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("x-token", token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(data)
}

// The service of containers.md runs with the image's command, is healthy, and lets in who has the token and knows its name.
func TestCompose(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct{ Environment map[string]string }
	}
	if err := yaml.Unmarshal([]byte(fences(t, "containers.md", "yaml")[0]), &compose); err != nil {
		t.Fatal(err)
	}
	image := dockerfile(t)
	program := semblance(t)
	address, port := freeAddress(t)
	env := []string{"SEMBLANCE_ADDR=" + address}
	for name, value := range compose.Services["semblance"].Environment {
		env = append(env, name+"="+value)
	}
	container(t, env, append([]string{program}, image.cmd...)...)

	health := exec.CommandContext(t.Context(), program, image.health[1:]...)
	health.Env = env
	if out, err := health.CombinedOutput(); err != nil {
		t.Errorf("not healthy: %v\n%s", err, out)
	}
	tests := compose.Services["tests"].Environment
	host := strings.TrimSuffix(strings.TrimPrefix(tests["SEMBLANCE_API"], "http://"), "/api/v1")
	for _, refused := range []struct {
		host, token string
		status      int
	}{{host, "", 401}, {host, "guessed", 401}, {"other:4700", tests["SEMBLANCE_API_TOKEN"], 421}} {
		if status, answer := ask(t, "GET", port, "/api/v1/subscriptions", refused.host, refused.token, ""); status != refused.status {
			t.Errorf("%+v is answered %d: %s", refused, status, answer)
		}
	}
	token := tests["SEMBLANCE_API_TOKEN"]
	if status, answer := ask(t, "GET", port, "/api/v1/subscriptions", host, token, ""); status != 200 || !strings.Contains(answer, `"url":"http://app:3000/webhooks"`) {
		t.Errorf("subscriptions: %d, %s", status, answer)
	}
	mutation, _ := json.Marshal(map[string]string{
		"query": `mutation { createWebhook(input: {url: "http://app:3000/invoices", eventTypes: ["invoice.paid"], label: "own"}) { data { id } error } }`,
	})
	if status, answer := ask(t, "POST", port, "/graphql", host, token, string(mutation)); status != 200 || !strings.Contains(answer, `"error":null`) {
		t.Errorf("a subscription of the application's own: %d, %s", status, answer)
	}
}

// image is what Dockerfile says of the last stage.
type image struct {
	copies      [][]string // from the checkout: sources
	fromBuild   []string   // what it takes from the first stage
	runs        []string
	env         []string
	user        string
	health, cmd []string
	entrypoint  []string
}

// dockerfile reads what Dockerfile says. An instruction that it does not know fails the test: it would go unchecked.
func dockerfile(t *testing.T) image {
	t.Helper()
	var i image
	list := func(text string) (words []string) {
		if err := json.Unmarshal([]byte(text[strings.Index(text, "["):]), &words); err != nil {
			t.Fatalf("Dockerfile: %s: %v", text, err)
		}
		return words
	}
	for line := range strings.Lines(read(t, filepath.Join(top, "Dockerfile"))) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		words := strings.Fields(rest)
		switch instruction {
		case "", "#", "FROM", "WORKDIR", "EXPOSE":
		case "COPY":
			if strings.HasPrefix(words[0], "--from=build") {
				i.fromBuild = append(i.fromBuild, words[len(words)-2])
			} else {
				i.copies = append(i.copies, words[:len(words)-1])
			}
		case "RUN":
			i.runs = append(i.runs, rest)
		case "ENV":
			i.env = append(i.env, rest)
		case "USER":
			i.user = rest
		case "HEALTHCHECK":
			i.health = list(rest)
		case "CMD":
			i.cmd = list(rest)
		case "ENTRYPOINT":
			i.entrypoint = list(rest)
		default:
			t.Errorf("Dockerfile: %s is not checked", instruction)
		}
	}
	return i
}

// What of Dockerfile can be checked without Docker.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	i := dockerfile(t)
	for _, sources := range i.copies {
		for _, source := range sources {
			if _, err := os.Stat(filepath.Join(top, source)); err != nil {
				t.Errorf("it copies what is not there: %v", err)
			}
		}
	}
	if fmt.Sprint(i.env) != "[SEMBLANCE_ADDR=0.0.0.0:4700]" || i.user != "65534:65534" || fmt.Sprint(i.entrypoint) != "[/semblance]" || i.health[0] != "/semblance" {
		t.Errorf("it runs %v %v as %s with %v, and checks %v", i.entrypoint, i.cmd, i.user, i.env, i.health)
	}

	// The commands of its first stage, in a checkout, for a program that needs no C library and links nothing of the system's.
	out := t.TempDir()
	script := strings.NewReplacer("/out/", out+"/", "CGO_ENABLED=0 go build", "go build").Replace(strings.Join(i.runs, "\n"))
	shell(t, top, "", "3000", script)
	for _, file := range i.fromBuild {
		if _, err := os.Stat(filepath.Join(out, strings.TrimPrefix(file, "/out/"))); err != nil && file != "/etc/ssl/certs/ca-certificates.crt" {
			t.Errorf("it takes from the first stage what is not there: %v", err)
		}
	}
	if !strings.Contains(strings.Join(i.runs, "\n"), "CGO_ENABLED=0 go build") {
		t.Error("an image from scratch has no C library: build with CGO_ENABLED=0")
	}
	shell(t, top, "", "3000", "CGO_ENABLED=0 go list -deps ./cmd/semblance")
}

// The image of a release differs from that of a checkout only in where the program comes from.
func TestReleaseImage(t *testing.T) {
	t.Parallel()
	last := func(name string) string {
		_, stage, _ := strings.Cut(read(t, filepath.Join(top, filepath.FromSlash(name))), "\nFROM scratch\n")
		return stage
	}
	release, found := strings.CutPrefix(last(".ci/Dockerfile"), "ARG TARGETPLATFORM\n")
	release = strings.Replace(release, "COPY $TARGETPLATFORM/semblance ", "COPY --from=build /out/semblance ", 1)
	if !found || release != last("Dockerfile") {
		t.Errorf("the last stage of .ci/Dockerfile is not that of Dockerfile:\n%s", release)
	}
}
