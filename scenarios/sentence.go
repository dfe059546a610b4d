package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/human"
)

// part is one of the four things that the sentence says about a receiver.
type part int

const (
	partValid part = iota
	partForgery
	partRobust
	partLeaks
)

// claims are the words for each part: without a failure, and with one.
var claims = [...]struct{ holds, fails string }{
	partValid:   {"accepts valid events", "does not accept every valid event"},
	partForgery: {"resists forgery", "does not refuse every forged event"},
	partRobust:  {"survives duplicates and faults", "mishandles duplicates or faults"},
	partLeaks:   {"leaks nothing", "leaks secrets"},
}

// partOf returns the part that a step of a check concerns.
func partOf(c *Check, refusal bool) part {
	switch {
	case c.Group == "control" || c.Group == "payload" && c.ID <= "PAY-07":
		return partValid
	case c.Group == "leaks":
		return partLeaks
	case c.Group != "signature" && c.Group != "freshness":
		return partRobust
	case refusal:
		return partForgery
	}
	return partValid
}

// aspect summarizes the checks of one part.
type aspect struct {
	judged, failed, open bool
	found                bool // a finding of any level, known ones included
	warnings             int
}

// aspects summarizes the checks of each part.
func (r *CheckRun) aspects() [len(claims)]aspect {
	var all [len(claims)]aspect
	for i := range r.Checks {
		c := &r.Checks[i]
		touched := map[part]bool{}
		for k := range c.Trial.Steps {
			touched[partOf(&c.Check, c.Trial.Steps[k].Refuses())] = true
		}
		if len(touched) == 0 {
			touched[partOf(&c.Check, true)] = true
		}
		for p := range touched {
			all[p].open = all[p].open || c.Outcome == Inconclusive && c.Because == ""
			all[p].judged = all[p].judged || c.Outcome != Inconclusive && c.Outcome != Skipped
			all[p].open = all[p].open || c.Known != "" && c.Outcome == Failed // nothing is claimed beside a known failure
		}
		for _, f := range c.Findings {
			all[partOf(&c.Check, f.Refusal)].found = true
		}
		if c.Known != "" {
			continue
		}
		worst := map[part]Level{}
		for _, f := range c.Findings {
			p := partOf(&c.Check, f.Refusal)
			if _, known := worst[p]; !known { // the findings begin with the strongest
				worst[p] = f.Level
			}
		}
		for p, level := range worst {
			switch {
			case c.Outcome == Inconclusive:
			case c.Outcome == Unsteady || level == Should:
				all[p].warnings++
				all[p].failed = all[p].failed || r.Strict
			case level == Must:
				all[p].failed = true
			}
		}
	}
	return all
}

// Sentence returns the verdict about the receiver in one sentence. It claims only parts that were judged.
func (r *CheckRun) Sentence() string {
	aspects := r.aspects()
	control := r.Control()
	failed := r.count(r.Failed)
	var broken, holding []string
	for p, a := range aspects {
		switch {
		case a.failed:
			broken = append(broken, claims[p].fails)
		case a.judged && !a.open:
			holding = append(holding, claim(part(p), a))
		}
	}
	switch {
	case r.Unreached:
		return "The receiver was not reached."
	case control != nil && control.Outcome == Failed && len(control.Findings) > 0 && control.Findings[0].Expected == EffectOnce.Describe():
		if r.Effects == EffectsByReader {
			return "The receiver accepts valid events, but its requests to the provider's API do not show that it does their work once" + r.unjudged() + "."
		}
		return "The receiver accepts valid events, but does not do their work once" + r.unjudged() + "."
	case control != nil && control.Outcome == Failed:
		return "The receiver does not accept valid events" + r.unjudged() + "."
	case control != nil && control.Outcome == Inconclusive:
		return "Nothing is known about the receiver: " + short(control.Reason) + "."
	case failed > 0:
		return "The receiver " + human.And(broken) + ": " + human.Count(failed, r.counted()) + " failed."
	case len(r.OutOfDate) > 0:
		return "The baseline is out of date."
	case r.Interrupted:
		return "The run was interrupted, so nothing is claimed about the receiver."
	}
	open := r.openReason()
	switch {
	case r.Partial && open == "":
		return r.partial()
	case len(holding) == 0:
		return "Nothing is claimed about the receiver: " + open + "."
	}
	sentence := "the receiver " + human.And(holding)
	if len(holding) > 2 {
		sentence = "the receiver " + strings.Join(holding[:len(holding)-1], ", ") + ", and " + holding[len(holding)-1]
	}
	if by := effectWords[r.Effects].judgedBy; by != "" {
		sentence = "judged by " + by + ", " + sentence
	}
	if open != "" {
		sentence += "; the rest is inconclusive: " + open
	}
	return strings.ToUpper(sentence[:1]) + sentence[1:] + "."
}

