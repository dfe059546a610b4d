package main

import (
	"bytes"
	"context"
	"strings"

	"semblance/fixtures"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/web"
)

// apiPlayer plays scenarios for the control API. What is posted is a stranger's: it reads no file and no variable, and
// runs no command.
type apiPlayer struct {
	delivery    delivery.Options
	system      fixtures.System
	allowPublic bool
}

// Scenarios lists the scenarios that come with Semblance.
func (p *apiPlayer) Scenarios() ([]web.Scenario, error) {
	all, err := library.Scenarios()
	scenarios := make([]web.Scenario, len(all))
	for i, s := range all {
		scenarios[i] = web.Scenario{Name: s.Name, Title: s.Scenario.Name, Description: s.Scenario.Description}
	}
	return scenarios, err
}

// Prepare reads a scenario, and returns what plays it.
func (p *apiPlayer) Prepare(what web.Play) (func(context.Context) (web.Played, error), error) {
	scenario, err := p.read(what)
	if err != nil {
		return nil, err
	}
	target, err := parseURL(what.URL)
	if err != nil {
		return nil, usagef("the url %q: %w", what.URL, err)
	}
	options := player.Options{
		Target: target, Secret: what.Secret, SubscriptionID: what.SubscriptionID, Delivery: p.delivery, System: p.system,
		AllowPublic: p.allowPublic,
	}
	if options.Secret == "" {
		options.Secret = simulator.DefaultSecret
	}
	if what.Seed != nil {
		options.Seed, options.HasSeed = *what.Seed, true
	}
	return func(ctx context.Context) (web.Played, error) {
		result, err := playAll(ctx, []*script.Scenario{scenario}, options)
		if result == nil {
			return web.Played{}, err
		}
		var data bytes.Buffer
		if err := report.JSON(&data, *result); err != nil {
			return web.Played{}, err
		}
		return web.Played{Passed: result.ExitCode() == exitPassed, Result: data.Bytes()}, err
	}, nil
}

func (p *apiPlayer) read(what web.Play) (*script.Scenario, error) {
	if what.Scenario != "" {
		return script.Load(libraryOnly{}, what.Scenario)
	}
	name := "scenario.yaml"
	if strings.HasPrefix(strings.TrimSpace(what.Source), "{") {
		name = "scenario.json"
	}
	return script.Read(libraryOnly{}, &script.Source{Name: name, ID: name, Data: []byte(what.Source)})
}

// libraryOnly finds the scenarios that come with Semblance, and nothing on the disk.
type libraryOnly struct{}

// Load implements script.Loader.
func (libraryOnly) Load(_ *script.Source, name string) (*script.Source, error) {
	data, err := library.Read(strings.TrimSuffix(name, ".yaml"))
	if err != nil {
		return nil, err
	}
	return &script.Source{Name: name, ID: "library:" + name, Data: data, Files: library.Files()}, nil
}
