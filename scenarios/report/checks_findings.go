package report

import (
	"fmt"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/schemas/human"
)

// findings writes the strongest findings of a check. Those with the same expectation and response are written once.
func (c *checksText) findings(r *scenarios.CheckResult) {
	type group struct {
		sent []string
		scenarios.Finding
	}
	brief := func(f *scenarios.Finding) string {
		if len(f.Exchanges) == 0 {
			return f.Got
		}
		return f.Exchanges[0].Brief
	}
	var groups []group
	for _, f := range r.Findings {
		if f.Level != r.Findings[0].Level {
			break
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.Expected == f.Expected && brief(&g.Finding) == brief(&f) })
		if i < 0 {
			groups = append(groups, group{[]string{sentText(&f)}, f})
			continue
		}
		groups[i].sent = append(groups[i].sent, sentText(&f))
	}
	for i, g := range groups {
		if i == maxFindings {
			c.line("and", human.Count(len(groups)-i, "further finding"))
			break
		}
		got := gotText(&g.Finding)
		if more := len(g.sent) - maxSent; more > 0 {
			g.sent = append(g.sent[:maxSent], human.Count(more, "other"))
		}
		if len(g.sent) > 1 {
			got = brief(&g.Finding) + " for each of them"
		}
		label, sent := "sent", strings.Join(g.sent, "; ")
		if responses, ok := strings.CutPrefix(sent, "examine "); ok { // a step that sends nothing
			label, sent = "examined", responses
		}
		c.line(label, sent)
		c.line("expected", g.Expected)
		c.line("got", got)
	}
}

// sentText describes the requests of a finding.
func sentText(f *scenarios.Finding) string {
	if f.Step.Description != "" {
		return strings.TrimSuffix(human.Line(f.Step.Description), ".")
	}
	return strings.TrimPrefix(human.Line(f.Step.Title), "send ")
}

// gotText describes the responses of a finding. Of several it names their common property.
func gotText(f *scenarios.Finding) string {
	if len(f.Exchanges) == 0 {
		return human.Line(f.Got)
	}
	first := f.Exchanges[0]
	text := human.Line(first.Got)
	if f.Of > 2 || f.Of == 2 && len(f.Exchanges) == 1 {
		text = fmt.Sprintf("%s for %s of %d", first.Brief, human.Number(len(f.Exchanges)), f.Of) + shared(f)
	}
	if first.Twin != nil && first.Twin.Response.OK() {
		text += fmt.Sprintf(" (%d for the same event without the mistake)", first.Twin.Response.Status)
	}
	return text
}

// shared names the common property of the exchanges of a finding, or the first of them.
func shared(f *scenarios.Finding) string {
	var common []string
	for i, x := range f.Exchanges {
		words := strings.Split(x.Label, ", ")
		if i == 0 {
			common = words
			continue
		}
		common = slices.DeleteFunc(common, func(word string) bool { return !slices.Contains(words, word) })
	}
	if text := strings.Join(common, ", "); text != "" && len(f.Exchanges) < f.Of {
		if len(f.Exchanges) == 1 {
			return ": " + human.Line(text)
		}
		return ", all with " + human.Line(text)
	}
	var labels []string
	for _, x := range f.Exchanges {
		if x.Label != "" {
			labels = append(labels, human.Line(x.Label))
		}
	}
	switch {
	case len(labels) == 0 || len(f.Exchanges) == f.Of:
		return ""
	case len(labels) > maxFindings:
		labels = append(labels[:maxFindings], human.Count(len(f.Exchanges)-maxFindings, "other"))
	}
	return ": " + strings.Join(labels, "; ")
}
