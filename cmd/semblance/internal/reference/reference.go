// Package reference plays scenarios at the reference receiver, in the same process.
package reference

import (
	"semblance/scenarios/player"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/receiver"
)

// Start starts the reference receiver on a free port and makes it the target of the options. With a start time, the
// receiver shares the scenario's clock.
func Start(o *player.Options) (*receiver.Server, error) {
	settings := receiver.Options{}
	for _, s := range append([]simulator.Secret{o.Secret}, o.OtherSecrets...) {
		settings.Secrets = append(settings.Secrets, s.Reveal())
	}
	if !o.At.IsZero() {
		o.Clock = clock.Fixed(o.At)
		settings.Clock = o.Clock
	}
	server, err := receiver.Start("127.0.0.1:0", settings)
	if err != nil {
		return nil, err
	}
	o.Target = server.URL + "/webhooks"
	return server, nil
}
