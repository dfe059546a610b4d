package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/cmd/semblance/internal/reference"
	"semblance/scenarios"
	"semblance/scenarios/library"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/clock"
)

const (
	demoScenario = "clinic-morning"
	demoRate     = 12 // steps per second on a terminal
)

// demoCommand plays one scenario of the library at the built-in receiver.
func (a *app) demoCommand() *cobra.Command {
	var seed int64
	var rate float64
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Play a clinic's morning at the built-in receiver",
		GroupID: groupSend,
		Long: `Demo starts the built-in receiver on a free port and plays a clinic's morning, the scenario ` + demoScenario + ` of the library.
It prints every action with the resulting events and the responses. Nothing leaves this machine.`,
		Example: `  semblance demo
  semblance demo --seed 2      other records and ids
  semblance demo --rate 100/s  faster`,
		Args: flags.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if rate == 0 && a.out.terminal {
				rate = demoRate
			}
			return a.demo(c.Context(), seed, rate)
		},
	}
	c.Flags().Int64Var(&seed, "seed", script.DefaultSeed, "random `SEED` of records and ids")
	flags.AddRate(c, &rate, "rate", "play at this rate, such as 5/s (default 12/s on a terminal)")
	return c
}

func (a *app) demo(ctx context.Context, seed int64, rate float64) error {
	scenario, problems := library.Load(demoScenario)
	if scenario == nil {
		return problems
	}
	live := a.out.text(false).Live(a.out)
	options := player.Options{Secret: simulator.DefaultSecret, Seed: seed, HasSeed: true, Observer: live}
	if rate > 0 {
		options.Observer = &paced{Live: live, ctx: ctx, pause: time.Duration(float64(time.Second) / rate)}
	}
	server, err := reference.Start(&options)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Fprintf(a.out, "Playing at the built-in receiver, %s, signed with %s\n\n", options.Target, simulator.DefaultSecret)
	result, err := player.PlayAll(ctx, options, []*script.Scenario{scenario})
	if result == nil {
		return err
	}
	if err := live.Summary(*result); err != nil {
		return err
	}
	fmt.Fprint(a.out, `
Try next:
  semblance listen                           run a receiver, in a second terminal
  semblance send booking.created --to 4701   send it one signed event
  semblance play first-visit --to 4701       play a scenario and judge every response
  semblance events                           list the event types
`)
	if code := result.ExitCode(); err == nil && code != scenarios.ExitPassed {
		return exit.Silent(code)
	}
	return err
}

// paced is a live report that pauses after each step, for a viewer.
type paced struct {
	*report.Live
	ctx   context.Context
	pause time.Duration
}

func (p *paced) Step(result scenarios.StepResult) {
	p.Live.Step(result)
	_ = clock.Sleep(p.ctx, p.pause) // the play ends with ctx
}
