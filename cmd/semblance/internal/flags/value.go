package flags

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"semblance/scenarios/script"
	"semblance/schemas/human"
)

// AddChoice adds a flag that takes one of the known words. The first is the default, unless it is "".
func AddChoice(c *cobra.Command, target *string, name, usage string, known ...string) {
	*target = known[0]
	known = slices.DeleteFunc(slices.Clone(known), func(word string) bool { return word == "" })
	c.Flags().Var(&choice{target, known}, name, usage)
	Complete(c, name, known...)
}

// AddFormat adds --format, which takes text or json.
func AddFormat(c *cobra.Command, target *string, usage string) {
	AddChoice(c, target, "format", usage, "text", "json")
}

type choice struct {
	value *string
	known []string
}

func (v *choice) String() string { return *v.value }
func (v *choice) Type() string   { return strings.Join(v.known, "|") }

func (v *choice) Set(s string) error {
	if !slices.Contains(v.known, s) {
		return fmt.Errorf("expected %s", human.Or(v.known))
	}
	*v.value = s
	return nil
}

// AddTime adds a flag that takes a time in RFC 3339 or in Unix seconds. Unset, it is the zero time.
func AddTime(c *cobra.Command, target *time.Time, name, usage string) {
	c.Flags().Var(moment{target}, name, usage)
}

type moment struct{ value *time.Time }

func (m moment) Type() string { return "TIME" }

func (m moment) String() string {
	if m.value.IsZero() {
		return ""
	}
	return m.value.Format(time.RFC3339)
}

func (m moment) Set(s string) error {
	t, err := time.Parse(time.RFC3339, s)
	if seconds, notSeconds := strconv.ParseInt(s, 10, 64); notSeconds == nil {
		t, err = time.Unix(seconds, 0), nil
	}
	if err != nil {
		return errors.New("expected a time such as 2026-03-02T09:00:00Z, or Unix seconds")
	}
	if s := t.Unix(); s < 0 || s > 1<<32-1 {
		return errors.New("the time must be between 1970 and 2106, the range of ids")
	}
	*m.value = t.UTC()
	return nil
}

// AddRate adds a flag that takes a number per time, such as 5/s. The target is the number per second; 0 means unset.
func AddRate(c *cobra.Command, target *float64, name, usage string) {
	c.Flags().Var((*rate)(target), name, usage)
}

type rate float64

func (r *rate) Type() string { return "RATE" }

func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s"
}

// Set reads a rate as scenarios write it. A number alone is per second.
func (r *rate) Set(s string) error {
	if !strings.Contains(s, "/") {
		s += "/s"
	}
	n, ok := script.ParseRate(s)
	if !ok {
		return errors.New("expected a rate such as 5/s, 300/m or 0.5/s")
	}
	*r = rate(n)
	return nil
}
