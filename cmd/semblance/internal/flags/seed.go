package flags

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// Seed is the flag --seed. Without it each run draws a fresh seed, so that its records differ from those of the run before,
// as they do at the provider.
type Seed struct {
	value int64
	set   func() bool
	drawn bool
}

// maxFreshSeed bounds fresh seeds: short enough to type, and many enough that two runs rarely draw the same.
const maxFreshSeed = 9_999_999

// Add adds --seed, the seed of these parts of a run, such as "records and values".
func (s *Seed) Add(c *cobra.Command, parts string) {
	c.Flags().Int64Var(&s.value, "seed", 0, "`SEED` of "+parts+" (default fresh, printed)")
	flag := c.Flags().Lookup("seed")
	flag.DefValue = "0" // the text names the default
	s.set = func() bool { return flag.Changed }
}

// Given reports whether the flag is set.
func (s *Seed) Given() bool { return s.set() }

// Draw returns the seed: that of the flag, 1 if the time is fixed, so that the run is repeatable, or a fresh one.
func (s *Seed) Draw(at time.Time) int64 {
	switch {
	case s.Given() || s.drawn:
	case !at.IsZero():
		s.value = 1
	default:
		s.value, s.drawn = FreshSeed(), true
	}
	return s.value
}

// FreshSeed returns a seed at random, from 1.
func FreshSeed() int64 { return 1 + rand.Int64N(maxFreshSeed) }

// Renew lets the next Draw draw another seed, if the flag is not set.
func (s *Seed) Renew() { s.drawn = false }

// Drawn returns the fresh seed, or 0 if the seed was given.
func (s *Seed) Drawn() int64 {
	if !s.drawn {
		return 0
	}
	return s.value
}

// Rerun returns the arguments that give another command the same seed, if Draw drew it.
func (s *Seed) Rerun() []string {
	if !s.drawn {
		return nil
	}
	return []string{"--seed", strconv.FormatInt(s.value, 10)}
}
