package script

import "slices"

// Resend sends the event of an earlier step again.
type Resend struct {
	Common
	Delivering
	Of   string // the name of the step
	As   As
	Step *Send // that step
	at   Pos   // of the name
}

func resendStep(p *parser, s *Resend) construct {
	s.As = AsResigned
	delivering := slices.DeleteFunc(deliveringKeys(p, &s.Common, &s.Delivering), func(k key) bool { return k.name == "again" || k.name == "deliver" })
	keys := append([]key{
		{"resend", "The name of an earlier send step whose event is sent again.", true, value{shape: nameShape, read: func(p *parser, n *node, _ string) {
			s.Of, _ = p.name(n, "the step to send again")
			s.at = n.pos
		}}},
		{"as", "resigned: the same eventId with a new signature (default); retry: a new eventId; replay: the same bytes.", false, oneOf(&s.As, AsResigned, AsRetry, AsReplay)},
	}, delivering...)
	return construct{keys: keys, check: func(p *parser, n *node) {
		s.Deliver = DeliverOnce
		p.checkDelivering(n, &s.Common, &s.Delivering)
		if s.As == AsReplay && (s.Layers != nil || s.Fault != nil) {
			p.fail(n.key("as"), "a replay has the same bytes, so it has no layers and no fault")
		}
	}}
}

// resend finds the step whose event is sent again.
func (c *checker) resend(s *Resend) {
	if s.Of == "" { // reported already
		return
	}
	original, known := c.sends[s.Of]
	switch {
	case !known:
		c.failAt(s.at, len(s.Of), "no earlier send step is called %q; give it the name: {name: %s, send: …}", s.Of, s.Of)
	case len(original.Each) > 0:
		c.failAt(s.at, len(s.Of), "%s sends several events, because it has each", s.Of)
	default:
		s.Step = original
	}
}

// DeliveringOf returns the part of a step that sends events, or nil.
func DeliveringOf(step Step) *Delivering {
	if d, ok := step.(interface{ delivering() *Delivering }); ok {
		return d.delivering()
	}
	return nil
}

func (d *Delivering) delivering() *Delivering { return d }
