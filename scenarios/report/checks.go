package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/report/color"
	"semblance/schemas/human"
	"semblance/simulator/capture"
)

// checkWidth is the width of the output of checks, in columns.
const checkWidth = 80

// Checks writes a run of checks: a line per group, each check that did not pass in full, and the sentence.
func (t Terminal) Checks(w io.Writer, r *scenarios.CheckRun) error {
	c := checksText{style: t, run: r}
	if !t.Quiet {
		c.head()
		c.groups()
	}
	if t.Verbose {
		c.lines()
	}
	for i := range r.Checks {
		c.check(&r.Checks[i])
	}
	if !t.Quiet {
		c.open()
	}
	for _, line := range r.OutOfDate {
		c.wrap("", "baseline: "+line)
	}
	c.conclusion()
	_, err := w.Write(c.Bytes())
	return err
}

type checksText struct {
	style Terminal
	bytes.Buffer
	run *scenarios.CheckRun
}

func (c *checksText) head() {
	c.wrap("", human.Line(c.run.Target)+", signed with "+cmp.Or(c.run.Signed, "your secret"))
	c.WriteByte('\n')
}

// groups writes a line per group. After a failed control there is nothing to count.
func (c *checksText) groups() {
	control := c.run.Control()
	if control == nil || control.Outcome == scenarios.Failed || control.Outcome == scenarios.Inconclusive {
		return
	}
	for _, group := range scenarios.CheckGroups() {
		if group == "control" {
			fmt.Fprintf(c, "  %-12s %s\n", group, c.control())
			continue
		}
		count, words := c.group(group)
		if count == "" {
			continue
		}
		for i, line := range human.Wrap(words, checkWidth-26) {
			if i > 0 {
				group, count = "", ""
			}
			c.WriteString(strings.TrimRight(fmt.Sprintf("  %-12s %-10s %s", group, count, line), " ") + "\n")
		}
	}
	c.WriteByte('\n')
}

// control describes the valid event.
func (c *checksText) control() string {
	text := "valid event accepted"
	if a := c.run.ValidEvent(); a != nil {
		text += fmt.Sprintf(": %d in %s", a.Response.Status, human.Duration(c.run.Latency.Round(c.precision())))
	}
	switch off := c.run.ClockOff; {
	case !c.run.ClockRead:
		return text
	case off.Abs() <= maxClockShown:
		return text + "; clocks agree"
	case off < 0:
		return text + "; its clock is " + human.Duration(-off) + " behind"
	default:
		return text + "; its clock is " + human.Duration(off) + " ahead"
	}
}

// maxClockShown is the difference up to which clocks agree.
const maxClockShown = 30 * time.Second

// precision returns the unit to which the latency is rounded: two digits.
func (c *checksText) precision() time.Duration {
	unit := 10 * time.Microsecond
	for unit*100 < c.run.Latency {
		unit *= 10
	}
	return unit
}

// group counts the outcomes of a group. count is "" for a group without checks.
func (c *checksText) group(group string) (count, outcomes string) {
	counts := map[scenarios.Outcome]int{}
	var all, unjudged int
	skipped := map[string]int{}
	var reasons []string
	for _, check := range c.run.Checks {
		if check.Group != group {
			continue
		}
		all++
		switch {
		case check.Because != "":
			unjudged++
		case check.Outcome == scenarios.Skipped:
			if skipped[check.Reason] == 0 {
				reasons = append(reasons, check.Reason)
			}
			skipped[check.Reason]++
		default:
			counts[check.Outcome]++
		}
	}
	if all == 0 {
		return "", ""
	}
	var words []string
	for _, o := range []scenarios.Outcome{scenarios.Failed, scenarios.Warned, scenarios.Unsteady, scenarios.Remarked, scenarios.Inconclusive} {
		if counts[o] > 0 {
			words = append(words, c.style.paint(fmt.Sprintf("%d %s", counts[o], o), outcomeColors[o]...))
		}
	}
	if unjudged > 0 {
		words = append(words, fmt.Sprintf("%d not judged", unjudged))
	}
	for _, reason := range reasons {
		word := fmt.Sprintf("%d skipped %s", skipped[reason], reason)
		if reason == "without --probe" {
			word += " (see --explain probe)"
		}
		words = append(words, word)
	}
	return fmt.Sprintf("%2d of %2d", counts[scenarios.Passed], all), strings.Join(words, ", ")
}

var outcomeColors = map[scenarios.Outcome][]color.Attribute{
	scenarios.Failed: {color.FgRed, color.Bold}, scenarios.Warned: {color.FgYellow}, scenarios.Unsteady: {color.FgYellow},
	scenarios.Inconclusive: {color.FgYellow}, scenarios.Remarked: {color.Faint},
}

// outcomeWords are the labels of the checks that are written in full.
var outcomeWords = map[scenarios.Outcome]string{
	scenarios.Failed: "FAIL", scenarios.Warned: "WARN", scenarios.Unsteady: "WARN", scenarios.Inconclusive: "OPEN", scenarios.Remarked: "note",
}

