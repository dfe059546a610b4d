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
			change, err := clinic.Event(eventType, fixtures.EventOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, spoil := range []func(*schemas.Event){
				func(*schemas.Event) {},
				func(c *schemas.Event) { c.Identifiers = c.Identifiers[:len(c.Identifiers)-1] },
				func(c *schemas.Event) { c.Identifiers[0].Value = "nonsense" },
				func(c *schemas.Event) {
					c.Identifiers = append(c.Identifiers, schemas.Identifier{Name: "unheardOfId", Value: id})
				},
			} {
				faulty := change
				faulty.Identifiers = append([]schemas.Identifier(nil), change.Identifiers...)
				spoil(&faulty)
				task := task{sub: &simulator.Subscription{ID: id}, outstanding: simulator.Delivery{Event: faulty}, eventID: id}
				want := journal.Valid
				if len(violations(&faulty, id, id)) > 0 {
					want = journal.Invalid
				}
				for range 2 {
					if got, _ := shapes.judge(&task); got != want {
						t.Errorf("%s %v is %s, want %s", eventType.Name, faulty.Identifiers, got, want)
					}
				}
			}
		}
	}
}
