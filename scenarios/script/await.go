package script

import (
	"time"

	"semblance/schemas"
)

// Await waits for an event that a mutation of the receiver's application causes, and sends it.
type Await struct {
	Common
	Delivering
	Type   *schemas.EventType
	Within time.Duration
}

// DefaultAwaitWithin is the default time limit of an await step.
const DefaultAwaitWithin = 5 * time.Second

func awaitStep(p *parser, s *Await) construct {
	s.Within = DefaultAwaitWithin
	return construct{check: func(p *parser, n *node) { p.checkDelivering(n, &s.Common, &s.Delivering) }, keys: append([]key{
		{"await", "The type of the event that a mutation causes.", true, eventType(&s.Type)},
		{"within", "The time limit for the mutation; default " + DefaultAwaitWithin.String() + ".", false, duration(&s.Within, 0)},
	}, deliveringKeys(p, &s.Common, &s.Delivering)...)}
}
