package script

import (
	"slices"
	"strings"

	"semblance/schemas/naming"
)

func playStep(p *parser, s *Play) construct {
	return construct{keys: []key{
		{"play", "The scenario, with records for its cast.", true, value{
			shape: func() shape { return anyOf(textShape(), ref("play")) },
			read: func(p *parser, n *node, _ string) {
				if n.kind == object {
					var bindings []binding
					c := playConstruct(s, &bindings)
					c.read(p, n)
					p.play(n.find("/file"), s, bindings)
				} else if file, ok := p.word(n, "the file to play"); ok {
					s.File = file
					p.play(n, s, nil)
				}
			}}},
	}}
}

// binding replaces a record of the played scenario's cast with one of the outer cast.
type binding struct {
	inner, outer string
	key, value   *node
}

func playConstruct(s *Play, bindings *[]binding) construct {
	return construct{name: "play", about: "Another scenario: a file in the folder of this one, or a scenario of the library.", keys: []key{
		{"file", "A file in the folder of this one or below, or the name of a scenario of the library.", true,
			value{shape: textShape, read: func(p *parser, n *node, _ string) { s.File, _ = p.word(n, "the file to play") }}},
		{"with", "Records of the other cast, with the records of this cast that replace them.", false,
			value{shape: func() shape { return mapOf(nameShape()) }, read: func(p *parser, n *node, key string) {
				p.pairs(n, key, func(k, v *node) {
					if outer, ok := p.word(v, "the record in place of "+k.text); ok {
						*bindings = append(*bindings, binding{inner: k.text, outer: outer, key: k, value: v})
					}
				})
			}}},
	}}
}

// play reads the file of a play step.
func (p *parser) play(at *node, step *Play, bindings []binding) {
	l := p.load
	if step.File == "" { // reported already
		return
	}
	if l.loader == nil {
		p.fail(at, "a scenario without a file cannot play another")
		return
	}
	source, err := l.loader.Load(p.source, step.File)
	switch {
	case err != nil:
		p.fail(at, "%s: %s", excerpt(step.File), err)
	case l.cycle(source) != "":
		p.fail(at, "scenarios cannot play each other: %s", l.cycle(source))
	case len(l.open) > MaxPlayDepth:
		p.fail(at, "scenarios play each other more than %d levels deep", MaxPlayDepth)
	default:
		step.Scenario = l.read(source, step.Path+".", p.substitutesOf(bindings))
		if step.Scenario != nil {
			p.checkBindings(step.Scenario, bindings)
		}
	}
}

// cycle returns the chain of files that leads back to a file that is being read, or "".
func (l *load) cycle(next *Source) string {
	i := slices.IndexFunc(l.open, func(s *Source) bool { return s.ID == next.ID })
	if i < 0 {
		return ""
	}
	names := naming.List(l.open[i:], func(s *Source) string { return s.Name })
	return strings.Join(append(names, names[0]), " plays ")
}

// substitutesOf returns the records that a play step passes to the other scenario.
func (p *parser) substitutesOf(bindings []binding) map[string]substitute {
	substitutes := map[string]substitute{}
	for _, b := range bindings {
		if m, ok := p.cast[b.outer]; ok {
			substitutes[b.inner] = substitute{name: b.outer, member: m}
		} else {
			p.fail(b.value, "%s", p.unknownRecord(b.outer))
		}
	}
	return substitutes
}

// checkBindings checks that the played scenario has the records that a play step replaces.
func (p *parser) checkBindings(inner *Scenario, bindings []binding) {
	for _, b := range bindings {
		outer, ok := p.cast[b.outer]
		if !ok {
			continue // reported already
		}
		i := slices.IndexFunc(inner.Cast, func(c Cast) bool { return c.Name == b.inner })
		if i < 0 {
			p.fail(b.key, "in %s, %s", excerpt(inner.File), p.notInCast(b.inner, castNames(inner.Cast)))
		} else if kind := inner.Cast[i].Kind; kind != outer.kind && kind != "" && outer.kind != "" {
			p.fail(b.value, "%s must be %s, but %s is %s", b.inner, article(kind), b.outer, article(outer.kind))
		}
	}
}
