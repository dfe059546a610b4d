package scenarios_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/apifault"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

var update = flag.Bool("update", false, "rewrite the tables and the error messages of README.md")

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// example is a file in README.md.
type example struct {
	name, kind, text string // kind is the word after the language of the block, or ""
}

var named = regexp.MustCompile("(?ms)^<!-- (\\S+) -->\n```(?:yaml|json) ?(\\w*)\n(.*?)^```$")

// examples writes all files of README.md to a folder.
func examples(t *testing.T) (folder string, all []example) {
	t.Helper()
	folder = t.TempDir()
	for _, m := range named.FindAllStringSubmatch(readme(t), -1) {
		all = append(all, example{m[1], m[2], m[3]})
		if err := os.WriteFile(filepath.Join(folder, m[1]), []byte(m[3]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 15 {
		t.Fatalf("README.md has only %d example files", len(all))
	}
	return folder, all
}

// clinicApplication is a receiver with the application that the probes in README.md ask.
type clinicApplication struct {
	mu    sync.Mutex
	api   readAPI
	first map[string]string // the job of the first event, for GET /jobs/7
	state map[string]string // of each booking
}

func (a *clinicApplication) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path != "/webhooks" {
		a.serveApplication(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = signature.Verify(body, r.Header.Get(signature.HeaderName), simulator.DefaultSecret.Reveal(), time.Now(), signature.DefaultTolerance)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"title":"Unauthorized","status":401,"detail":%q}`, err)
		return
	}
	var event struct {
		EventID, EventType string
		Identifiers        map[string]string
	}
	if err := json.Unmarshal(body, &event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if a.first == nil {
		a.first = map[string]string{"id": "7", "event": event.EventID, "patient": event.Identifiers["patientId"]}
		a.state = map[string]string{}
	}
	if state, ok := strings.CutPrefix(event.EventType, "booking.patientJourney."); ok {
		a.state[event.Identifiers["bookingId"]] = state
	}
	a.api.read(event.Identifiers["bookingId"])
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"job":{"id":"7","done":false,"tags":["new"]}}`)
}

func (a *clinicApplication) serveApplication(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/health":
	case r.URL.Path == "/appointments":
		a.api.book(w, r)
	case r.URL.Path == "/search":
		io.WriteString(w, `{"hits":1}`)
	case r.Header.Get("Authorization") != "Bearer letmein":
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/jobs/7":
		json.NewEncoder(w).Encode(a.first)
	case strings.HasPrefix(r.URL.Path, "/bookings/"):
		json.NewEncoder(w).Encode(map[string]string{"state": a.state[strings.TrimPrefix(r.URL.Path, "/bookings/")]})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// readAPI stands for the provider's API, which the application asks for each booking.
type readAPI struct {
	mu       sync.Mutex
	requests []player.APIRequest
	mutate   func(player.Mutation) ([]schemas.Event, error)
}

// book makes an appointment as the mutation createBooking does.
func (a *readAPI) book(w http.ResponseWriter, r *http.Request) {
	var wanted struct{ Patient string }
	err := json.NewDecoder(r.Body).Decode(&wanted)
	if err == nil {
		_, err = a.mutate(player.Mutation{Action: "book", About: map[string]string{"patient": wanted.Patient}})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (a *readAPI) Fault(apifault.Plan, uint64) (func(), error) { return func() {}, nil }

func (a *readAPI) Mutate(perform func(player.Mutation) ([]schemas.Event, error)) { a.mutate = perform }

func (a *readAPI) read(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, player.APIRequest{Fields: []string{"booking"}, IDs: []string{id}})
}

func (a *readAPI) URL() string   { return "http://127.0.0.1:1/graphql" }
func (a *readAPI) Token() string { return "token" }

func (a *readAPI) Save(_ context.Context, _ []*fixtures.Record, _ map[string]string) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return int64(len(a.requests)), nil
}

func (a *readAPI) Requests(_ context.Context, since int64) ([]player.APIRequest, <-chan struct{}, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests[since:]), nil, nil
}

// Every scenario of README.md is valid and passes against a correct receiver.
func TestReadmeExamples(t *testing.T) {
	folder, all := examples(t)
	for _, e := range all {
		if e.kind != "" || !strings.HasSuffix(e.name, ".yaml") {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			scenario, err := script.Load(script.Files{Scenarios: library.Files()}, filepath.Join(folder, e.name))
			if err != nil {
				t.Fatal(err)
			}
			if len(scenario.Warnings) > 0 {
				t.Errorf("lint warnings:\n%v", scenario.Warnings)
			}
			clinic := &clinicApplication{}
			app := httptest.NewServer(clinic)
			defer app.Close()
			p, err := player.New(player.Options{Target: app.URL + "/webhooks", AllowExec: true, API: &clinic.api, Env: func(name string) (string, bool) {
				return "letmein", name == "TOKEN"
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.Play(t.Context(), scenario); err != nil {
				t.Fatal(err)
			}
			result := p.Result()
			for _, step := range result.Scenarios[0].Steps {
				if step.Outcome != scenarios.Passed && !strings.Contains(step.Reason, "only the reference receiver") {
					t.Errorf("step %s (%s) is %s: %s%v", step.Path, step.Title, step.Outcome, step.Reason, failures(step))
				}
			}
		})
	}
}

func failures(step scenarios.StepResult) (all []scenarios.Failure) {
	for _, e := range step.Evidence {
		all = append(all, e.Verdict.Failures...)
	}
	return all
}

// The responses in README.md satisfy the response schemas, and each schema has one.
func TestReadmeResponseSchemas(t *testing.T) {
	t.Parallel()
	text := readme(t)
	for _, name := range schemas.ResponseNames() {
		schema, err := validate.Response(name)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile("(?ms)^```json " + name + "\n(.*?)^```$").FindStringSubmatch(text)
		if m == nil || !strings.Contains(text, "`semblance:response/"+name+"`") {
			t.Errorf("README.md does not document %s or has no example response", name)
			continue
		}
		if violations := schema.Validate([]byte(m[1])); len(violations) > 0 {
			t.Errorf("example response of %s: %v", name, violations)
		}
	}
}

// Every link within README.md has a target.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	text := readme(t)
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^##+ (.*)$").FindAllStringSubmatch(text, -1) {
		words := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors["#"+strings.ReplaceAll(words, " ", "-")] = true
	}
	for _, m := range regexp.MustCompile(`\]\((#[^)]*)\)`).FindAllStringSubmatch(text, -1) {
		if !anchors[m[1]] {
			t.Errorf("no heading for the link %s", m[1])
		}
	}
}

// README.md documents every key of the language.
func TestReadmeKeys(t *testing.T) {
	t.Parallel()
	text := readme(t)
	data, err := script.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for key := range properties {
					if key != "$schema" && !regexp.MustCompile(`\b`+regexp.QuoteMeta(key)+`\b`).MatchString(text) {
						t.Errorf("README.md does not mention %q", key)
					}
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	var schema any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	walk(schema)
}

// The tables and error messages of README.md match the program. Run with -update to rewrite them.
func TestReadmeIsCurrent(t *testing.T) {
	text := readme(t)
	want := replaceTable(t, text, "## Kinds of records", kindRows())
	want = replaceTable(t, want, "## Actions", actionRows())
	want = replaceTable(t, want, "## Faults", faultRows())
	folder, all := examples(t)
	i := slices.IndexFunc(all, func(e example) bool { return e.kind == "wrong" })
	_, err := script.Load(script.Files{}, filepath.Join(folder, all[i].name))
	if err == nil {
		t.Fatal("the scenario with mistakes is valid")
	}
	problems := strings.ReplaceAll(err.Error(), filepath.ToSlash(folder)+"/", "")
	start := strings.Index(want, "```text\n") + len("```text\n")
	end := start + strings.Index(want[start:], "```")
	want = want[:start] + problems + "\n" + want[end:]
	if text == want {
		return
	}
	if !*update {
		t.Fatal("README.md does not match the program; run this test with -update and check the difference")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o666); err != nil {
		t.Fatal(err)
	}
}

// replaceTable replaces the rows of the table under a heading.
func replaceTable(t *testing.T, text, heading, rows string) string {
	t.Helper()
	section := strings.Index(text, heading+"\n")
	if section < 0 {
		t.Fatalf("README.md has no %q", heading)
	}
	m := regexp.MustCompile(`(?m)^(\| --- (\| --- )*\|\n)((?:\|.*\n)*)`).FindStringSubmatchIndex(text[section:])
	return text[:section+m[6]] + rows + text[section+m[7]:]
}

func kindRows() string {
	var b strings.Builder
	for _, kind := range schemas.Kinds() {
		var roles []string
		for _, r := range fixtures.Relations(fmt.Sprint(kind)) {
			role := "`" + r.Role + "`"
			if r.Required {
				role += "†"
			}
			roles = append(roles, role)
		}
		if roles == nil {
			roles = []string{"none"}
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", kind, strings.Join(roles, ", "))
	}
	return b.String()
}

func actionRows() string {
	var b strings.Builder
	for _, a := range fixtures.Actions() {
		var roles []string
		for _, r := range a.Roles {
			role := "`" + r.Name + "`"
			if r.Optional {
				role = "(" + role + ")"
			}
			roles = append(roles, role)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` |\n", a.Name, a.Summary, strings.Join(roles, ", "), strings.Join(a.Events, "`, `"))
	}
	return b.String()
}

func faultRows() string {
	var b strings.Builder
	for _, f := range fault.All() {
		var attributes []string
		for _, a := range f.Attributes {
			attributes = append(attributes, fmt.Sprintf("`%s: %s` %s", a.Name, a.Default, a.Summary))
		}
		if attributes == nil {
			attributes = []string{"none"}
		}
		layer := "none"
		if f.Layer != "" {
			layer = "`" + f.Layer + "`"
		}
		fmt.Fprintf(&b, "| `%s: %s` | %s | %s | %s |\n", f.Family, f.Name, f.Summary, strings.Join(attributes, "; "), layer)
	}
	return b.String()
}
