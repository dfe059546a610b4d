package provider

import (
	"testing"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/journal"
)

// A verdict that is remembered for the names of an event's identifiers must be the verdict of the schema.
func TestVerdictsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	clinic := fixtures.New(fixtures.Options{})
	var verdicts verdicts
	const id = "692597070fe21cfa5e6a010f"
	for _, eventType := range schemas.All() {
		for range 4 {
			event, err := clinic.Event(fixtures.FirstDay(), eventType, fixtures.EventOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, alter := range []func(*schemas.Event){
				func(*schemas.Event) {},
				func(e *schemas.Event) { e.Identifiers = e.Identifiers[:len(e.Identifiers)-1] },
				func(e *schemas.Event) { e.Identifiers[0].Value = "nonsense" },
				func(e *schemas.Event) {
					e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: "unknownId", Value: id})
				},
			} {
				altered := event
				altered.Identifiers = append([]schemas.Identifier(nil), event.Identifiers...)
				alter(&altered)
				want := journal.Valid
				if len(violations(&altered, id, id)) > 0 {
					want = journal.Invalid
				}
				for range 2 {
					if got, _ := verdicts.of(&altered, id, id); got != want {
						t.Errorf("%s %v is %s, want %s", eventType.Name, altered.Identifiers, got, want)
					}
				}
			}
		}
	}
}
