package script

import (
	"slices"

	"semblance/scenarios"
)

// Responses examines the responses of the run so far. It sends nothing.
type Responses struct {
	Common
	Which scenarios.Which
}

func responsesStep(p *parser, s *Responses) construct {
	keys := []key{{"responses", "The responses to examine: all, refusals (of requests that had to be refused), or html.", true,
		oneOf(&s.Which, scenarios.WhichAll, scenarios.WhichRefusals, scenarios.WhichHTML)}}
	for _, l := range []scenarios.Level{scenarios.Must, scenarios.Should, scenarios.May} {
		keys = append(keys, key{string(l), "The texts that the responses " + string(l) + " lack, and their size.", false, value{
			shape: func() shape { return ref("examination") },
			read: func(p *parser, n *node, _ string) {
				parsed := Level{Pos: n.pos, Level: l}
				c := examinationConstruct(&parsed)
				c.name = string(l)
				c.read(p, n)
				s.Levels = append(s.Levels, parsed)
			}}})
	}
	return construct{keys: keys, check: func(p *parser, n *node) {
		if len(s.Levels) == 0 && n.get("must") == nil && n.get("should") == nil && n.get("may") == nil {
			p.fail(n, "a responses step needs must, should or may, such as must: {lack: [Traceback]}")
		}
	}}
}

func examinationConstruct(l *Level) construct {
	alike := ""
	return construct{name: "examination", about: "The texts that the responses of a run lack, and their size.", keys: []key{
		{"lack", "Texts that no header line (Name: value) and no line of a body contains; * stands for any characters.", false,
			oneOrMore(textShape, func(p *parser, n *node, _ string) {
				if t, ok := p.text(n, "a text"); ok {
					l.Lack = append(l.Lack, t)
				}
			})},
		{"at-most", "The largest size of a body, such as 64KiB.", false, size(&l.AtMost)},
		{"alike", "refusals: all refused requests get the same status and body.", false, oneOf(&alike, string(scenarios.WhichRefusals))},
	}, check: func(p *parser, n *node) {
		l.Alike = alike != ""
		if len(n.keys) == 0 {
			p.fail(n, "%s requires nothing; add lack, at-most or alike", l.Level)
		}
		if slices.ContainsFunc(l.Lack, func(t Text) bool { text, literal := t.Literal(); return literal && text == "" }) {
			p.fail(n.find("/lack"), "every response contains an empty text")
		}
	}}
}

// shortSecret is the length of a secret that may occur in a response by accident.
const shortSecret = 16

// resolveLack resolves the texts that responses must not contain. A short secret is not searched.
func (l *Level) resolveLack(values Values, out *scenarios.Requirement) error {
	for i := range l.Lack {
		t := &l.Lack[i]
		if len(t.Parts) == 1 && t.Parts[0].Ref != nil && t.Parts[0].Ref.Kind == RefRight {
			out.Lack = append(out.Lack, scenarios.Lack{Right: true, Shown: "correct signature of the request"})
			continue
		}
		pattern, err := t.Resolve(values)
		if err != nil {
			return err
		}
		lack := scenarios.Lack{Pattern: pattern}
		if slices.ContainsFunc(t.Refs(), func(r *Ref) bool { return r.Kind == RefSecret }) {
			if len(pattern) < shortSecret {
				continue
			}
			lack.Shown = t.String()
		}
		out.Lack = append(out.Lack, lack)
	}
	return nil
}
