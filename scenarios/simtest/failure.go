package simtest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/fault"
	"semblance/simulator/hint"
)

// maxCommands bounds the commands in the log of a failed test.
const maxCommands = 5

// explain logs a timeline and commands that reproduce the failures of a failed test, and writes every attempt to its artifact
// directory.
func (s *Sim) explain(ctx context.Context) {
	sent := s.log.all()
	emitted, err := s.firstAttempts(ctx, nil)
	if err != nil {
		s.t.Logf("reading the journal: %v", err)
	}
	if all := slices.Concat(sent, emitted); len(all) > 0 {
		s.t.Logf("attempts, by the time since the first:\n%s", timeline(all))
	}
	s.logCommands(sent, emitted)
	s.t.Logf("run this test again: %s", rerun(s.t.Name()))
	if !writesArtifacts() {
		if len(sent)+len(emitted)+len(s.failed) > 0 {
			s.t.Logf("run go test -artifacts to keep every attempt")
		}
		return
	}
	var lines []byte
	for _, a := range slices.Concat(sent, emitted) {
		lines = appendLine(lines, &a)
	}
	s.writeArtifact("attempts", lines)
	for _, scenario := range s.failed {
		s.writeArtifact(scenario.name, scenario.transcript)
	}
}

// logCommands logs a command for each attempt that a correct receiver would have handled in another way.
func (s *Sim) logCommands(sent, emitted []simulator.Attempt) {
	var commands []string
	for _, a := range slices.Concat(sent, lastOfEach(emitted)) {
		if a.Response.OK() == !faulty(&a) { // accepted, or faulty and refused
			continue
		}
		command := s.reproduce(&a)
		if command == "" || slices.Contains(commands, command) {
			continue
		}
		if len(commands) == maxCommands {
			s.t.Logf("and more")
			break
		}
		commands = append(commands, command)
		hint := ""
		if !faulty(&a) {
			if hint = s.hint(&a); hint != "" {
				hint = "\n\tfix: " + hint
			}
		}
		s.t.Logf("%s: %s%s\n\trerun: %s", a.Request.EventType, brief(&a.Response), hint, command)
	}
	if s.server != nil && len(commands)+len(s.failed) > 0 {
		s.t.Logf("the receiver at %s stops with this test: change --to to one that runs", s.server.URL)
	}
}

// faulty reports whether a fault changed the request or the connection. The duplicate of a delivery is a right request.
func faulty(a *simulator.Attempt) bool {
	return a.Request.Fault != "" && !strings.HasPrefix(a.Request.Fault, string(fault.Delivery)+"=")
}

// hint returns the likely fix of a failed attempt.
func (s *Sim) hint(a *simulator.Attempt) string {
	if fix := s.pathHint(&a.Response); fix != "" {
		return fix
	}
	return hint.For(a).Fix
}

// pathHint returns the fix for a handler that has no route at /.
func (s *Sim) pathHint(r *simulator.Response) string {
	if s.server == nil || s.options.path != "" || r.Status != http.StatusNotFound && r.Status != http.StatusMethodNotAllowed {
		return ""
	}
	return fmt.Sprintf("the handler has no POST /; set the path of its webhooks with simtest.Path(%q)", "/webhooks")
}

// lastOfEach returns the last attempt of each delivery.
func lastOfEach(attempts []simulator.Attempt) []simulator.Attempt {
	var last []simulator.Attempt
	index := map[string]int{}
	for _, a := range attempts {
		if i, known := index[a.DeliveryID]; known {
			last[i] = a
			continue
		}
		index[a.DeliveryID] = len(last)
		last = append(last, a)
	}
	return last
}

// reproduce returns the command that sends an event with the same identifiers, or "" if the body does not contain them.
func (s *Sim) reproduce(a *simulator.Attempt) string {
	t, err := schemas.Lookup(a.Request.EventType)
	if err != nil {
		return ""
	}
	var payload struct{ Identifiers map[string]string }
	if json.Unmarshal(a.Request.Body, &payload) != nil {
		return ""
	}
	arguments := []string{"send", t.Name, "--to", simulator.TargetArgument(s.URL)}
	if len(payload.Identifiers) < len(t.Keys()) {
		arguments = append(arguments, "--omit", "all")
	}
	for _, name := range t.Keys() {
		if value, ok := payload.Identifiers[name]; ok {
			arguments = append(arguments, "--set", name+"="+value)
		}
	}
	if len(validate.PayloadViolations(t, a.Request.Body)) > 0 {
		arguments = append(arguments, "--invalid")
	}
	if faulty(a) {
		arguments = append(arguments, "--fault", a.Request.Fault)
	}
	return capture.Command(append(arguments, s.flags(a.StartedAt)...))
}

// flags returns the flags with which the command line behaves as this run, except --to and --seed.
func (s *Sim) flags(at time.Time) []string {
	var flags []string
	if s.Secret != DefaultSecret { // not shown: the command reads the environment variable
		flags = append(flags, "--secret", "$SEMBLANCE_SECRET")
	}
	if !s.options.at.IsZero() {
		flags = append(flags, "--at", at.Format(time.RFC3339))
	}
	return flags
}

// writesArtifacts reports whether go test keeps the artifact directory. Without -artifacts it removes it after the test.
func writesArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// writeArtifact writes a new file to the artifact directory of the test.
func (s *Sim) writeArtifact(name string, lines []byte) {
	if len(lines) == 0 {
		return
	}
	folder, file := s.t.ArtifactDir(), name+".ndjson"
	for n := 2; ; n++ {
		f, err := os.OpenFile(filepath.Join(folder, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) { // of another run in the same test
			file = fmt.Sprintf("%s-%d.ndjson", name, n)
			continue
		}
		if err == nil {
			_, err = f.Write(lines)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			s.t.Logf("writing the attempts: %v", err)
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
	}{a.Request.Redacted(), a.Response.Redacted()})
	if err != nil {
		return lines
	}
	return append(append(lines, encoded...), '\n')
}

// brief describes a response in a few words, with the beginning of its body.
func brief(response *simulator.Response) string {
	text := report.Terminal{}.Response(response, true)
	if body := human.Excerpt(string(response.Body), 200); body != "" {
		text += ": " + body
	}
	return text
}
