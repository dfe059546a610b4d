package simtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"semblance/scenarios/report"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// shownCommands is how many commands the log of a failing test has.
const shownCommands = 5

// explain logs, for a test that failed, the commands that send again what was not answered with success, and writes every
// attempt to the test's artifact directory.
func (s *Sim) explain(ctx context.Context) {
	shown := 0
	for _, k := range s.log.all() {
		if k.attempt.Came.OK() || k.reproduce == "" || shown == shownCommands {
			continue
		}
		shown++
		s.t.Logf("%s was answered %s; send it again with\n\t%s", k.attempt.Sent.EventType, briefly(&k.attempt.Came), k.reproduce)
	}
	file, err := s.transcript(ctx)
	switch {
	case err != nil:
		s.t.Logf("the attempts could not be written down: %v", err)
	case file != "":
		s.t.Logf("every attempt is in %s", file)
	}
}

// transcript writes the attempts that were sent and emitted as NDJSON, and returns the file, "" where there were none.
func (s *Sim) transcript(ctx context.Context) (string, error) {
	var lines []byte
	for _, k := range s.log.all() {
		lines = appendLine(lines, k.attempt)
	}
	emitted, err := s.attempts(ctx, journal.Query{Oldest: true, Full: true, Limit: keptAttempts})
	if err != nil {
		return "", err
	}
	for i := range emitted {
		lines = appendLine(lines, &emitted[i])
	}
	if len(lines) == 0 {
		return "", nil
	}
	file := filepath.Join(s.t.ArtifactDir(), "attempts.ndjson")
	return file, os.WriteFile(file, lines, 0o644)
}

func appendLine(lines []byte, a *simulator.Attempt) []byte {
	encoded, err := json.Marshal(struct {
		Sent simulator.Sent `json:"sent"`
		Came simulator.Came `json:"came"`
	}{a.Sent, a.Came})
	if err != nil {
		return lines
	}
	return append(append(lines, encoded...), '\n')
}

// reproduce is the command that sends the like again.
func (s *Sim) reproduce(eventType string, a *ask) string {
	words := []string{"semblance send", eventType, "--to", s.URL, "--seed", fmt.Sprint(s.options.seed)}
	for _, identifier := range a.with {
		words = append(words, "--with", identifier)
	}
	for _, identifier := range a.omit {
		words = append(words, "--omit", identifier)
	}
	for _, name := range slices.Sorted(maps.Keys(a.set)) {
		words = append(words, "--set", report.Shell(name+"="+a.set[name]))
	}
	if a.invalid {
		words = append(words, "--invalid")
	}
	if a.fault != "" {
		words = append(words, "--fault", report.Shell(a.fault))
	}
	if s.Secret != DefaultSecret {
		words = append(words, "--secret", "…")
	}
	return strings.Join(words, " ")
}

// briefly is an answer in a few words.
func briefly(came *simulator.Came) string {
	if came.Failure != "" {
		return "with nothing: " + came.Detail
	}
	text := fmt.Sprint(came.Status)
	if body := strings.TrimSpace(string(came.Body)); body != "" {
		if len(body) > 200 {
			body = body[:200] + "…"
		}
		text += " " + body
	}
	return text
}