// check writes a check in full if it failed, warned or is inconclusive, and in two lines if it is a remark.
func (c *checksText) check(r *scenarios.CheckResult) {
	word := outcomeWords[r.Outcome]
	if word == "" || r.Outcome == scenarios.Inconclusive || c.style.Quiet && r.Outcome != scenarios.Failed && !(c.run.Strict && word == "WARN") {
		return
	}
	if r.Known != "" {
		word = "note"
	}
	level := strings.ToUpper(string(levelOf(r)))
	fmt.Fprintf(c, "%s  %-7s %-*s %s\n", c.style.paint(word, outcomeColors[r.Outcome]...), r.ID, checkWidth-15-len(level)-1, human.Cut(human.Line(r.Name), checkWidth-15-len(level)-1), level)
	if r.Known != "" {
		c.line("known", r.Known)
	}
	if c.run.Unreached && len(r.Findings) > 0 {
		c.line("got", gotText(&r.Findings[0]))
		c.line("fix", "Start the receiver, or name its port or URL with --to.")
		c.WriteByte('\n')
		return
	}
	c.findings(r)
	if r.Also != "" {
		c.line("also", human.Line(r.Also))
	}
	if r.Outcome != scenarios.Remarked {
		c.line("why", r.Why)
	}
	c.line("fix", r.Advice())
	if ids := c.run.Explained(r.ID); len(ids) > 0 && r.ID != scenarios.ControlID {
		c.line("explains", human.And(ids)+", not judged")
	}
	if !c.style.Verbose {
		c.command(append(r.Rerun, "--verbose"))
	} else {
		c.messages(r)
	}
	c.WriteByte('\n')
}

// lines writes a line for each check.
func (c *checksText) lines() {
	for i := range c.run.Checks {
		r := &c.run.Checks[i]
		word, text := string(r.Outcome), human.Duration(r.Duration.Round(time.Millisecond))
		switch {
		case r.Because != "":
			word, text = "not judged", r.Because+" failed"
		case r.Reason != "":
			text = r.Reason
		case r.Also != "":
			text = r.Also
		}
		fmt.Fprintf(c, "%s  %-7s %s  %s\n", c.style.paint(fmt.Sprintf("%-12s", word), outcomeColors[r.Outcome]...), r.ID, human.Line(r.Name), c.style.paint(human.Line(text), color.Faint))
	}
	c.WriteByte('\n')
}

// messages writes the first request of each finding with its response.
func (c *checksText) messages(r *scenarios.CheckResult) {
	for _, f := range r.Findings {
		if len(f.Exchanges) == 0 {
			continue
		}
		a := f.Exchanges[0].Attempt.Redacted()
		fmt.Fprintf(c, "\n%s\n    %s\n%s", RequestText(&a.Request), f.Exchanges[0].Brief, ResponseText(&a.Response))
	}
}

// open writes the inconclusive checks, those with the same reason together.
func (c *checksText) open() {
	for _, o := range c.run.Open() {
		r, all := o.First, o.IDs
		if r.ID == scenarios.ControlID && c.run.Unreached {
			continue
		}
		fmt.Fprintf(c, "%s  %-7s %s\n", c.style.paint("OPEN", outcomeColors[scenarios.Inconclusive]...), r.ID, human.Cut(human.Line(r.Name), checkWidth-15))
		c.line("reason", r.Reason)
		if r.Fixes != "" {
			c.line("fix", r.Fixes)
		}
		if len(all) > 1 {
			c.line("also", "same cause: "+strings.Join(all[1:], " "))
		}
		c.command(r.Rerun)
		c.WriteByte('\n')
	}
}

// The findings of a check that are written, and the requests of each.
const (
	maxFindings = 3
	maxSent     = 6
)

// levelOf returns the level of the strongest finding, or that of the check.
func levelOf(r *scenarios.CheckResult) scenarios.Level {
	if len(r.Findings) > 0 && r.Outcome != scenarios.Inconclusive {
		return r.Findings[0].Level
	}
	return r.Level
}

func (c *checksText) conclusion() {
	if c.style.Quiet || c.run.Control() == nil {
		c.wrap("", c.run.Sentence())
		return
	}
	c.wrap("    ", c.run.Sentence())
	if control := c.run.Control(); control.Outcome == scenarios.Failed || c.run.Unreached {
		return
	}
	c.wrap("      ", fmt.Sprintf("%s; %s in %.1f s; effects %s", c.run.Summary(), human.Count(c.run.Requests, "request"), c.run.Duration.Seconds(), c.run.Effects))
}

// command writes a command in one line, so that it can be copied.
func (c *checksText) command(words []string) {
	c.WriteString(strings.TrimRight("      rerun     "+capture.Command(words), " ") + "\n")
}

// line writes a text in lines of at most 80 columns, the first of them with a label.
func (c *checksText) line(label, text string) {
	for _, line := range human.Wrap(human.Line(text), checkWidth-16) {
		c.WriteString(strings.TrimRight(fmt.Sprintf("      %-9s %s", label, line), " ") + "\n")
		label = ""
	}
}

// wrap writes text in lines with an indent.
func (c *checksText) wrap(indent, text string) {
	for _, line := range human.Wrap(text, checkWidth-len(indent)) {
		c.WriteString(indent + line + "\n")
	}
}
