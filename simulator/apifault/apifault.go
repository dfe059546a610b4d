// Package apifault describes faults of the provider's GraphQL API, and decides which calls get them.
//
//	plan, err := apifault.Parse("stale=10s,field=booking,next=3")
//	set := apifault.NewSet(seed)
//	err = set.Add(plan)
//	plans := set.Take(apifault.Call{Fields: []string{"booking"}})
//
// Package graphql injects them.
package apifault

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/naming"
)

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	Slow       Kind = "slow"       // the response comes late, by real time
	Status     Kind = "status"     // an HTTP error, such as 500
	Edge       Kind = "edge"       // 403 with a page in HTML, as from the edge after a sustained burst
	TooOften   Kind = "too-often"  // 200 with the error for too many requests
	Null       Kind = "null"       // the root field is null
	Permission Kind = "permission" // the root field is null, with the error for a missing permission
	Stale      Kind = "stale"      // records that changed recently are as before their last change
	Rows       Kind = "rows"       // pages after the first repeat a row and miss another
)

// kindInfo describes a kind. A value is empty, optional or required.
type kindInfo struct {
	summary, fallback string
	parse             func(p *Plan, value string) error
}

// The limits of values.
const (
	maxWait  = time.Minute
	maxStale = 24 * time.Hour
)

// kinds are the kinds with their values.
var kinds = map[Kind]kindInfo{
	Slow:       {"the response comes after so much real time, up to 1m", "1s", duration(maxWait)},
	Status:     {"HTTP status, 400 to 599", "500", (*Plan).parseStatus},
	Edge:       {"403 with an HTML page, as after a sustained burst", "", nil},
	TooOften:   {`200 with an error that contains "too often"`, "", nil},
	Null:       {"the root field is null", "", nil},
	Permission: {"the root field is null, and the token lacks this permission", "settingsSeeUsers", (*Plan).parsePermission},
	Stale:      {"for so long after a change a record is as before it, in simulated time", "10s", duration(maxStale)},
	Rows:       {"pages after the first repeat a row and miss another", "", nil},
}

// Plan is a fault and the calls that get it. Without Next and Share, every call that matches gets it.
type Plan struct {
	Kind      Kind
	Value     string        // of the kind, in canonical form, or ""
	Duration  time.Duration // of slow and stale
	Status    int           // of status
	Field     string        // only calls with this root field, or ""
	Operation string        // only operations with this name, or ""
	Next      int           // the number of further calls; 0 for no limit
	Share     float64       // the share of calls, chosen by the seed; 0 for all
}

// Kinds returns the kinds in the order of their names, each with its value and its meaning in one line.
func Kinds() [][2]string {
	var all [][2]string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		name := string(k)
		if kinds[k].fallback != "" {
			name += "=" + kinds[k].fallback
		}
		all = append(all, [2]string{name, kinds[k].summary})
	}
	return all
}

// Parse parses a plan: KIND or KIND=VALUE, followed by field=NAME, operation=NAME and either next=N or share=PART, separated
// by commas.
func Parse(text string) (Plan, error) {
	head, rest, limited := strings.Cut(text, ",")
	name, value, given := strings.Cut(strings.TrimSpace(head), "=")
	p := Plan{Kind: Kind(name)}
	info, ok := kinds[p.Kind]
	if !ok {
		names := naming.List(slices.Sorted(maps.Keys(kinds)), func(k Kind) string { return string(k) })
		return p, fmt.Errorf("%s", naming.Unknown("fault of the API", name, names))
	}
	switch {
	case info.parse == nil && given:
		return p, fmt.Errorf("the fault %s takes no value", name)
	case info.parse != nil:
		if value == "" {
			value = info.fallback
		}
		if err := info.parse(&p, value); err != nil {
			return p, err
		}
	}
	for part := range strings.SplitSeq(rest, ",") {
		if !limited {
			break
		}
		if err := p.parseLimit(strings.TrimSpace(part)); err != nil {
			return p, err
		}
	}
	if p.Next > 0 && p.Share > 0 {
		return p, fmt.Errorf("give either next or share, not both")
	}
	return p, nil
}

// parseLimit parses one of the parts that say which calls get the fault.
func (p *Plan) parseLimit(part string) (err error) {
	key, value, _ := strings.Cut(part, "=")
	switch key {
	case "field":
		p.Field = value
	case "operation":
		p.Operation = value
	case "next":
		if p.Next, err = strconv.Atoi(value); err != nil || p.Next < 1 {
			return fmt.Errorf("next must be a number of calls from 1, not %q", value)
		}
	case "share":
		if p.Share, err = strconv.ParseFloat(value, 64); err != nil || !(p.Share > 0 && p.Share <= 1) {
			return fmt.Errorf("share must be above 0 and at most 1, not %q", value)
		}
	default:
		return fmt.Errorf("%s", naming.Unknown("part of a fault of the API", key, []string{"field", "operation", "next", "share"}))
	}
	if value == "" {
		return fmt.Errorf("%s needs a value", key)
	}
	return nil
}

func duration(most time.Duration) func(*Plan, string) error {
	return func(p *Plan, value string) (err error) {
		if p.Duration, err = time.ParseDuration(value); err != nil || p.Duration <= 0 || p.Duration > most {
			return fmt.Errorf("the fault %s needs a time up to %v, such as 2s, not %q", p.Kind, most, value)
		}
		p.Value = value
		return nil
	}
}

func (p *Plan) parseStatus(value string) (err error) {
	if p.Status, err = strconv.Atoi(value); err != nil || p.Status < 400 || p.Status > 599 {
		return fmt.Errorf("the fault status needs an HTTP status from 400 to 599, not %q", value)
	}
	p.Value = value
	return nil
}

func (p *Plan) parsePermission(value string) error {
	for _, c := range value {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return fmt.Errorf("the name of a permission has letters only, unlike %q", value)
		}
	}
	p.Value = value
	return nil
}

// String returns the plan in the form that [Parse] takes.
func (p Plan) String() string {
	text := string(p.Kind)
	if p.Value != "" {
		text += "=" + p.Value
	}
	for _, part := range [][2]string{{"field", p.Field}, {"operation", p.Operation}} {
		if part[1] != "" {
			text += "," + part[0] + "=" + part[1]
		}
	}
	if p.Next > 0 {
		text += ",next=" + strconv.Itoa(p.Next)
	}
	if p.Share > 0 {
		text += ",share=" + strconv.FormatFloat(p.Share, 'g', -1, 64)
	}
	return text
}
