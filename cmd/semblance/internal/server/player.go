package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"semblance/cmd/semblance/internal/flags"
	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/web"
)

// apiPlayer plays scenarios for the control API. A posted scenario is not trusted: it reads no file and no environment
// variable, and runs no command.
type apiPlayer struct {
	delivery delivery.Options
	system   fixtures.System
}

// Scenarios lists the scenarios of the library.
func (p *apiPlayer) Scenarios() ([]web.Scenario, error) {
	all, err := library.Scenarios()
	scenarios := make([]web.Scenario, len(all))
	for i, s := range all {
		scenarios[i] = web.Scenario{Name: s.Name, Title: s.Scenario.Name, Description: s.Scenario.Description}
	}
	return scenarios, err
}

// Prepare reads a scenario and returns a function that plays it.
func (p *apiPlayer) Prepare(play web.Play) (func(context.Context) (web.Played, error), error) {
	scenario, err := p.read(play)
	if err != nil {
		return nil, err
	}
	target, err := delivery.CheckURL(play.URL)
	if err != nil {
		return nil, fmt.Errorf("the url %q: %w", simulator.RedactURL(play.URL), err)
	}
	options := player.Options{
		Target: target, Secret: play.Secret, SubscriptionID: play.SubscriptionID, Delivery: p.delivery, System: p.system,
		FreshSeed: flags.FreshSeed(),
	}
	if options.Secret == "" {
		options.Secret = simulator.DefaultSecret
	}
	if play.Seed != nil {
		options.Seed, options.HasSeed = *play.Seed, true
	}
	if play.Observe != nil {
		options.Observer = &stepObserver{observe: play.Observe}
	}
	return func(ctx context.Context) (web.Played, error) {
		result, err := player.PlayAll(ctx, options, []*script.Scenario{scenario})
		if result == nil {
			return web.Played{}, err
		}
		var data bytes.Buffer
		if err := report.JSON(&data, *result); err != nil {
			return web.Played{}, err
		}
		return web.Played{Passed: result.ExitCode() == scenarios.ExitPassed, Result: data.Bytes()}, err
	}, nil
}

// stepObserver passes on the steps of a play as they end.
type stepObserver struct {
	observe  func(step json.RawMessage)
	scenario scenarios.ScenarioResult
}

// Begin implements player.Observer.
func (o *stepObserver) Begin(scenario scenarios.ScenarioResult) { o.scenario = scenario }

// Progress implements player.Observer.
func (o *stepObserver) Progress(scenarios.Step, int64) {}

// Step implements player.Observer.
func (o *stepObserver) Step(result scenarios.StepResult) {
	if step, err := report.StepJSON(&o.scenario, &result); err == nil { // else the report of the play says why
		o.observe(step)
	}
}

// End implements player.Observer.
func (o *stepObserver) End(scenarios.ScenarioResult) {}

func (p *apiPlayer) read(play web.Play) (*script.Scenario, error) {
	if play.Scenario != "" {
		return script.Load(libraryOnly{}, play.Scenario)
	}
	name := "scenario.yaml"
	if strings.HasPrefix(strings.TrimSpace(play.Source), "{") {
		name = "scenario.json"
	}
	return script.Read(libraryOnly{}, &script.Source{Name: name, ID: name, Data: []byte(play.Source)})
}

// libraryOnly loads scenarios of the library, and no files.
type libraryOnly struct{}

// Load implements script.Loader.
func (libraryOnly) Load(_ *script.Source, name string) (*script.Source, error) {
	data, err := library.Read(strings.TrimSuffix(name, ".yaml"))
	if err != nil {
		return nil, err
	}
	return &script.Source{Name: name, ID: "library:" + name, Data: data, Files: library.Files()}, nil
}
