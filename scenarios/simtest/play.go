package simtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
)

// Play plays a story at the receiver: one of the library by its name, such as "first-visit", or a file. Each step is a
// subtest of t, which fails with what the command line would say. The result is returned for whoever wants to know more.
func (s *Sim) Play(t *testing.T, name string) scenarios.Result {
	t.Helper()
	scenario, err := script.Load(script.Files{Library: library.Files()}, name)
	if err != nil {
		t.Fatalf("simtest: the story cannot be played:\n%v", err)
	}
	var transcript bytes.Buffer
	options := player.Options{
		Target: s.URL, Secret: simulator.Secret(s.Secret), SubscriptionID: s.SubscriptionID,
		System: s.options.system, At: s.options.at, Transcript: &transcript, Env: s.options.env,
	}
	options.Delivery.Timeout, options.Delivery.Insecure = s.options.timeout, true
	if s.options.seed != 1 { // else the story's own, as on the command line
		options.Seed, options.HasSeed = s.options.seed, true
	}
	if standing, ok := s.clock.(*clock.FixedClock); ok {
		options.Clock = standing
	}
	p, err := player.New(options)
	if err != nil {
		t.Fatalf("simtest: %v", err)
	}
	defer p.Close()
	if err := p.Play(t.Context(), scenario); err != nil {
		t.Fatalf("simtest: playing %s: %v", name, err)
	}
	result := p.Result()
	for i := range result.Stories[0].Steps {
		subtest(t, &result.Stories[0], &result.Stories[0].Steps[i])
	}
	if t.Failed() {
		file := filepath.Join(t.ArtifactDir(), "transcript.ndjson")
		if err := os.WriteFile(file, transcript.Bytes(), 0o644); err != nil {
			t.Logf("the transcript could not be written: %v", err)
		} else {
			t.Logf("every attempt is in %s", file)
		}
	}
	return result
}

// subtest tells of a step that was played.
func subtest(t *testing.T, story *scenarios.Story, step *scenarios.StepResult) {
	name := step.Path + " " + step.What
	if step.Name != "" {
		name = step.Path + " " + step.Name
	}
	t.Run(name, func(t *testing.T) {
		switch step.Outcome {
		case scenarios.Failed:
			var b bytes.Buffer
			report.Terminal{}.Step(&b, story, step)
			t.Error("\n" + b.String())
		case scenarios.Skipped, scenarios.NotRun:
			t.Skip(step.Reason)
		}
	})
}
