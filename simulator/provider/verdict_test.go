package provider

import (
	"testing"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// What is remembered of a shape must be what the schema says of every payload of that shape.
func TestRememberedVerdictsAreThoseOfTheSchema(t *testing.T) {
	clinic := fixtures.New(fixtures.Options{})
	var shapes shapes
	const id = "692597070fe21cfa5e6a010f"
	for _, eventType := range schemas.All() {
		for range 4 {
			change, err := clinic.Change(eventType, fixtures.Ask{})
			if err != nil {
				t.Fatal(err)
			}
			for _, spoil := range []func(*schemas.Change){
				func(*schemas.Change) {},
				func(c *schemas.Change) { c.Identifiers = c.Identifiers[:len(c.Identifiers)-1] },
				func(c *schemas.Change) { c.Identifiers[0].Value = "nonsense" },
				func(c *schemas.Change) {
					c.Identifiers = append(c.Identifiers, schemas.Identifier{Name: "unheardOfId", Value: id})
				},
			} {
				spoiled := change
				spoiled.Identifiers = append([]schemas.Identifier(nil), change.Identifiers...)
				spoil(&spoiled)
				task := task{sub: &simulator.Subscription{ID: id}, owed: simulator.Delivery{Change: spoiled}, eventID: id}
				want := journal.Valid
				if len(violations(&spoiled, id, id)) > 0 {
					want = journal.Invalid
				}
				for range 2 {
					if got, _ := shapes.judge(&task); got != want {
						t.Errorf("%s %v is %s, want %s", eventType.Name, spoiled.Identifiers, got, want)
					}
				}
			}
		}
	}
}
