package web

import (
	"context"
	"encoding/json"

	"semblance/simulator"
)

// Player plays scenarios for the API. The rooms of the scenarios stand above this one, so cmd passes one in.
type Player interface {
	// Stories returns the stories that come with the program.
	Stories() []Story
	// Prepare reads a scenario. Its error says all that is wrong with it; what it returns plays it.
	Prepare(Play) (func(context.Context) (Played, error), error)
}

// Story is a scenario that comes with the program.
type Story struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Play is what a scenario is to be played at.
type Play struct {
	Story    string // the name of one that comes with the program, or
	Scenario string // the text of one

	URL            string // of the receiver
	Secret         simulator.Secret
	SubscriptionID string
	Seed           *int64 // nil: the scenario's own
}

// Played is what came of it.
type Played struct {
	Passed bool
	Result json.RawMessage // as the report in JSON has it
}

// plays are those that were asked for.
type plays struct{}

func (p *plays) close() {}
