package simtest

import (
	"context"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
)

// CheckOption is an option of [Sim.Check].
type CheckOption func(*checkOptions)

type checkOptions struct {
	words  []string
	probe  func(id string) int
	strict bool
}

// Checks selects checks: ids such as SIG-03, patterns such as SIG-*, groups or levels. The default is all.
func Checks(words ...string) CheckOption {
	return func(o *checkOptions) { o.words = append(o.words, words...) }
}

// Probe counts how often the event about a record took effect, such as the rows that it left. id is that of the record: the
// bookingId of a booking.created. Without a probe only responses are judged. It is called from several goroutines.
func Probe(count func(id string) int) CheckOption { return func(o *checkOptions) { o.probe = count } }

// Strict makes warnings failures.
func Strict() CheckOption { return func(o *checkOptions) { o.strict = true } }

// Check judges the receiver by the checks of `semblance check`. Each is a subtest of t, such as SIG-18. A failed MUST fails it
// with the output of the command line; a warning is logged; a check that was not judged is skipped. Check also returns the
// result, whose Sentence is the verdict. It takes a few seconds, because some checks wait.
//
// After [Sim.API] effects are counted by what the receiver asks the API, as `semblance check --api` does: a forged event leads to
// no query, a duplicate to no second write. With Probe too, the API counts only the effects of DLV-05.
func (s *Sim) Check(t *testing.T, options ...CheckOption) *scenarios.CheckRun {
	t.Helper()
	o := apply(checkOptions{}, options)
	all, err := check.Load()
	must(t, err, "")
	chosen, err := check.Select(all, o.words)
	must(t, err, "")
	run := check.Options{Player: s.playerOptions(t), All: all, Checks: chosen, Strict: o.strict}
	run.Reproduce, run.Player.Reproduce = run.Player.Reproduce, nil
	if s.serves() {
		run.Player.API = playedAPI{s.API()}
	}
	if o.probe != nil {
		run.Player.Effects = player.CountWith(func(_ context.Context, id string) (int, error) { return o.probe(id), nil })
	}
	result, err := check.Run(t.Context(), run)
	must(t, err, "")
	for i := range result.Checks {
		checked(t, result, &result.Checks[i])
	}
	t.Log(result.Sentence())
	return result
}

// checked reports the result of a check as a subtest.
func checked(t *testing.T, r *scenarios.CheckRun, c *scenarios.CheckResult) {
	t.Run(c.ID, func(t *testing.T) {
		switch {
		case r.Failed(c):
			t.Error("\n" + report.CheckText(r, c))
		case c.Because != "":
			t.Skip("not judged, because " + c.Because + " failed")
		case c.Outcome == scenarios.Skipped, c.Outcome == scenarios.Inconclusive && c.Level != scenarios.Must:
			t.Skip(c.Reason)
		case c.Outcome == scenarios.Inconclusive:
			t.Error("inconclusive: " + c.Reason)
		case c.Outcome != scenarios.Passed:
			t.Log("\n" + report.CheckText(r, c))
		}
	})
}
