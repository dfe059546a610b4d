package check

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/hint"
)

//go:embed constructions.yaml
var constructionsFile []byte

// Diagnosis says why a receiver refuses a valid event.
type Diagnosis struct {
	Response string // the response to a forged event beside that to the valid one, in words
	Accepts  string // the construction that the receiver accepts, such as "accepts v1 over the body alone", or ""
	Signed   bool   // the signature was accepted, and a later step refused the event
	Fix      string // "" if nothing is known
	Tried    int    // requests
}

// fixUnknown is the fix if no construction was found.
const fixUnknown = "Run check with the URL and the secret that the receiver uses. If it has both, a response shows no more: print the digest that " +
	"its code computes, and semblance verify --computed names the mistake in it."

// Diagnose finds out why a receiver did not accept a valid event, without any change to its code: it compares the response with
// that to a forged event, and sends the event under the signatures that mistaken receivers expect, until one is accepted.
// off is the receiver's clock minus ours.
func Diagnose(ctx context.Context, p *player.Player, valid *simulator.Attempt, off time.Duration, o player.TrialOptions) Diagnosis {
	d := Diagnosis{Fix: fixUnknown}
	known := hint.For(valid)
	if known.Fix != "" && known.Name != hint.Signature {
		d.Fix = sentence(known.Fix)
	}
	switch r := &valid.Response; {
	case r.Failure != "", r.Status/100 == 3, r.Status == 415:
		return d
	}
	forged, err := d.try(ctx, p, "  - {send: booking.created, sign: {secret: \"${new.secret}\"}, expect: {response: any}}\n", o)
	switch {
	case err != nil:
		return d
	case forged.Response.Failure == "" && forged.Response.Status != valid.Response.Status:
		d.Signed = true
		d.Response = fmt.Sprintf("a forged event gets %d, so the signature was accepted", forged.Response.Status)
		d.Fix = "Look behind the verification: the event is refused after its signature was accepted."
		if known.Fix != "" && known.Name != hint.Signature {
			d.Fix = sentence(known.Fix)
		}
		return d
	}
	d.Response = "same for a forged event"
	d.search(ctx, p, off, o)
	return d
}

// sentence returns a hint as a sentence of its own.
func sentence(fix string) string {
	return strings.ToUpper(fix[:1]) + fix[1:] + "."
}

// search tries the constructions until one is accepted.
func (d *Diagnosis) search(ctx context.Context, p *player.Player, off time.Duration, o player.TrialOptions) {
	all, err := constructions(off)
	if err != nil {
		return
	}
	for _, step := range all.Steps {
		one := *all
		one.Steps = []script.Step{step}
		a, err := d.play(ctx, p, &one, o)
		if err != nil || ctx.Err() != nil {
			return
		}
		if a.Response.OK() {
			c := script.Of(step)
			d.Accepts = c.Description
			d.Fix = c.Fix + "; semblance sign body.json prints the headers to expect."
			return
		}
	}
}

// constructions returns the scenario of constructions. With a clock that is off it begins with a signature by that clock.
func constructions(off time.Duration) (*script.Scenario, error) {
	all, err := script.Parse("constructions.yaml", constructionsFile)
	if err != nil || off == 0 {
		return all, err
	}
	own, err := parse(fmt.Sprintf(`  - send: booking.created
    description: accepts a signature over the time of its own clock instead of t
    fix: Sign with the t of the header, not with the time of your clock
    sign: {t: "now%+ds"}
    headers: {X-Webhook-Signature: "t=${now},v1=${sign.v1}", X-Webhook-Timestamp: "${now}"}
    expect: {response: any}
`, int(off.Seconds())))
	if err != nil {
		return nil, err
	}
	all.Steps = append(own.Steps, all.Steps...)
	return all, nil
}

// parse reads steps of an ordinary scenario that expect nothing.
func parse(steps string) (*script.Scenario, error) {
	return script.Parse("diagnosis.yaml", []byte("name: Diagnosis\nsteps:\n"+steps))
}

func (d *Diagnosis) try(ctx context.Context, p *player.Player, steps string, o player.TrialOptions) (*simulator.Attempt, error) {
	s, err := parse(steps)
	if err != nil {
		return nil, err
	}
	return d.play(ctx, p, s, o)
}

// play plays a scenario of one request.
func (d *Diagnosis) play(ctx context.Context, p *player.Player, s *script.Scenario, o player.TrialOptions) (*simulator.Attempt, error) {
	t, err := p.Try(ctx, s, o)
	if err != nil {
		return nil, err
	}
	d.Tried++
	for _, step := range t.Steps {
		for _, x := range step.Exchanges {
			return &x.Attempt, nil
		}
	}
	return nil, fmt.Errorf("nothing was sent")
}

// diagnose explains why the control failed. An event that fails and is accepted when it is sent again is judged as a failed
// event: then that check is the root.
func (r *run) diagnose(ctx context.Context, control *scenarios.CheckResult) {
	if len(control.Findings) == 0 || len(control.Findings[0].Exchanges) == 0 {
		return
	}
	valid := &control.Findings[0].Exchanges[0].Attempt
	if valid.Response.OK() { // accepted without effect
		control.Fixes = "Do the work of an accepted event, and recognise duplicates by eventId."
		return
	}
	if valid.Response.Status/100 == 5 && r.retried(ctx, control) {
		return
	}
	v := &visitor{gate: r.gate, free: true}
	d := Diagnose(ctx, r.player, valid, r.result.ClockOff, player.TrialOptions{Pace: v.enter, Sent: v.leave})
	if d.Response != "" {
		control.Findings[0].Exchanges[0].Got += " (" + d.Response + ")"
	}
	control.Also, control.Fixes = d.Accepts, d.Fix
}

// retriedID is the check of an event that fails and is sent again.
const retriedID = "DLV-06"

// retried sends an event that gets a 5xx again, as the provider would. It reports whether the retry was accepted and its effect
// is missing.
func (r *run) retried(ctx context.Context, control *scenarios.CheckResult) bool {
	c := byID(r.options.All, retriedID)
	if c == nil {
		return false
	}
	v := &visitor{gate: r.gate, free: true}
	t := r.try(ctx, &Case{Check: c.Check, Scenario: withoutNeeds(c.Scenario)}, v)
	var accepted bool
	for i := range t.Steps {
		for _, x := range t.Steps[i].Exchanges {
			accepted = accepted || x.Attempt.Response.OK()
		}
	}
	if !accepted {
		return false
	}
	control.Also = "accepted when it was sent again"
	control.Fixes = "Accept a valid event at once: the provider retries an event that gets a 5xx, and pauses the subscription in the end."
	result := r.judged(c, t.Trial)
	if r.result.Effects == scenarios.EffectsUnknown || result.Outcome != scenarios.Failed {
		return true
	}
	r.put(result)
	control.Outcome, control.Because = scenarios.Inconclusive, c.ID
	return true
}

// withoutNeeds returns a check whose event fails by itself, so that no hook is needed.
func withoutNeeds(s *script.Scenario) *script.Scenario {
	own, head := *s, *s.Check
	head.Needs = nil
	own.Check, own.Steps = &head, nil
	for _, step := range s.Steps {
		if send, ok := step.(*script.Send); ok {
			plain := *send
			plain.Needs, plain.Hook = "", script.Send{}.Hook
			step = &plain
		}
		own.Steps = append(own.Steps, step)
	}
	return &own
}
