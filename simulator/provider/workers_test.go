package provider

import (
	"testing"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// Events of the traffic are requests that public addresses do not get.
func TestKind(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]simulator.Kind{
		originAPI: simulator.KindEvent, originClinic: simulator.KindEvent, originProvider: simulator.KindEvent, "": simulator.KindEvent,
		originTraffic: simulator.KindTraffic,
	} {
		of := task{delivery: &journal.Delivery{Origin: origin}}
		if got := of.kind(); got != want {
			t.Errorf("an event of origin %q: got kind %q, want %q", origin, got, want)
		}
	}
}