func claim(p part, a aspect) string {
	words := claims[p].holds
	if p == partLeaks && a.found {
		words = "leaks no secrets"
	}
	if a.warnings > 0 {
		words += " (" + human.Count(a.warnings, "warning") + ")"
	}
	return words
}

// counted names the checks that count as failures.
func (r *CheckRun) counted() string {
	if r.Strict {
		return "check"
	}
	return "MUST check"
}

// unjudged says how many checks the failed control explains.
func (r *CheckRun) unjudged() string {
	switch n := len(r.Explained(ControlID)); n {
	case 0:
		return ""
	case 1:
		return ", so 1 check was not judged"
	default:
		return fmt.Sprintf(", so %d checks were not judged", n)
	}
}

// partial is the sentence about selected checks that all passed.
func (r *CheckRun) partial() string {
	var ids []string
	for _, c := range r.Checks {
		if c.ID != ControlID {
			ids = append(ids, c.ID+" "+string(c.Outcome))
		}
	}
	switch {
	case len(ids) == 0:
		return "A valid event was accepted."
	case len(ids) <= 3:
		return "A valid event was accepted, and " + human.And(ids) + "."
	}
	return fmt.Sprintf("A valid event was accepted, and none of the %d selected checks failed.", len(ids))
}

// Open is a reason for which checks are inconclusive.
type Open struct {
	First *CheckResult
	IDs   []string // of all checks with the reason
}

// Open returns the reasons for which checks are inconclusive that no other check explains, in the order of the checks.
func (r *CheckRun) Open() []Open {
	var all []Open
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Outcome != Inconclusive || c.Because != "" {
			continue
		}
		at := slices.IndexFunc(all, func(o Open) bool { return o.First.Reason == c.Reason })
		if at < 0 {
			at, all = len(all), append(all, Open{First: c})
		}
		all[at].IDs = append(all[at].IDs, c.ID)
	}
	return all
}

// short returns a reason without the error of the probe, which stands beside the check.
func short(reason string) string {
	if strings.HasPrefix(reason, ProbeFailed) {
		return ProbeFailed
	}
	return reason
}

// openReason says why checks are inconclusive, or returns "".
func (r *CheckRun) openReason() string {
	var reasons []string
	var grouped []Open
	for _, o := range r.Open() {
		at := slices.IndexFunc(grouped, func(g Open) bool { return short(g.First.Reason) == short(o.First.Reason) })
		if at < 0 {
			grouped = append(grouped, o)
			continue
		}
		grouped[at].IDs = append(grouped[at].IDs, o.IDs...)
	}
	for _, o := range grouped {
		ids := o.IDs
		if len(ids) > 4 {
			ids = append(slices.Clone(ids[:3]), human.Count(len(ids)-3, "other"))
		}
		reasons = append(reasons, human.And(ids)+" ("+short(o.First.Reason)+")")
	}
	switch {
	case len(reasons) == 0:
		return ""
	case len(reasons) > 3:
		reasons = append(reasons[:3], "others")
	}
	return human.And(reasons)
}
