package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"semblance/scenarios"
	"semblance/schemas/naming"
	"semblance/simulator/clock"
)

// Baseline holds the known failures of a receiver: the checks that are expected not to pass, with their reasons.
type Baseline map[string]Known

// Known is an entry of a baseline.
type Known struct {
	Why   string
	Until time.Time // the last day on which the entry counts; zero: no end
	File  string    // for messages
}

// ParseBaseline reads a baseline: a map of ids to reasons. An entry may be a map with why and until, a day.
//
//	TRN-02: nginx in front of us responds 417; OPS-12
//	SIG-08: {why: one secret only until the new gateway, until: 2027-03-01}
func ParseBaseline(file string, data []byte, all []*Case) (Baseline, error) {
	var entries map[string]any
	if err := yaml.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("%s: expected a map of check ids to reasons, such as SIG-08: one secret only", file)
	}
	known := naming.List(all, func(c *Case) string { return c.ID })
	b := Baseline{}
	for id, value := range entries {
		entry := Known{File: file}
		switch value := value.(type) {
		case string:
			entry.Why = value
		case map[string]any:
			entry.Why, _ = value["why"].(string)
			switch until := value["until"].(type) {
			case time.Time:
				entry.Until = until
			case string:
				day, err := time.Parse(time.DateOnly, until)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: until: %q is not a day such as 2027-03-01", file, id, until)
				}
				entry.Until = day
			}
		}
		switch {
		case !slices.Contains(known, id):
			return nil, fmt.Errorf("%s: %s; remove it", file, naming.Unknown("check", id, known))
		case strings.TrimSpace(entry.Why) == "":
			return nil, fmt.Errorf("%s: %s has no reason; write why it is expected to fail", file, id)
		}
		b[id] = entry
	}
	return b, nil
}

// apply marks the known failures of a run, and the entries that are out of date.
func (b Baseline) apply(r *scenarios.CheckRun) {
	for i := range r.Checks {
		c := &r.Checks[i]
		entry, ok := b[c.ID]
		if !ok || !entry.Until.IsZero() && clock.Now().After(entry.Until.AddDate(0, 0, 1)) {
			continue
		}
		switch c.Outcome {
		case scenarios.Passed, scenarios.Remarked:
			r.OutOfDate = append(r.OutOfDate, fmt.Sprintf("%s passes now: remove it from %s", c.ID, entry.File))
		case scenarios.Failed, scenarios.Warned, scenarios.Unsteady:
			c.Known = entry.Why
		}
	}
}

// WriteBaseline returns a baseline of the checks that count as failures or warnings. Its reasons are empty, for the user to
// write.
func WriteBaseline(r *scenarios.CheckRun) ([]byte, error) {
	var out bytes.Buffer
	for _, c := range r.Checks {
		switch {
		case c.ID == scenarios.ControlID && c.Outcome == scenarios.Failed:
			return nil, errors.New("the receiver does not accept valid events, so there is nothing to write into a baseline")
		case c.Known != "":
			fmt.Fprintf(&out, "%s: %q\n", c.ID, c.Known)
		case c.Outcome == scenarios.Failed || c.Outcome == scenarios.Warned:
			fmt.Fprintf(&out, "%s: \"\" # %s\n", c.ID, c.Name)
		}
	}
	return out.Bytes(), nil
}
