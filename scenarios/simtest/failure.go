package simtest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// shownCommands is how many commands the log of a failing test has.
const shownCommands = 5

// explain logs, for a test that failed, the commands that send again what went otherwise than a receiver should have it,
// and leaves every attempt in the test's artifact directory.
func (s *Sim) explain(ctx context.Context) {
	sent := s.log.all()
	emitted, err := s.attempts(ctx, journal.Query{Oldest: true, Full: true, Limit: keptAttempts})
	if err != nil {
		s.t.Logf("the journal cannot be read: %v", err)
	}
	s.advise(sent, emitted)
	if !keepsArtifacts() {
		if len(sent)+len(emitted)+len(s.scenarios) > 0 {
			s.t.Logf("go test -artifacts keeps every attempt that was made")
		}
		return
	}
	var lines []byte
	for i := range sent {
		lines = appendLine(lines, &sent[i])
	}
	for i := range emitted {
		lines = appendLine(lines, &emitted[i])
	}
	s.keep("attempts", lines)
	for _, played := range s.scenarios {
		s.keep(played.name, played.transcript)
	}
}

// advise logs the commands.
func (s *Sim) advise(sent, emitted []simulator.Attempt) {
	var commands []string
	for _, a := range slices.Concat(sent, lastOfEach(emitted)) {
		if a.Response.OK() == (a.Request.Fault == "") { // taken, or spoiled and not taken
			continue
		}
		command := s.reproduce(&a)
		if command == "" || slices.Contains(commands, command) {
			continue
		}
		if len(commands) == shownCommands {
			s.t.Logf("and there is more that was answered so")
			break
		}
		commands = append(commands, command)
		s.t.Logf("%s was %s; send it again with\n\t%s", a.Request.EventType, briefly(&a.Response), command)
	}
	if s.server != nil && len(commands)+len(s.scenarios) > 0 {
		s.t.Logf("the receiver at %s ends with this test: have --to name one that goes on", s.server.URL)
	}
}

// lastOfEach returns the last attempt at each delivery.
func lastOfEach(attempts []simulator.Attempt) []simulator.Attempt {
	var last []simulator.Attempt
	place := map[string]int{}
	for _, a := range attempts {
		if i, known := place[a.DeliveryID]; known {
			last[i] = a
			continue
		}
		place[a.DeliveryID] = len(last)
		last = append(last, a)
	}
	return last
}

// reproduce is the command that sends the same identifiers again, or "" where the body no longer says which they are.
func (s *Sim) reproduce(a *simulator.Attempt) string {
	t, err := schemas.Lookup(a.Request.EventType)
	if err != nil {
		return ""
	}
	var payload struct{ Identifiers map[string]string }
	if json.Unmarshal(a.Request.Body, &payload) != nil {
		return ""
	}
	words := []string{"semblance send", t.Name, "--to", report.Shell(s.URL)}
	if len(payload.Identifiers) < len(t.Keys()) {
		words = append(words, "--omit all")
	}
	for _, name := range t.Keys() {
		if value, ok := payload.Identifiers[name]; ok {
			words = append(words, "--set", report.Shell(name+"="+value))
		}
	}
	if schema, err := validate.Payload(t); err == nil && len(schema.Validate(a.Request.Body)) > 0 {
		words = append(words, "--invalid")
	}
	if a.Request.Fault != "" {
		words = append(words, "--fault", report.Shell(a.Request.Fault))
	}
	for _, word := range s.settings(a.StartedAt) {
		words = append(words, shellWord(word))
	}
	return strings.Join(words, " ")
}

// settings are the flags with which the command line does what this run does, but for --to and --seed.
func (s *Sim) settings(at time.Time) []string {
	var words []string
	if s.Secret != DefaultSecret { // it is not shown: it stands as the variable that the command line reads
		words = append(words, "--secret", secretVariable)
	}
	if !s.options.at.IsZero() {
		words = append(words, "--at", at.Format(time.RFC3339))
	}
	return words
}

const secretVariable = "$SEMBLANCE_SECRET"

func shellWord(word string) string {
	if word == secretVariable {
		return `"` + word + `"`
	}
	return report.Shell(word)
}

// keepsArtifacts reports whether the toolchain keeps what a test leaves in its artifact directory. Without -artifacts it
// is removed with the test.
func keepsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// keep writes a file into the test's artifact directory, beside those of other runs in the same test.
func (s *Sim) keep(name string, lines []byte) {
	if len(lines) == 0 {
		return
	}
	folder, file := s.t.ArtifactDir(), name+".ndjson"
	for n := 2; ; n++ {
		f, err := os.OpenFile(filepath.Join(folder, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			file = fmt.Sprintf("%s-%d.ndjson", name, n)
			continue
		}
		if err == nil {
			_, err = f.Write(lines)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			s.t.Logf("the attempts could not be written down: %v", err)
			return
		}
		s.t.Logf("every attempt is in %s", f.Name())
		return
	}
}

func appendLine(lines []byte, a *simulator.Attempt) []byte {
	encoded, err := json.Marshal(struct {
		Request  simulator.Request  `json:"request"`
		Response simulator.Response `json:"response"`
	}{a.Request, a.Response})
	if err != nil {
		return lines
	}
	return append(append(lines, encoded...), '\n')
}

// briefly is an answer in a few words.
func briefly(response *simulator.Response) string {
	if response.Failure != "" {
		return "not answered: " + response.Detail
	}
	text := fmt.Sprint("answered ", response.Status)
	if body := strings.TrimSpace(string(response.Body)); body != "" {
		if len(body) > 200 {
			body = body[:200] + "…"
		}
		text += " " + body
	}
	return text
}
