package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/scenarios/conformance"
	"semblance/scenarios/script"
	"semblance/schemas"
	"semblance/schemas/naming"
)

// Case is a check with its scenario.
type Case struct {
	scenarios.Check
	Scenario *script.Scenario
}

// Load returns the checks that come with Semblance, in the order of reports.
func Load() ([]*Case, error) { return LoadFrom(conformance.Files()) }

// LoadFrom returns the checks in the .yaml files of a folder, in the order of reports.
func LoadFrom(files fs.FS) ([]*Case, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*Case
	for _, name := range names {
		scenario, err := script.Load(script.Files{Scenarios: files}, name)
		if err != nil {
			return nil, fmt.Errorf("loading the check %s: %w", name, err)
		}
		c, err := newCase(scenario)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Case) int { return scenarios.CompareChecks(a.Check, b.Check) })
	return all, connect(all)
}

// newCase describes the check of a scenario.
func newCase(s *script.Scenario) (*Case, error) {
	h := s.Check
	if h == nil {
		return nil, fmt.Errorf("%s is not a check: it has no key check", s.File)
	}
	c := &Case{Scenario: s, Check: scenarios.Check{ID: h.ID, Name: s.Name, Group: h.Group, Level: scenarios.May, Why: h.Why, Fix: h.Fix,
		Sources: h.Sources, After: h.After, File: s.File}}
	for step := range s.All() {
		for _, level := range script.Of(step).Levels {
			if level.Level == scenarios.Must || level.Level == scenarios.Should && c.Level == scenarios.May {
				c.Level = level.Level
			}
		}
	}
	return c, nil
}

// connect reports ids that occur twice, and checks that follow one that does not exist.
func connect(all []*Case) error {
	var ids []string
	for _, c := range all {
		if slices.Contains(ids, c.ID) {
			return fmt.Errorf("two files have the check %s", c.ID)
		}
		ids = append(ids, c.ID)
	}
	if !slices.Contains(ids, scenarios.ControlID) {
		return fmt.Errorf("no check %s: it sends the valid event without which nothing can be judged", scenarios.ControlID)
	}
	for _, c := range all {
		for _, id := range c.After {
			if !slices.Contains(ids, id) {
				return fmt.Errorf("%s: after: %s", c.File, naming.Unknown("check", id, ids))
			}
		}
	}
	return nil
}

// Select returns the checks that the words name: ids, patterns such as 'SIG-*', groups or levels. Without words it returns all.
// The control is always among them.
func Select(all []*Case, words []string) ([]*Case, error) {
	if len(words) == 0 {
		return all, nil
	}
	chosen := map[*Case]bool{}
	for _, word := range words {
		found := false
		for _, c := range all {
			if c.named(word) {
				chosen[c], found = true, true
			}
		}
		if !found {
			return nil, unknownCheck(all, word)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(c *Case) bool { return !chosen[c] && c.ID != scenarios.ControlID }), nil
}

// Without returns the checks that the words do not name, and the control. The error names an unknown word, or says that no check
// is left.
func Without(checks []*Case, words []string) ([]*Case, error) {
	for _, word := range words {
		if !slices.ContainsFunc(checks, func(c *Case) bool { return c.named(word) }) {
			return nil, unknownCheck(checks, word)
		}
	}
	left := slices.DeleteFunc(slices.Clone(checks), func(c *Case) bool {
		return c.ID != scenarios.ControlID && slices.ContainsFunc(words, c.named)
	})
	if len(left) == 1 && len(checks) > 1 {
		return nil, errors.New("no check is left to run")
	}
	return left, nil
}

// Find returns the check with an id.
func Find(all []*Case, id string) (*Case, error) {
	for _, c := range all {
		if strings.EqualFold(c.ID, id) {
			return c, nil
		}
	}
	return nil, unknownCheck(all, id)
}

func (c *Case) named(word string) bool {
	return strings.EqualFold(word, c.ID) || strings.EqualFold(word, c.Group) || strings.EqualFold(word, string(c.Level)) ||
		strings.Contains(word, "*") && naming.Match(strings.ToUpper(word), c.ID)
}

func unknownCheck(all []*Case, word string) error {
	known := slices.Concat(scenarios.CheckGroups(), []string{"must", "should", "may"})
	for _, c := range all {
		known = append(known, c.ID)
	}
	hint := naming.Hint(word, known)
	if hint == "" {
		hint = "; `semblance check --list` shows all"
	}
	return fmt.Errorf("unknown check %q%s", word, hint)
}

// ownTypes returns the event types that have a check of their own: PAY-01 leaves them out.
func ownTypes(all []*Case) []*schemas.EventType {
	var types []*schemas.EventType
	for _, c := range all {
		for _, pattern := range c.Scenario.Check.Subscribed {
			matching, err := schemas.Match(pattern)
			if err == nil && !strings.Contains(pattern, "*") {
				types = append(types, matching...)
			}
		}
	}
	return types
}

// without returns the types without some of them.
func without(types, some []*schemas.EventType) []*schemas.EventType {
	return slices.DeleteFunc(slices.Clone(types), func(t *schemas.EventType) bool { return slices.Contains(some, t) })
}

// lacks says why the run skips a check, or returns "".
func (r *run) lacks(c *Case) string {
	for _, need := range c.Scenario.Check.Needs {
		switch {
		case slices.Contains(r.offers(), need):
		case need == script.NeedReadBack && r.options.Player.API != nil:
			return "because it does not query the API"
		default:
			return cmp.Or(needed[need], "needs "+string(need))
		}
	}
	patterns, events := c.Scenario.Check.Subscribed, r.options.Events
	if len(patterns) == 0 || events == nil {
		return ""
	}
	if matching, err := schemas.MatchAny(patterns); err == nil && slices.ContainsFunc(matching, func(t *schemas.EventType) bool { return slices.Contains(events, t) }) {
		return ""
	}
	return "not subscribed to " + strings.Join(patterns, " or ")
}

// needed names the need of a skipped check.
var needed = map[script.Need]string{
	script.NeedProbe:    "without --probe",
	script.NeedHook:     "without --hook",
	script.NeedReadBack: "without --api",
	script.NeedTiming:   "without --timing",
}
